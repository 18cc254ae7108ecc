"""What must not be shown: the values that came from the environment."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any
from weakref import WeakSet

from sagadsl.language.definition import Json

_SHORTEST = 4
"""Shorter values are no secrets, and stand in too many other words."""

_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks")
"""Those that tell of URLs and answers."""


class Secrets:
    """Values that are replaced by their names wherever text leaves.

    Args:
        values: Values by the names of their variables. There is no way to get them back.
        parts: Texts that are to be replaced likewise if they are parts of a value.
    """

    __slots__ = ("__weakref__", "_names")

    def __init__(self, values: Mapping[str, str], parts: Collection[str] = ()) -> None:
        known = {value: name for name, value in values.items()}
        for name, value in values.items():
            known |= {part: name for part in parts if part.lower() in value.lower()}
        longest_first = sorted(known.items(), key=lambda pair: -len(pair[0]))
        self._names = {value: f"${{env.{name}}}" for value, name in longest_first if len(value) >= _SHORTEST}
        if self._names:
            _watch(self)

    def hide(self, text: str) -> str:
        """Return the text without the values."""
        for value, name in self._names.items():
            if value in text:
                text = text.replace(value, name)
        return text

    def hide_in(self, data: Json) -> Json:
        """Return data without the values: a service may answer with what it was sent."""
        if not self._names:
            return data
        if isinstance(data, str):
            return self.hide(data)
        if isinstance(data, list):
            return [self.hide_in(item) for item in data]
        if isinstance(data, dict):
            return {self.hide(key): self.hide_in(item) for key, item in data.items()}
        return data

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._names.values())})"


class _Filter(logging.Filter):
    """Hides values in what the HTTP libraries write into logs."""

    def __init__(self) -> None:
        super().__init__()
        self.known: WeakSet[Secrets] = WeakSet()  # those of services that are gone are forgotten

    def filter(self, record: logging.LogRecord) -> bool:
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
