"""What must not be shown: the values that came from the environment."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

from sagadsl.language.definition import Json

_SHORTEST = 4
"""Shorter values are no secrets, and stand in too many other words."""

_SHORTEST_IN_DATA = 8
"""Shorter values in what a service answers are its data, and not an echo."""

_WORDS = ("auth", "cookie", "credential", "key", "password", "secret", "token")

_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks")
"""Those that tell of URLs and answers."""


def carries_secrets(header: str) -> bool:
    """Whether the name of a header says that what it holds is secret."""
    return any(word in header.lower() for word in _WORDS)


class Secrets:
    """Values that are replaced by their names where text leaves. There is no way to get them back.

    Args:
        values: Values by the names of their variables.
        parts: Texts that are to be replaced likewise if they are parts of a value.
        credentials: The values among all these that no service answers with, unless it repeats what it was sent.
            Others, such as the name of a host, may well be its data, and what it answers must stay as it is.
    """

    __slots__ = ("__weakref__", "_credentials", "_names")

    def __init__(
        self, values: Mapping[str, str], parts: Collection[str] = (), credentials: Collection[str] = ()
    ) -> None:
        known = {value: name for name, value in values.items()}
        for name, value in values.items():
            known |= {part: name for part in parts if part.lower() in value.lower()}
        longest_first = sorted(known.items(), key=lambda pair: -len(pair[0]))
        self._names = {value: f"${{env.{name}}}" for value, name in longest_first if len(value) >= _SHORTEST}
        self._credentials = {
            value: name
            for value, name in self._names.items()
            if value in credentials and len(value) >= _SHORTEST_IN_DATA
        }
        _watch(self)

    def hide(self, text: str) -> str:
        """Return a text of ours, or of a library's, without any of the values."""
        return _without(self._names, text)

    def hide_in(self, data: Json) -> Json:
        """Return what a service answered without the credentials: it may repeat what it was sent."""
        return _without_in(self._credentials, data) if self._credentials else data

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._names.values())})"


def _without(names: Mapping[str, str], text: str) -> str:
    for value, name in names.items():
        if value in text:
            text = text.replace(value, name)
    return text


def _without_in(names: Mapping[str, str], data: Json) -> Json:
    if isinstance(data, str):
        return _without(names, data)
    if isinstance(data, list):
        return [_without_in(names, item) for item in data]
    if isinstance(data, dict):
        return {_without(names, key): _without_in(names, item) for key, item in data.items()}
    return data


_asked: ContextVar[str | None] = ContextVar("sagadsl_asked", default=None)


@contextmanager
def logged_as(name: str) -> Iterator[None]:
    """Have what httpx logs meanwhile tell this name, and no URL: the payload stands in its path and its query."""
    before = _asked.set(name)
    try:
        yield
    finally:
        _asked.reset(before)


class _Filter(logging.Filter):
    """Hides values in what the HTTP libraries write into logs."""

    def __init__(self) -> None:
        super().__init__()
        self.known: WeakSet[Secrets] = WeakSet()  # those of services that are gone are forgotten

    def filter(self, record: logging.LogRecord) -> bool:
        name = _asked.get()
        if name is not None and isinstance(record.args, tuple):
            record.args = tuple(name if hasattr(arg, "raw_path") else arg for arg in record.args)
        told = record.getMessage()
        hidden = told
        for secrets in list(self.known):
            hidden = secrets.hide(hidden)
        if hidden != told:
            record.msg, record.args = hidden, ()
        return True


_filter = _Filter()


def _watch(secrets: Secrets) -> None:
    """Have what httpx and httpcore log watched from now on."""
    _filter.known.add(secrets)
    for name in _LOGGERS:
        logger: Any = logging.getLogger(name)
        if _filter not in logger.filters:
            logger.addFilter(_filter)
