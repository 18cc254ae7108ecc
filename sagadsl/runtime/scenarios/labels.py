"""The names of steps: `charge`, `~charge` for what undoes it, `pack/0` for an item of a map, `draw:2` for a repeat."""

from __future__ import annotations

import re
from typing import NamedTuple

from sagadsl.machine.commands import Compensate, CompensateChild
from sagadsl.runtime.answers import Call

_LABEL = re.compile(r"(~?)([A-Za-z_][A-Za-z0-9_]*)((?:/[0-9]+)*)(?::([0-9]+))?")


class Label(NamedTuple):
    """The parts of a name; `region` is the items' indexes, as `2` or `2/0`."""

    undo: bool
    state: str
    region: str
    execution: int


def parse_label(text: str) -> Label | None:
    """Return the parts of a step's name, or `None` if it is none."""
    found = _LABEL.fullmatch(text)
    if found is None:
        return None
    undo, state, region, execution = found.groups()
    return Label(bool(undo), state, region.removeprefix("/"), int(execution or 1))


def step_label(state: str, region: str, execution: int) -> str:
    """Return the name of a step."""
    place = f"{state}/{region}" if region else state
    return place if execution == 1 else f"{place}:{execution}"


def is_undo(call: Call) -> bool:
    """Whether the call undoes something."""
    return isinstance(call, Compensate | CompensateChild)


def call_label(call: Call) -> str:
    """Return the name of the step that makes a call, with `~` for one that is undone."""
    return ("~" if is_undo(call) else "") + step_label(call.state, call.region, call.execution)
