"""From an answer to the output of an action, or to the error that it stands for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from sagadsl.language.bindings import ActionBinding
from sagadsl.language.definition import Json
from sagadsl.language.jsondata import as_json
from sagadsl.runtime.http.exchange import Answer
from sagadsl.runtime.http.retry_after import retry_after
from sagadsl.runtime.http.secrets import Secrets
from sagadsl.runtime.invocation import INVALID_OUTPUT
from sagadsl.runtime.services import ActionError

CODE_PLACES = (("code",), ("error", "code"), ("error",))
"""Where a body usually says which error it is."""

MESSAGE_PLACES = (("message",), ("error", "message"), ("detail",), ("error_description",), ("title",), ("error",))
"""Where a body usually says what happened; `detail` and `title` are those of RFC 9457."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_LONGEST = 500
_MOST_OF_TEXT = 4 * _LONGEST  # bytes, of which a character has four at the most
_MOST_OF_PLACE = 200


class Reader:
    """Reads the answers of one action.

    Args:
        name: The action's, for messages.
        binding: How it is called, and what its answers mean.
        secrets: What must not be shown, even where a service answers with what it was sent.
    """

    def __init__(self, name: str, binding: ActionBinding, secrets: Secrets) -> None:
        self._secrets = secrets
        self._name = name
        self._binding = binding
        self._code = _expression(binding.error.code)
        self._message = _expression(binding.error.message)

    def output(self, answer: Answer) -> Json:
        """Return what the action answers; an empty body is `None`.

        Raises:
            ActionError: The answer is an error, or cannot be read.
        """
        if not answer.is_good:
            raise self._error(answer)
        if not answer.body.strip():
            return None
        kind = answer.headers.get("content-type", "application/json")
        if "json" not in kind.partition(";")[0].lower():
            raise self._unreadable(f"it is {kind[:60]!r}, not JSON")
        try:
            return self._secrets.hide_in(as_json(_parsed(answer.body)))
        except UnicodeDecodeError:
            raise self._unreadable("it is not UTF-8") from None
        except json.JSONDecodeError as error:
            raise self._unreadable(f"it is not JSON at line {error.lineno}, column {error.colno}") from None
        except RecursionError:
            raise self._unreadable("it is nested too deep") from None
        except ValueError as error:
            raise self._unreadable(str(error)) from None

    def _unreadable(self, why: str) -> ActionError:
        message = self._secrets.hide(f"{self._name}: the answer cannot be read: {why}")
        return ActionError(INVALID_OUTPUT, message, retryable=False, in_doubt=True)

    def _error(self, answer: Answer) -> ActionError:
        status, body = answer.status, self._secrets.hide_in(_body_of(answer))
        return ActionError(
            self._code_of(status, body),
            self._message_of(status, body) + self._secrets.hide(_leads_to(answer)),
            retryable=status in self._binding.retryable,
            in_doubt=status in self._binding.in_doubt or status < HTTPStatus.OK,
            retry_after=min(retry_after(answer.headers), self._binding.max_retry_after),
        )

    def _code_of(self, status: int, body: Json) -> str:
        told = _evaluated(self._code, status, body) if self._code else _first(body, CODE_PLACES, _is_name)
        code = told if _is_name(told) else None
        if code in self._binding.errors:
            return str(code)
        return self._binding.by_status.get(status) or code or f"Http{status}"

    def _message_of(self, status: int, body: Json) -> str:
        told = _evaluated(self._message, status, body) if self._message else _first(body, MESSAGE_PLACES, _is_text)
        told = body if told is None else told  # which is words, where it is plain text
        text = " ".join(_printable(told).split()) if isinstance(told, str) else ""
        text = _shortened(text, _LONGEST)
        named = f"{status} {_phrase(status)}".rstrip()
        return f"{text} ({named})" if text else f"{self._name} answered {named}"


def _parsed(body: bytes) -> Any:
    return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _body_of(answer: Answer) -> Json:
    """Return the body of an error, as far as it can be read: JSON, or plain text."""
    try:
        return as_json(_parsed(answer.body))
    except (ValueError, RecursionError):
        is_plain = answer.headers.get("content-type", "").lower().startswith("text/plain")
        return answer.body[:_MOST_OF_TEXT].decode(errors="replace") if is_plain else None


def _leads_to(answer: Answer) -> str:
    """Return where a redirect leads, without what may be secret in it; nobody goes there."""
    if not 300 <= answer.status < 400 or "location" not in answer.headers:  # noqa: PLR2004 - RFC 9110, section 15.4
        return ""
    where = _printable(answer.headers["location"].partition("?")[0].partition("#")[0])
    scheme, slashes, rest = where.rpartition("//")
    place, slash, path = rest.partition("/")
    shown = f"{scheme}{slashes}{place.rpartition('@')[2]}{slash}{path}" if slashes else where
    return f", and leads to {_shortened(shown, _MOST_OF_PLACE)}"


def _first(body: Json, places: tuple[tuple[str, ...], ...], fits: Any) -> Json:
    for place in places:
        value = body
        for key in place:
            value = value.get(key) if isinstance(value, Mapping) else None
        if fits(value):
            return value
    return None


def _is_name(value: Json) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _expression(text: str | None) -> Any:
    if text is None:
        return None
    from sagadsl.language.expressions import Environment  # noqa: PLC0415 - brings CEL along, for those who use it

    return Environment((), ("body", "status")).expression(text)


def _evaluated(expression: Any, status: int, body: Json) -> Json:
    """Return the value of an expression; one that has none on this body says nothing."""
    from sagadsl.language.expressions import EvaluationError  # noqa: PLC0415 - see above

    try:
        value: Json = expression.evaluate({"body": body, "status": status})
    except EvaluationError:
        return None
    return value
