"""Where things stand in a definition: its regions, its states, and what each path in them means.

Works on plain data, right or wrong, since a text that is being typed is wrong most of the time. The tables below are
the places of the language (see "States" and "Expressions" in its specification); a new one is added here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from sagadsl.language.definition import Json, Path

Use: TypeAlias = Literal["condition", "template"]

EACH = None
"""In a pattern: any index or key."""

_Pattern: TypeAlias = tuple[str | None, ...]

TRANSITIONS: tuple[_Pattern, ...] = (
    ("next",),
    ("default",),
    ("on_timeout",),
    ("choices", EACH, "next"),
    ("catch", EACH, "next"),
)
"""Where a state names another one of its region."""

CONDITIONS: tuple[_Pattern, ...] = (
    ("items",),
    ("until",),
    ("choices", EACH, "when"),
    ("fail_when", EACH, "when"),
)
"""Where a state has bare expressions."""

TEMPLATES: tuple[_Pattern, ...] = (("payload",), ("input",), ("output",), ("compensation", "payload"))
"""Below which a state has templates."""

_TOP_CONDITIONS: tuple[_Pattern, ...] = (("invariants", EACH, "require"), ("sensitive", EACH))
_TOP_TEMPLATES: tuple[_Pattern, ...] = (("output",), ("key",), ("locks",))


class StateAt(NamedTuple):
    """A state as the text has it.

    `name_path` is the path of the state's entry under `states` (its key is the name) or of a step's `id` (its value
    is); `region` is the path of what has the `states` or `steps`: the definition, a branch, or a map.
    """

    name: str
    path: Path
    name_path: Path
    region: Path
    data: Mapping[str, Any]

    @property
    def is_step(self) -> bool:
        """Whether it is an entry of `steps`."""
        return self.path != self.name_path

    @property
    def kind(self) -> str:
        """Its `type`."""
        kind = self.data.get("type", "task")
        return kind if isinstance(kind, str) else "task"


class Spot(NamedTuple):
    """What a path means: the innermost state that it leads into, the state's region, and the path from there.

    Outside all states, `state` is `None` and `rest` the path inside the definition, or inside a branch.
    """

    state: Path | None
    region: Path
    rest: Path

    @property
    def target_region(self) -> Path | None:
        """The region whose states can be named here, or `None` where no state is named."""
        if self.rest == ("start",):
            return self.region if self.state is None else self.state
        return self.region if self.state is not None and _fits(self.rest, TRANSITIONS) else None

    @property
    def use(self) -> Use | None:
        """How expressions stand here, or `None` where there are none."""
        if self.state is None and self.region:
            return None
        conditions, templates = (_TOP_CONDITIONS, _TOP_TEMPLATES) if self.state is None else (CONDITIONS, TEMPLATES)
        if _fits(self.rest, conditions):
            return "condition"
        return "template" if any(_fits(self.rest[: len(each)], (each,)) for each in templates) else None


def _fits(path: Path, patterns: tuple[_Pattern, ...]) -> bool:
    return any(
        len(path) == len(pattern) and all(want in (EACH, got) for want, got in zip(pattern, path, strict=True))
        for pattern in patterns
    )


def spot(path: Path) -> Spot:
    """Return what a path means."""
    state: Path | None = None
    region: Path = ()
    at = 0
    while path[at : at + 1] in (("states",), ("steps",)) and len(path) > at + 1:
        state, region, at = path[: at + 2], path[:at], at + 2
        if path[at : at + 1] == ("branches",) and len(path) > at + 2:
            at += 2
            if path[at : at + 1] not in (("states",), ("steps",)) or len(path) == at + 1:
                return Spot(None, path[:at], path[at:])
    return Spot(state, region, path[at:])


def states_in(data: Json) -> Iterator[StateAt]:
    """Yield every state that the data has at any depth, each before those inside it, in the order of the text."""
    waiting = list(_region(data, ()))[::-1]
    while waiting:
        state = waiting.pop()
        yield state
        waiting.extend(list(_inside(state))[::-1])


def _inside(state: StateAt) -> Iterator[StateAt]:
    yield from _region(state.data, state.path)
    branches = state.data.get("branches")
    if isinstance(branches, dict):
        for name, branch in branches.items():
            yield from _region(branch, (*state.path, "branches", name))


def _region(data: Json, path: Path) -> Iterator[StateAt]:
    if not isinstance(data, dict):
        return
    states, steps = data.get("states"), data.get("steps")
    if isinstance(states, dict):
        for name, state in states.items():
            place = (*path, "states", name)
            yield StateAt(name, place, place, path, state if isinstance(state, dict) else {})
    if isinstance(steps, list):
        for index, step in enumerate(steps):
            if isinstance(step, dict) and isinstance(step.get("id"), str):
                place = (*path, "steps", index)
                yield StateAt(step["id"], place, (*place, "id"), path, step)


def value_at(data: Json, path: Path) -> Json:
    """Return the value at a path, or `None` where it does not lead all the way."""
    for step in path:
        if not _leads_on(data, step):
            return None
        data = data[step]
    return data


def _leads_on(data: Json, step: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(step, int) and 0 <= step < len(data)
    return isinstance(data, dict) and step in data


def paths_like(data: Json, pattern: _Pattern) -> Iterator[tuple[Path, Json]]:
    """Yield every path in the data that a pattern fits, with its value."""
    found: list[tuple[Path, Json]] = [((), data)]
    for step in pattern:
        found = [((*path, key), value) for path, node in found for key, value in _children(node, step)]
    yield from found


def _children(node: Json, step: str | None) -> list[tuple[str | int, Json]]:
    if isinstance(node, list) and step is EACH:
        return list(enumerate(node))
    if isinstance(node, dict):
        return list(node.items()) if step is EACH else [(step, node[step])] if step in node else []
    return []


def expressions_of(state: StateAt | None, data: Json) -> Iterator[tuple[Path, Json, Use]]:
    """Yield the places of expressions in a state, or with `None` in the definition itself: path, value, and use."""
    conditions, templates = (_TOP_CONDITIONS, _TOP_TEMPLATES) if state is None else (CONDITIONS, TEMPLATES)
    base: Path = () if state is None else state.path
    owner = data if state is None else state.data
    for pattern in conditions:
        yield from (((*base, *path), value, "condition") for path, value in paths_like(owner, pattern))
    for pattern in templates:
        yield from (((*base, *path), value, "template") for path, value in paths_like(owner, pattern))
