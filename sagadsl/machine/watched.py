"""Lists and tables that say when they change, so that what was concluded from them can be forgotten.

A `DispatchMachine` concludes from its tables where each trigger leads without anything being called on the way. The
library's tables are open: a callback may be appended to a list at any time. So everything that such a conclusion
rests on is `Watched`, and whatever is not is never concluded from.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any


class Shortcuts:
    """What a machine has concluded: by trigger and state, the state that it leads to; nothing while `stale`.

    The inner tables are those of the machine's events; they stay the same objects for the machine's life.
    """

    __slots__ = ("moves", "stale")

    def __init__(self) -> None:
        self.moves: dict[str, dict[str, str]] = {}
        self.stale = True

    def __reduce__(self) -> tuple[type[Shortcuts], tuple[()]]:
        return Shortcuts, ()  # a copy of the machine draws its own conclusions

    def forget(self) -> None:
        """Forget everything, because something has changed."""
        self.stale = True
        for moves in self.moves.values():
            moves.clear()
        self.moves.clear()


class Watched:
    """Something that tells those who have read it when it changes."""

    readers: tuple[Shortcuts, ...] = ()

    def read_by(self, shortcuts: Shortcuts) -> None:
        """Tell these from now on."""
        if shortcuts not in self.readers:
            vars(self)["readers"] = (*self.readers, shortcuts)

    def changed(self) -> None:
        """Tell them."""
        for shortcuts in self.readers:
            shortcuts.forget()

    def __getstate__(self) -> dict[str, Any] | None:
        return {name: value for name, value in vars(self).items() if name != "readers"} or None


def _telling(method: Callable[..., Any]) -> Any:
    """Return the method of a list or a table, telling of the change once it is made."""

    @wraps(method)
    def telling(self: Watched, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        finally:
            self.changed()

    return telling


class WatchedList(Watched, list[Any]):
    """A list of callbacks, or of the transitions that leave a state by one trigger."""

    append = _telling(list.append)
    clear = _telling(list.clear)
    extend = _telling(list.extend)
    insert = _telling(list.insert)
    pop = _telling(list.pop)
    remove = _telling(list.remove)
    reverse = _telling(list.reverse)
    sort = _telling(list.sort)
    __delitem__ = _telling(list.__delitem__)
    __iadd__ = _telling(list.__iadd__)
    __imul__ = _telling(list.__imul__)
    __setitem__ = _telling(list.__setitem__)


class WatchedTable(Watched, OrderedDict[str, Any]):
    """The states or the events of a machine by name."""

    clear = _telling(OrderedDict.clear)
    pop = _telling(OrderedDict.pop)
    popitem = _telling(OrderedDict.popitem)
    setdefault = _telling(OrderedDict.setdefault)
    update = _telling(OrderedDict.update)
    __delitem__ = _telling(OrderedDict.__delitem__)
    __ior__ = _telling(OrderedDict.__ior__)
    __setitem__ = _telling(OrderedDict.__setitem__)


class WatchedRows(Watched, defaultdict[str, list[Any]]):
    """The transitions of an event by source state; a state without any gets an empty list, as in the library."""

    clear = _telling(defaultdict.clear)
    pop = _telling(defaultdict.pop)
    popitem = _telling(defaultdict.popitem)
    setdefault = _telling(defaultdict.setdefault)
    update = _telling(defaultdict.update)
    __delitem__ = _telling(defaultdict.__delitem__)
    __ior__ = _telling(defaultdict.__ior__)
    __setitem__ = _telling(defaultdict.__setitem__)
