"""Frozen values whose classes cost little to define.

`dataclass(frozen=True, slots=True)` writes and compiles six methods for every class. For the thirty classes that every
command begins with, that takes longer than reading a definition and checking it. A record is a dataclass as well
(`fields`, `asdict`, `replace` and `match` take it for one), but no code is compiled for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

_T = TypeVar("_T")

_set = object.__setattr__


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(*, kw_only: bool = False, eq: bool = True) -> Callable[[type[_T]], type[_T]]:
    """Return a decorator for a frozen dataclass with slots.

    Args:
        kw_only: Whether its fields are given by name alone.
        eq: Whether two of them with the same values are equal; otherwise each is only equal to itself.
    """

    def made(cls: type[_T]) -> type[_T]:
        result: Any = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
        result.__init__ = _initialiser(result)
        result.__repr__ = _shown
        result.__setattr__, result.__delattr__ = _refuse_setting, _refuse_deleting
        result.__getstate__, result.__setstate__ = _state, _restore
        if eq:
            result.__eq__, result.__hash__ = _comparing(result)
        return result  # type: ignore[no-any-return]  # `dataclass` gives back what it takes

    return made


def _initialiser(cls: Any) -> Callable[..., None]:
    wanted = [(each.name, each.default, each.default_factory) for each in fields(cls)]
    by_place: tuple[str, ...] = cls.__match_args__

    def initialise(self: Any, /, *args: Any, **given: Any) -> None:
        if args:
            given = _named(cls, by_place, args, given)
        for name, default, factory in wanted:
            if name in given:
                _set(self, name, given.pop(name))
            elif default is not MISSING:
                _set(self, name, default)
            elif factory is not MISSING:
                _set(self, name, factory())
            else:
                raise TypeError(f"{cls.__name__}() lacks {name!r}")
        if given:
            raise TypeError(f"{cls.__name__}() has no {next(iter(given))!r}")

    return initialise


def _named(cls: Any, names: tuple[str, ...], args: tuple[Any, ...], given: dict[str, Any]) -> dict[str, Any]:
    if len(args) > len(names):
        raise TypeError(f"{cls.__name__}() takes {len(names)} values by their place, not {len(args)}")
    by_place = dict(zip(names, args, strict=False))
    twice = by_place.keys() & given.keys()
    if twice:
        raise TypeError(f"{cls.__name__}() got {min(twice)!r} twice")
    return by_place | given


def _comparing(cls: Any) -> tuple[Callable[[Any, object], bool], Callable[[Any], int]]:
    values = attrgetter(*(each.name for each in fields(cls) if each.compare))

    def is_equal(self: Any, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(values(self))

    return is_equal, hashed


def _shown(self: Any) -> str:
    values = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({values})"


def _refuse_setting(_: object, name: str, __: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(_: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in fields(self)]


def _restore(self: Any, values: list[Any]) -> None:
    for each, value in zip(fields(self), values, strict=True):
        _set(self, each.name, value)
