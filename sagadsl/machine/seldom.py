"""Fields that most never need, kept apart, so that a hundred thousand running sagas fit into one process."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

T = TypeVar("T")


class WithExtras:
    """Something with `Seldom` fields. They stand in `extras`, which is `None` until the first of them is set."""

    __slots__ = ("extras",)

    Extras: ClassVar[type[Any]]
    """What holds them: a class that can be called without arguments, and then has them as they usually are."""

    extras: Any


class Seldom(Generic[T]):
    """A field that is as usual unless `extras` says otherwise."""

    usual: T

    def __set_name__(self, owner: type[WithExtras], name: str) -> None:
        self.name = name
        self.usual = getattr(owner.Extras(), name)

    def __get__(self, thing: WithExtras, owner: type[WithExtras] | None = None) -> T:
        extras = thing.extras
        value: T = self.usual if extras is None else getattr(extras, self.name)
        return value

    def __set__(self, thing: WithExtras, value: T) -> None:
        if thing.extras is None:
            if value is self.usual:
                return
            thing.extras = thing.Extras()
        setattr(thing.extras, self.name, value)
