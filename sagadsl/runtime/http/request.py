"""From a payload to a request: what goes into the path, the query, the body and the headers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, MutableMapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from sagadsl.language.bindings import ActionBinding
from sagadsl.language.bindings_text import PathTemplate
from sagadsl.language.definition import Json
from sagadsl.machine.events import INVALID_PAYLOAD
from sagadsl.runtime.services import ActionContext, ActionError

UNDOES = "Sagadsl-Undoes"
SAGA_ID = "Sagadsl-Saga-Id"
STATE = "Sagadsl-State"
ATTEMPT = "Sagadsl-Attempt"

_WITH_QUERY = ("GET", "DELETE")
_PLAIN = "".join(map(chr, range(0x21, 0x7F))).replace("%", "")

Injector = Callable[[MutableMapping[str, str]], None]
_injectors: list[Injector] = []


def add_injector(injector: Injector) -> None:
    """Let something add headers to every request from now on, as a tracer does; it is called where the action runs."""
    if injector not in _injectors:
        _injectors.append(injector)


class Sending(NamedTuple):
    """What is sent.

    Args:
        target: The path and the query, to be added to the service's URL.
        content: The body, or `None`.
        headers: All headers but those that depend on the connection.
    """

    target: str
    content: bytes | None
    headers: dict[str, str]


def sending(
    name: str, binding: ActionBinding, headers: Mapping[str, str], payload: Json, context: ActionContext
) -> Sending:
    """Return what to send for a call.

    What stands in the path is left out of the rest, as in Google's HTTP mapping of gRPC (`google.api.http`).

    Args:
        name: The action's, for messages.
        binding: How it is called.
        headers: Those that are sent with every call of it.
        payload: What the saga wants it to have.
        context: Which call this is.

    Raises:
        ActionError: `InvalidPayload`, for a payload that does not fill the path or the query.
    """
    target, rest = _filled(name, binding.path, payload)
    content = None
    if binding.method in _WITH_QUERY:
        query = _query(name, rest)
        target += ("&" if "?" in target else "?") + query if query else ""
    else:
        content = json.dumps(rest, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    own = _headers({**headers, binding.idempotency_header: quote(context.idempotency_key, safe=_PLAIN)}, context)
    return Sending(target, content, own if content is None else {**own, "Content-Type": "application/json"})


def _headers(headers: Mapping[str, str], context: ActionContext) -> dict[str, str]:
    ours = {
        "Accept": "application/json",
        "User-Agent": _user_agent(),
        **headers,
        "Accept-Encoding": "identity",  # what is small when it comes cannot grow when it is read
        SAGA_ID: quote(context.saga_id, safe=_PLAIN),
        STATE: context.state,
        ATTEMPT: str(context.attempt),
    }
    if context.undoes is not None:
        ours[UNDOES] = quote(context.undoes, safe=_PLAIN)
    for inject in _injectors:
        inject(ours)
    return ours


@cache
def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to import, and asked once

    try:
        return f"sagadsl/{version('sagadsl')}"
    except PackageNotFoundError:  # run from its source
        return "sagadsl"


def _filled(name: str, path: PathTemplate, payload: Json) -> tuple[str, Json]:
    """Return the path with the payload's values in it, and what is left of the payload."""
    filled = ""
    for piece in path.pieces:
        filled += piece.text if piece.field is None else _segment(name, payload, piece.field)
    return filled, _without(payload, path.fields)


def _segment(name: str, payload: Json, field: tuple[str, ...]) -> str:
    value = payload
    for key in field:
        value = value.get(key) if isinstance(value, Mapping) else None
    way = ".".join(field)
    if value is None:
        raise _invalid(f"the payload of {name} lacks {way}, which its path needs")
    text = _scalar(value)
    if text is None:
        raise _invalid(f"{name}: {way} is {_kind(value)}, which does not fit into a path")
    if text in {"", ".", ".."}:  # a server would take these for steps from one path to another
        raise _invalid(f"{name}: {way} is '{text}', which cannot stand in a path")
    return quote(text, safe="")


def _without(payload: Json, fields: tuple[tuple[str, ...], ...]) -> Json:
    if not fields or not isinstance(payload, Mapping):
        return payload
    gone = {field[0] for field in fields if len(field) == 1}
    rest: dict[str, Json] = {}
    for key, value in payload.items():
        inner = tuple(field[1:] for field in fields if field[0] == key and len(field) > 1)
        if key not in gone:
            rest[key] = _without(value, inner)
    return rest


def _query(name: str, payload: Json) -> str:
    if not isinstance(payload, Mapping):
        raise _invalid(f"{name}: the payload is {_kind(payload)}, and a query has names")
    pairs: list[tuple[str, str]] = []
    for key, value in payload.items():
        for item in value if isinstance(value, list) else [] if value is None else [value]:
            text = _scalar(item)
            if text is None:
                raise _invalid(f"{name}: {key} has {_kind(item)} in it, which does not fit into a query")
            pairs.append((key, text))
    return urlencode(pairs)


def _scalar(value: Json) -> str | None:
    """Return a value as it stands in a URL, or `None` for what does not."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, int | float) else None


def _kind(value: Any) -> str:
    return "a map" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else "nothing"


def _invalid(message: str) -> ActionError:
    return ActionError(INVALID_PAYLOAD, message, retryable=False)
