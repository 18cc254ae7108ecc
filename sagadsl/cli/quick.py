"""Typer's commands, started sooner.

Since 0.29 Typer converts every value of the command line with pydantic, whose import takes longer than checking a
definition does. Text, paths and the choices of an enumeration need none of it; whatever else comes goes Typer's way.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from types import GenericAlias
from typing import Any

import typer.core


class QuickParams:
    """Mixed into a command: its parameters are converted without pydantic where that changes nothing."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the command's parameters and its `--help`."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]  # it is mixed into a command
        for param in params:
            if "get_runtime_param" not in vars(param) and hasattr(param, "get_runtime_param"):
                param.get_runtime_param = _Converter(param).itself
        return params


class QuickCommand(QuickParams, typer.core.TyperCommand):
    """A command that starts sooner."""


class _Converter:
    """Stands in for Typer's `RuntimeParam`, which it asks for what it does not know."""

    def __init__(self, param: Any) -> None:
        self.typers_own = param.get_runtime_param
        self.annotation = param.type_descriptor.annotation

    def itself(self) -> _Converter:
        return self

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        known, converted = _convert(value, self.annotation)
        return converted if known else self.typers_own().coerce(value, param=param, ctx=ctx)


def _convert(value: Any, annotation: Any) -> tuple[bool, Any]:
    """Return whether the conversion is a plain one, and what it gives."""
    if annotation is bool:
        return isinstance(value, bool | None), value
    if isinstance(annotation, GenericAlias):
        (kind,) = annotation.__args__ if annotation.__origin__ is list else (None,)
        if kind not in (str, Path) or not isinstance(value, list | tuple | None):
            return False, None
        return True, None if value is None else [kind(item) for item in value]
    if annotation in (str, Path) and isinstance(value, str):
        return True, annotation(value)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        members = {member.value: member for member in annotation}
        known = value is None or (isinstance(value, str) and value in members)
        return known, members.get(value)
    return value is None and annotation in (str, Path), None
