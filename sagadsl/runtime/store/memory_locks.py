"""Semantic locks in memory: each has one holder, and whoever wants several gets them all at once or waits.

Taking all at once, or none, cannot end in a deadlock; and since a lock goes to nobody while one that came earlier
waits for it, nobody waits for ever. So a saga gets its locks when it is the first that waits for each of them and all
of them are free: only those that have come to the head of a line need be looked at.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection


class LockTable:
    """Who holds what, and who waits, in the order in which they came.

    Attributes:
        holders: Every lock that is held, and by which saga.
    """

    def __init__(self) -> None:
        self.holders: dict[str, str] = {}
        self._held: dict[str, tuple[str, ...]] = {}
        self._wanted: dict[str, tuple[str, ...]] = {}
        self._came: dict[str, int] = {}
        self._numbers = itertools.count()
        self._lines: dict[str, dict[str, None]] = {}

    def ask(self, saga_id: str, names: Collection[str]) -> bool:
        """Take these locks, or join the lines for them; return whether the saga holds its locks now."""
        if saga_id in self._held:
            return True
        if saga_id in self._wanted:
            return False
        self._wanted[saga_id] = tuple(sorted(set(names)))
        self._came[saga_id] = next(self._numbers)
        for name in self._wanted[saga_id]:
            self._lines.setdefault(name, {})[saga_id] = None
        return self._grant(saga_id)

    def free(self, saga_id: str) -> list[str]:
        """Take back all that a saga holds or waits for; return those that hold their locks now, in their order."""
        names = self._held.pop(saga_id, None)
        if names is not None:
            for name in names:
                del self.holders[name]
        else:
            names = self._leave_lines(saga_id)
        heads = {next(iter(self._lines[name])) for name in names if name in self._lines}
        return [each for each in sorted(heads, key=self._came.__getitem__) if self._grant(each)]

    def _grant(self, saga_id: str) -> bool:
        names = self._wanted[saga_id]
        if any(name in self.holders or next(iter(self._lines[name])) != saga_id for name in names):
            return False
        self._leave_lines(saga_id)
        self._held[saga_id] = names
        self.holders.update(dict.fromkeys(names, saga_id))
        return True

    def _leave_lines(self, saga_id: str) -> tuple[str, ...]:
        """Let a saga wait no longer; return what it waited for."""
        names = self._wanted.pop(saga_id, ())
        self._came.pop(saga_id, None)
        for name in names:
            line = self._lines[name]
            del line[saga_id]
            if not line:
                del self._lines[name]
        return names
