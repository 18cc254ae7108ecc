"""What a saga shows of itself where somebody looks at it, as in a notebook: a picture, if anybody can draw one.

The language knows of no pictures. Whoever can make them says so with `show_with`; `sagadsl` itself does when it is
imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Show: TypeAlias = Callable[[Any], Mapping[str, str]]
"""Takes an object and returns what there is to be seen of it, by media type."""

_shows: list[Show] = []


def show_with(show: Show) -> None:
    """Have everything `Shown` be shown by this function from now on, and by no other."""
    _shows[:] = [show]


class Shown:
    """Mixed into what can be looked at; see https://ipython.readthedocs.io/en/stable/config/integrating.html."""

    __slots__ = ()

    def _repr_mimebundle_(self, **_: object) -> Mapping[str, str]:
        """Return everything that there is to be seen, by media type; what to take of it is IPython's affair."""
        return _shows[0](self) if _shows else {"text/plain": repr(self)}

    def _repr_svg_(self) -> str | None:
        """Return the picture, or nothing if there is none."""
        return self._repr_mimebundle_().get("image/svg+xml")
