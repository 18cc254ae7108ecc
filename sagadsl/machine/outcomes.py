"""What becomes of a saga when one of its steps fails: the table that an analyst wants.

For every step, and every way in which it can fail that makes a difference, the saga is led to that step, everything
else going well; then the step fails, as often as it is tried. What the real machine does from there is noted: what it
undoes, in which order, and where the saga ends, or where the failure is caught and the saga goes on. Beside other
branches the step comes last: what those have done is then undone as well. In the body of a map that bears failures, it
fails for one item, and then for more of them than the map bears.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from sagadsl.language.definition import Fail, Json, Map, State, SubSaga, Task, Wait
from sagadsl.language.library import Catalogue
from sagadsl.machine.compiler import CompiledSaga, compile_saga
from sagadsl.machine.events import TIMEOUT
from sagadsl.machine.verification.failures import Failures, Way
from sagadsl.machine.verification.intolerant import intolerant, tolerant_around
from sagadsl.machine.verification.merging import Row, merged
from sagadsl.machine.verification.rehearsal import Rehearsal
from sagadsl.machine.verify import explorer_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows when a step fails.

    Args:
        state: The step.
        how: How it fails, in words.
        undone: What is then undone, in that order; a step of a map with its item, as `pack/0`.
        if_done: Those of it that are not done on every path to here, and then are not undone.
        order_varies: Whether this is but one order of several, as some of it is done side by side: what was done last
            is undone first.
        at_once: Whether all of it is undone at once.
        ends: The status in which the saga ends, or `None` where it goes on.
        goes_on: The state with which it goes on, or `None`; with `ends` as well where it fails there in its turn, as
            in a `fail` state that a catch leads to.
        waits: The signal that the step waits for before it is tried again, or `None`; what else is told happens if
            that does not come in time.
        taken: The ways in the flow that are then taken, as state and trigger.
    """

    state: str
    how: str
    undone: tuple[str, ...]
    if_done: frozenset[str]
    order_varies: bool
    at_once: bool
    ends: str | None
    goes_on: str | None
    waits: str | None
    taken: frozenset[tuple[str, str]] = frozenset()

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON data."""
        return {
            "state": self.state,
            "how": self.how,
            "undone": list(self.undone),
            "if_done": sorted(self.if_done),
            "order_varies": self.order_varies,
            "at_once": self.at_once,
            "ends": self.ends,
            "goes_on": self.goes_on,
            "waits": self.waits,
        }


def outcomes(
    compiled: CompiledSaga, catalogue: Catalogue | None = None, of: Collection[str] | None = None
) -> list[Outcome]:
    """Return what follows when each step fails in each way, in the order of the text.

    Ways that come to the same are one. The time grows with the square of the saga's length.

    Args:
        compiled: The saga.
        catalogue: Which errors the actions raise, where that is known.
        of: The names of the states that fail; all of them by default.
    """
    rehearsals = _Rehearsals(compiled, catalogue)
    states = compiled.definition.all_states.values()
    return [each for state in states if of is None or state.name in of for each in rehearsals.of(state)]


class _Rehearsals:
    """What follows on the failures of one item, and of more items than the maps around a step bear."""

    def __init__(self, compiled: CompiledSaga, catalogue: Catalogue | None) -> None:
        self._compiled, self._catalogue = compiled, catalogue
        self._at_once = compiled.definition.compensation.order == "parallel"
        self._tolerant = tolerant_around(compiled.definition)
        self._made: dict[tuple[str, ...], Rehearsal] = {}

    def of(self, state: State) -> Iterator[Outcome]:
        """Yield what follows when a step fails, each once."""
        told = set[Outcome]()
        maps = self._tolerant.get(state.name, ())
        for depth in range(len(maps) + 1):
            exceeded = maps[:depth]
            for outcome in _of_state(state, self._rehearsal(exceeded), at_once=self._at_once):
                if outcome not in told:
                    yield replace(outcome, how=f"{outcome.how}{_in_how_many(exceeded)}")
                told.add(outcome)

    def _rehearsal(self, exceeded: tuple[Map, ...]) -> Rehearsal:
        names = tuple(each.name for each in exceeded)
        if names not in self._made:
            compiled = compile_saga(intolerant(self._compiled.definition, names)) if names else self._compiled
            explorer = explorer_of(compiled, 1, self._catalogue, reduce=False)
            failures = explorer.world.failures
            self._made[names] = Rehearsal(explorer, lambda state: _ways(state, failures))
        return self._made[names]


def _in_how_many(exceeded: tuple[Map, ...]) -> str:
    """Return in words for how many items of each map a step fails, where it is for more than the map bears."""
    counts = [f"{each.max_failures} item{'' if each.max_failures == 1 else 's'} of {each.name}" for each in exceeded]
    return f" for more than {' in each of more than '.join(counts)}" if counts else ""


def _of_state(state: State, rehearsal: Rehearsal, *, at_once: bool) -> Iterator[Outcome]:
    """Yield what follows when a step fails: for all ways of failing that come to the same, once."""
    alike: dict[frozenset[Row], list[tuple[Way | None, tuple[Row, ...]]]] = {}
    for way, courses in rehearsal.courses(state):
        rows = tuple(merged(courses, rehearsal.rank))
        alike.setdefault(frozenset(rows), []).append((way, rows))
    named = any(_is_named([way for way, _ in group]) for group in alike.values())
    for group in alike.values():
        how = _told(state, [way for way, _ in group], others_named=named)
        for row in group[0][1]:
            taken = frozenset().union(*(other.taken for _, rows in group for other in rows if other == row))
            varies = not at_once and (row.order_varies or rehearsal.are_side_by_side(row.undone))
            after = (row.ends, row.goes_on, row.waits)
            yield Outcome(state.name, how, row.undone, row.if_done, varies, at_once, *after, taken)


def _ways(state: State, failures: Failures) -> Iterable[Way | None]:
    """Return how a state can fail; `None` for one that has but one way, which is its own."""
    if isinstance(state, Task | SubSaga):
        return failures.of_action(state.name)
    return [None] if isinstance(state, Fail) or (isinstance(state, Wait) and state.timeout is not None) else []


def _told(state: State, ways: list[Way | None], *, others_named: bool) -> str:
    """Return in words how a step fails; `others_named` says whether errors with names lead elsewhere."""
    known = [way for way in ways if way is not None]
    if not known:
        return "is reached" if isinstance(state, Fail) else "gets no signal in time"
    parts: list[str] = []
    certain = [way for way in known if not way.failure.in_doubt]
    in_doubt = {way.failure.code for way in known if way.failure.in_doubt}
    codes = dict.fromkeys(code for way in certain for code in way.codes or (way.failure.code,))
    if any(way.any_other for way in certain):
        parts.append("fails otherwise" if others_named else "fails")
    elif certain:
        parts.append(f"fails with {', '.join(code for code in codes if code not in in_doubt)}")
    if in_doubt:
        parts.append("times out" if TIMEOUT in in_doubt else "gives no usable answer")
    return " or ".join(parts)


def _is_named(ways: list[Way | None]) -> bool:
    """Whether these are errors with names and no others."""
    certain = [way for way in ways if way is not None and not way.failure.in_doubt]
    return bool(certain) and not any(way.any_other for way in certain)
