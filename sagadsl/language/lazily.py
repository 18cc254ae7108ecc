"""Names of a package that are imported when they are first used (PEP 562), so that each user pays for what he needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(names: dict[str, Any], homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of a package.

    Args:
        names: The package's own names, its `globals()`; what has been imported is put there.
        homes: The modules of the names that are imported later.
    """

    def get(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {names['__name__']!r} has no attribute {name!r}")
        value = names[name] = getattr(import_module(home), name)
        return value

    return get, lambda: sorted({*names, *homes})
