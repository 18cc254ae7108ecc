"""Semantic locks in one process: each has one owner, and whoever wants several gets them all at once or waits."""

from __future__ import annotations

from collections.abc import Callable


class Locks:
    """Who holds what, and who waits, in the order in which they came.

    Taking all at once, or none, cannot end in a deadlock.
    """

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._waiting: dict[str, tuple[frozenset[str], Callable[[], None]]] = {}

    def acquire(self, owner: str, names: tuple[str, ...], granted: Callable[[], None]) -> None:
        """Give `owner` these locks as soon as all are free, and then call `granted`."""
        self._waiting[owner] = (frozenset(names), granted)
        self._grant()

    def release(self, owner: str) -> None:
        """Take back everything that `owner` holds or waits for."""
        self._waiting.pop(owner, None)
        self._owners = {name: holder for name, holder in self._owners.items() if holder != owner}
        self._grant()

    def _grant(self) -> None:
        wanted: set[str] = set()
        for owner, (names, granted) in list(self._waiting.items()):
            if not any(name in self._owners or name in wanted for name in names):
                del self._waiting[owner]
                self._owners.update(dict.fromkeys(names, owner))
                granted()
            wanted |= names  # whoever came first is not overtaken for ever
