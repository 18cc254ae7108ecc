"""How services are called: what the catalogue says of them beside what their actions take and answer.

A service with a `url` is called over HTTP. `limit` and `breaker` are for Python services as well. What an action does
not say, its service says; what neither says is a default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from sagadsl.language.bindings_text import EnvText, PathTemplate, statuses
from sagadsl.language.definition import Json
from sagadsl.language.durations import parse_duration
from sagadsl.language.records import record

RETRYABLE: tuple[int | str, ...] = (408, 425, 429, "5xx")
"""Statuses after which trying again may help: RFC 9110 and RFC 6585 say so of the first ones."""

IN_DOUBT: tuple[int | str, ...] = (302, 303, 500, 502, 504, "506-599")
"""Statuses after which the action may have taken place.

A gateway (502, 504) does not know; a server that broke down (500) may have done so afterwards; and 303, for which many
servers send 302, is how they answer when it has. 501, 503 and 505 say that nothing was done.
"""

IDEMPOTENCY_HEADER = "Idempotency-Key"
"""Where the key of an action goes: draft-ietf-httpapi-idempotency-key-header, in the bare form that is common today."""

CONNECT_TIMEOUT = 5.0
MAX_CONNECTIONS = 100
MAX_RESPONSE = 1_048_576
MAX_RETRY_AFTER = 300.0


@record()
class BreakerPolicy:
    """When a service is not called any more.

    Args:
        failures: How many, one after the other, open the circuit, where there is no `failure_rate`.
        reset: Seconds after which one call tries again.
        failure_rate: Which part of the calls has to fail for that, above 0 and up to 1, or `None`.
        window: Seconds of which calls are counted for it.
        minimum_calls: How many there have to be.
    """

    failures: int = 5
    reset: float = 30.0
    failure_rate: float | None = None
    window: float = 60.0
    minimum_calls: int = 10


@record()
class ErrorMapping:
    """CEL expressions over `body` and `status`, or `None` for the usual places."""

    code: str | None = None
    message: str | None = None


@record()
class ActionBinding:
    """One action over HTTP.

    Args:
        method: `POST`, `PUT`, `PATCH`, `GET` or `DELETE`.
        path: What comes after the service's URL.
        headers: Those of the service and its own.
        timeout: Seconds for one call, or `None`.
        retryable: Statuses after which it may be tried again.
        in_doubt: Statuses after which nobody knows whether it has taken place.
        error: Where an answer says what went wrong.
        errors: The codes that the action is known to raise.
        by_status: The error code that a status stands for.
        idempotency_header: Where the key goes that is the same for every attempt.
        max_retry_after: For how many seconds at the most the service is left alone when it asks for it.
    """

    method: str
    path: PathTemplate
    headers: Mapping[str, EnvText]
    timeout: float | None
    retryable: frozenset[int]
    in_doubt: frozenset[int]
    error: ErrorMapping
    errors: frozenset[str]
    by_status: Mapping[int, str]
    idempotency_header: str = IDEMPOTENCY_HEADER
    max_retry_after: float = MAX_RETRY_AFTER


@record()
class ServiceBinding:
    """One service.

    Args:
        name: What definitions call it.
        url: Where it is, or `None` for a Python service.
        headers: What is sent with every call.
        connect_timeout: Seconds to get a connection.
        max_connections: How many are open at a time.
        max_response: Bytes that an answer may have.
        limit: How many of its actions are under way at a time, or `None`.
        breaker: When it is not called any more, or `None`.
        health: A path that answers when it is well, or `None`.
        actions: Those called over HTTP, by name.
        outputs: The schemas of what actions answer, by their names, as far as they are given.
    """

    name: str
    url: EnvText | None = None
    headers: Mapping[str, EnvText] = field(default_factory=dict)
    connect_timeout: float = CONNECT_TIMEOUT
    max_connections: int = MAX_CONNECTIONS
    max_response: int = MAX_RESPONSE
    limit: int | None = None
    breaker: BreakerPolicy | None = None
    health: str | None = None
    actions: Mapping[str, ActionBinding] = field(default_factory=dict)
    outputs: Mapping[str, Json] = field(default_factory=dict)

    def texts(self) -> Iterator[EnvText]:
        """Yield the texts that read the environment, as far as they do."""
        texts = [*([] if self.url is None else [self.url]), *self.headers.values()]
        texts += [text for action in self.actions.values() for text in action.headers.values()]
        return (text for text in texts if text.names)


def service_binding(name: str, data: Mapping[str, Any]) -> ServiceBinding:
    """Return how a service is called, from its entry in the catalogue, in which nothing is wrong."""
    plain = {key: int(data[key]) for key in ("max_connections", "max_response", "limit") if key in data}
    breaker = data.get("breaker")
    url = data.get("url")
    return ServiceBinding(
        name=name,
        url=None if url is None else EnvText(url),
        headers=_headers(data),
        connect_timeout=_seconds(data, "connect_timeout") or CONNECT_TIMEOUT,
        breaker=None if breaker is None else _breaker(breaker),
        health=data.get("health"),
        actions={} if url is None else {key: _action(key, each, data) for key, each in data["actions"].items()},
        outputs={key: each["output"] for key, each in data["actions"].items() if "output" in each},
        **plain,
    )


def _breaker(data: Mapping[str, Any]) -> BreakerPolicy:
    standard = BreakerPolicy()
    return BreakerPolicy(
        int(data.get("failures", standard.failures)),
        _seconds(data, "reset") or standard.reset,
        data.get("failure_rate"),
        _seconds(data, "window") or standard.window,
        int(data.get("minimum_calls", standard.minimum_calls)),
    )


def _action(name: str, own: Mapping[str, Any], service: Mapping[str, Any]) -> ActionBinding:
    both = {**service, **own}
    by_status = status_names(own.get("errors"))
    return ActionBinding(
        method=own.get("method", "POST"),
        path=PathTemplate(own.get("path", f"/{name}")),
        headers=_merged(_headers(service), _headers(own)),
        timeout=_seconds(both, "timeout"),
        retryable=_all_of(both.get("retryable_status", RETRYABLE)),
        in_doubt=_all_of(both.get("in_doubt_status", IN_DOUBT)),
        error=ErrorMapping(**both.get("error", {})),
        errors=frozenset(own.get("errors") or ()),
        by_status={status: code for code, given in by_status for status in given},
        idempotency_header=service.get("idempotency_header", IDEMPOTENCY_HEADER),
        max_retry_after=_seconds(service, "max_retry_after") or MAX_RETRY_AFTER,
    )


def status_names(errors: Json) -> list[tuple[str, tuple[int, ...]]]:
    """Return each error code with the statuses that stand for it; none for a plain list of codes."""
    if not isinstance(errors, Mapping):
        return []
    return [(code, _listed(given)) for code, given in errors.items()]


def _listed(given: Json) -> tuple[int, ...]:
    each = given if isinstance(given, list) else [given]
    return tuple(status for item in each for status in statuses(item))


def _all_of(given: Any) -> frozenset[int]:
    return frozenset(status for item in given for status in statuses(item))


def _headers(data: Mapping[str, Any]) -> dict[str, EnvText]:
    return {name: EnvText(text) for name, text in data.get("headers", {}).items()}


def _merged(common: Mapping[str, EnvText], own: Mapping[str, EnvText]) -> dict[str, EnvText]:
    """Return the headers of both; names differ in more than upper and lower case."""
    taken = {name.lower() for name in own}
    return {**{name: text for name, text in common.items() if name.lower() not in taken}, **own}


def _seconds(data: Mapping[str, Any], key: str) -> float | None:
    return parse_duration(data[key]) if key in data else None
