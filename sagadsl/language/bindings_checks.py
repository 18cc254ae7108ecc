"""What is wrong with how services are called: URLs, headers, secrets, paths, statuses, and expressions over answers."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sagadsl.language import datatypes
from sagadsl.language.bindings_text import PathTemplate, Piece, reads_something, statuses, variable_of
from sagadsl.language.codes import diagnose
from sagadsl.language.definition import Path
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.source import Document
from sagadsl.language.suggest import did_you_mean, one_of
from sagadsl.language.template_text import Part, TemplateError, scan

OURS = (
    "idempotency-key",
    "sagadsl-undoes",
    "sagadsl-saga-id",
    "sagadsl-state",
    "sagadsl-attempt",
    "host",
    "connection",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "accept-encoding",
    "expect",
    "upgrade",
    "te",
    "trailer",
)
"""Headers that every call has of itself."""

SECRET = ("authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token", "x-access-token")
"""Headers whose values are secrets."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\U0010ffff]")  # what a header's value cannot have, as far as all servers agree
_NO_URL = re.compile(r"[\x00-\x20\x7f\\]")
_NO_PATH = re.compile(r"[\x00-\x20\x7f\\#]")
_ACTION_KEYS = ("method", "path", "headers", "timeout", "retryable_status", "in_doubt_status", "error")
_ENV = "write ${env.NAME} with the name of an environment variable"
_CONSTANT = "1"  # stands for what an environment variable will hold, which may be a port


class Flaw(NamedTuple):
    """One thing to mend; `span` is where in the text at `path`, or `None` for all of it."""

    code: str
    message: str
    path: Path
    hint: str = ""
    span: tuple[int, int] | None = None
    of_key: bool = False

    def diagnostic(self, document: Document) -> Diagnostic:
        """Return the flaw with its place in the document."""
        if self.span is not None:
            place = document.place_in_scalar(self.path, *self.span)
        else:
            place = document.place(self.path, "key" if self.of_key else "value")
        return diagnose(self.code, self.message, place, self.hint)


def flaws(data: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield all that is wrong with how the services of a catalogue are called; its shape is right."""
    for name, service in data["services"].items():
        path: Path = ("services", name)
        yield from _url(service, path)
        yield from _breaker(service.get("breaker", {}), (*path, "breaker"))
        yield from _common(service, path)
        if "idempotency_header" in service:
            yield from _header_name(service["idempotency_header"], (*path, "idempotency_header"), of_key=False)
        if "health" in service:
            yield from _plain_path(service["health"], (*path, "health"))
        for action, own in service["actions"].items():
            yield from _action(own, (*path, "actions", action), over_http="url" in service)


def _common(data: Mapping[str, Any], path: Path) -> Iterator[Flaw]:
    for name, text in data.get("headers", {}).items():
        yield from _header(name, text, (*path, "headers", name))
    yield from _same_header(data.get("headers", {}), (*path, "headers"))
    for key in ("retryable_status", "in_doubt_status"):
        for i, item in enumerate(data.get(key, [])):
            yield from _status(item, (*path, key, i))
    for key, text in data.get("error", {}).items():
        yield from _expression(text, (*path, "error", key))


def _action(own: Mapping[str, Any], path: Path, *, over_http: bool) -> Iterator[Flaw]:
    if not over_http:
        for key in _ACTION_KEYS:
            if key in own:
                message = f"'{key}' means nothing without a 'url' of the service"
                yield Flaw("SAGA214", message, (*path, key), "add: url: …, or delete it", of_key=True)
        if isinstance(own.get("errors"), dict):
            message = "statuses mean nothing without a 'url' of the service"
            yield Flaw("SAGA214", message, (*path, "errors"), "write a list of codes, or add: url: …", of_key=True)
        return
    yield from _common(own, path)
    yield from _errors(own.get("errors"), (*path, "errors"))
    if "path" in own:
        yield from _path(own["path"], own.get("payload"), (*path, "path"))


def _breaker(data: Mapping[str, Any], path: Path) -> Iterator[Flaw]:
    if "failures" in data and "failure_rate" in data:
        message = "'failures' means nothing beside 'failure_rate'"
        yield Flaw("SAGA214", message, (*path, "failures"), "leave out one of the two", of_key=True)


# texts with ${env.NAME}


def _url(service: Mapping[str, Any], path: Path) -> Iterator[Flaw]:
    if "url" not in service:
        return
    path, text = (*path, "url"), service["url"]
    parts = yield from _env_parts(text, path)
    if parts is None:
        return
    whole = "".join(_CONSTANT if part.is_expression else part.text for part in parts)
    if parts[0].is_expression:  # the whole URL, or its beginning, comes from the environment
        whole = f"http://{whole}"
    wrong = url_problem(whole)
    if wrong:
        yield Flaw("SAGA701", f"'{text}' is not the URL of a service: {wrong[0]}", path, wrong[1])
    elif "@" in urlsplit(whole).netloc and not any(part.is_expression for part in parts):
        yield Flaw("SAGA703", "a password stands in the URL", path, "send a header with ${env.NAME} in it instead")


def url_problem(url: str) -> tuple[str, str] | None:
    """Return what is wrong with a service's URL and how to mend it, or `None`. The URL itself is in neither."""
    form = "write it like https://payment.example.com/v1"
    if _NO_URL.search(url):
        return "it has a blank, a backslash or a control character in it", form
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its host or its port cannot be read", form
    if parts.scheme not in {"http", "https"}:
        return "it begins with neither http:// nor https://", form
    if not parts.hostname or port == 0:
        return "it has no host", form
    if "?" in url or "#" in url:
        return "it has a query or a fragment", "paths are added to its end; put the query into the action's path"
    return None


def _header_name(name: str, path: Path, *, of_key: bool = True) -> Iterator[Flaw]:
    if not _TOKEN.fullmatch(name):
        hint = "a header's name has letters, digits and hyphens, like X-Request-Id"
        yield Flaw("SAGA702", f"'{name}' is not the name of a header", path, hint, of_key=of_key)
    elif name.lower() in OURS and (of_key or name.lower() != "idempotency-key"):
        message = f"the header '{name}' is set by the engine itself"
        yield Flaw("SAGA702", message, path, "delete it", of_key=of_key)


def _header(name: str, text: str, path: Path) -> Iterator[Flaw]:
    yield from _header_name(name, path)
    parts = yield from _env_parts(text, path)
    if parts is None:
        return
    if not any(part.is_expression for part in parts) and name.lower() in SECRET:
        message = f"what '{name}' says is a secret, and secrets stand in no file"
        yield Flaw("SAGA703", message, path, f"{_ENV} that holds it")
    for part in parts:
        if not part.is_expression and (found := _CONTROL.search(part.text)):
            message = f"a header cannot have the character U+{ord(found[0]):04X}"
            yield Flaw("SAGA702", message, path, "headers are plain ASCII text in one line")


def _same_header(headers: Mapping[str, str], path: Path) -> Iterator[Flaw]:
    seen: dict[str, str] = {}
    for name in headers:
        first = seen.setdefault(name.lower(), name)
        if first != name:
            message = f"'{name}' is the same header as '{first}'"
            yield Flaw("SAGA702", message, (*path, name), "upper and lower case make no difference", of_key=True)


def _env_parts(text: str, path: Path) -> Generator[Flaw, None, list[Part] | None]:
    """Yield what is wrong with `${…}` in a text; return its parts, or `None` if something is."""
    try:
        parts = scan(text)
    except TemplateError as error:
        yield Flaw("SAGA406", str(error), path, error.hint, (error.start, error.end))
        return None
    wrong = [part for part in parts if part.is_expression and variable_of(part.text) is None]
    for part in wrong:
        message = f"'{part.text.strip()}' cannot be read here: only the environment can"
        yield Flaw("SAGA704", message, path, _ENV, (part.start, part.end))
    return None if wrong else parts


# paths


def _plain_path(text: str, path: Path) -> Iterator[Flaw]:
    found = _NO_PATH.search(text)
    if not text.startswith("/"):
        yield Flaw("SAGA705", f"the path '{text}' does not begin with /", path, f"write /{text.lstrip('/')}")
    elif reads_something(text):
        hint = "put what differs into the 'url'; {field} is filled from the payload"
        yield Flaw("SAGA704", "a path cannot read the environment", path, hint, (text.index("${"), len(text)))
    elif found:
        what = "blanks" if found[0] == " " else f"'{found[0]}'" if found[0].isprintable() else "control characters"
        yield Flaw("SAGA705", f"a path cannot have {what} in it", path, "write it percent-encoded", found.span())


def _path(text: str, payload: Any, path: Path) -> Iterator[Flaw]:
    wrong = list(_plain_path(text, path))
    yield from wrong
    if wrong:
        return
    known = datatypes.of_schema(payload)
    for piece in PathTemplate(text).pieces:
        if piece.field is not None:
            yield from _field(piece, piece.field, known, path)
        elif "{" in piece.text or "}" in piece.text:
            message = f"'{piece.text}' is not a field of the payload"
            hint = "write {field} or {field.field}, with the names of keys"
            yield Flaw("SAGA705", message, path, hint, (piece.start, piece.end))


def _field(piece: Piece, field: tuple[str, ...], known: datatypes.DataType, path: Path) -> Iterator[Flaw]:
    span, here = (piece.start, piece.end), known
    for depth, name in enumerate(field, 1):
        shown = ".".join(field[:depth])
        if here.kind == "object" and name not in here.fields and not here.is_open and here.fields:
            message, hint = f"the payload has no '{shown}'", did_you_mean(name, here.fields) or _has(here)
            yield Flaw("SAGA705", message, path, hint, span)
            return
        if here.kind == "object" and name in here.fields and name not in here.required:
            message = f"the payload need not have '{shown}', and without it there is no path"
            yield Flaw("SAGA705", message, path, f"add '{name}' to 'required' in the schema of the payload", span)
            return
        here = here.fields.get(name, datatypes.ANY)
    if here.kind in {"object", "list", "null"}:
        kinds = {"object": "an object", "list": "a list", "null": "null"}
        message = f"'{'.'.join(field)}' is {kinds[here.kind]}, which does not fit into a path"
        yield Flaw("SAGA705", message, path, "", span)


def _has(known: datatypes.DataType) -> str:
    return f"it has {one_of(known.fields, 'and')}"


# answers


def _status(item: Any, path: Path) -> Iterator[Flaw]:
    try:
        statuses(item)
    except ValueError:
        shown = f"'{item}'" if isinstance(item, str) else str(item)
        hint = "write a number from 100 to 599, or a range such as 500-599 or 5xx"
        yield Flaw("SAGA706", f"{shown} is not an HTTP status", path, hint)


def _errors(errors: Any, path: Path) -> Iterator[Flaw]:
    if not isinstance(errors, dict):
        return
    meant: dict[int, str] = {}
    for code, given in errors.items():
        listed = given if isinstance(given, list) else [given]
        for i, item in enumerate(listed):
            here = (*path, code, i) if isinstance(given, list) else (*path, code)
            wrong = list(_status(item, here))
            yield from wrong or _meaning(code, item, meant, here)


def _meaning(code: str, item: Any, meant: dict[int, str], path: Path) -> Iterator[Flaw]:
    for status in statuses(item):
        if status < 300:  # noqa: PLR2004 - those say that it went well
            yield Flaw("SAGA706", f"the status {status} is no error", path, "errors are answered with 300 to 599")
            return
        other = meant.setdefault(status, code)
        if other != code:
            message = f"the status {status} stands for '{other}' already"
            yield Flaw("SAGA706", message, path, "a status stands for one code; tell them apart by 'error: {code: …}'")
            return


def _expression(text: str, path: Path) -> Iterator[Flaw]:
    checker, scope = _checking()
    for problem in checker.check(text, scope):
        hint = problem.hint
        if problem.code == "SAGA402":
            hint = "'body' and 'status' can be read here"
        yield Flaw(problem.code, problem.message, path, hint, (problem.start, problem.end))


@cache
def _checking() -> tuple[Any, Any]:
    from sagadsl.language.celcheck import Checker  # noqa: PLC0415  brings CEL along, which few catalogues need
    from sagadsl.language.celscope import Refusal, Scope  # noqa: PLC0415  likewise

    variables = {"body": datatypes.ANY, "status": datatypes.INT}
    nothing = Refusal("SAGA402", "only the answer can be read here")
    elsewhere = dict.fromkeys(("input", "saga"), nothing)
    return Checker(datatypes.ANY, ()), Scope(variables=variables, elsewhere=elsewhere, nothing_else=nothing)
