"""Names for the parts of a picture in formats in which not every character may stand in one."""

from __future__ import annotations

import re
from collections.abc import Iterable

_OTHERS = re.compile("[^A-Za-z0-9_]")


def aliases(ids: Iterable[str]) -> dict[str, str]:
    """Return a name of letters, digits and `_` for each id, every one another: `state-charge` is `state_charge`."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in ids:
        plain = alias = _OTHERS.sub("_", name) or "_"
        number = 1
        while alias in taken:
            number += 1
            alias = f"{plain}_{number}"
        taken.add(alias)
        found[name] = alias
    return found
