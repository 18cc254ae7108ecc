"""What becomes of a saga when one of its steps fails: the table that an analyst wants.

For every step, and every way in which it can fail that makes a difference, the saga is led to that step, everything
else going well; then the step fails, as often as it is tried. What the real machine does from there is noted: what it
undoes, in which order, and where the saga ends, or where the failure is caught and the saga goes on. Beside other
branches the step comes last: what those have done is then undone as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from sagadsl.language.definition import Fail, Json, State, SubSaga, Task, Wait
from sagadsl.language.library import Catalogue
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import TIMEOUT
from sagadsl.machine.verification.failing import Course, Search
from sagadsl.machine.verification.failures import Failures, Way
from sagadsl.machine.verify import explorer_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows when a step fails.

    Args:
        state: The step.
        how: How it fails, in words.
        undone: What is then undone, in that order; a step of a map with its item, as `pack/0`.
        if_done: Those of it that are not done on every path to here, and then are not undone.
        at_once: Whether all of it is undone at once.
        ends: The status in which the saga ends, or `None` where it goes on.
        goes_on: The state with which it goes on, or `None`.
        waits: The signal that the step waits for before it is tried again, or `None`.
    """

    state: str
    how: str
    undone: tuple[str, ...]
    if_done: frozenset[str]
    at_once: bool
    ends: str | None
    goes_on: str | None
    waits: str | None

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON data."""
        return {
            "state": self.state,
            "how": self.how,
            "undone": list(self.undone),
            "if_done": sorted(self.if_done),
            "at_once": self.at_once,
            "ends": self.ends,
            "goes_on": self.goes_on,
            "waits": self.waits,
        }


def outcomes(
    compiled: CompiledSaga, catalogue: Catalogue | None = None, of: Collection[str] | None = None
) -> list[Outcome]:
    """Return what follows when each step fails in each way, in the order of the text.

    Ways that come to the same are one.

    Args:
        compiled: The saga.
        catalogue: Which errors the actions raise, where that is known.
        of: The names of the states that fail; all of them by default.
    """
    explorer = explorer_of(compiled, 1, catalogue, reduce=False)
    at_once = compiled.definition.compensation.order == "parallel"
    found: list[Outcome] = []
    states = compiled.definition.all_states.values()
    for state in (each for each in states if of is None or each.name in of):
        ways_of: dict[tuple[Course, ...], list[Way | None]] = {}
        for way in _ways(state, explorer.world.failures):
            ways_of.setdefault(tuple(Search(explorer, state, way).courses()), []).append(way)
        named = any(_is_named(ways) for ways in ways_of.values())
        for courses, ways in ways_of.items():
            how = _told(state, ways, others_named=named)
            for course, if_done in _merged(courses):
                undone = course.undone
                found.append(
                    Outcome(state.name, how, undone, if_done, at_once, course.ends, course.goes_on, course.waits)
                )
    return found


def _ways(state: State, failures: Failures) -> Iterable[Way | None]:
    """Return how a state can fail; `None` for one that has but one way, which is its own."""
    if isinstance(state, Task | SubSaga):
        return failures.of_action(state.name)
    return [None] if isinstance(state, Fail) or (isinstance(state, Wait) and state.timeout is not None) else []


def _merged(courses: tuple[Course, ...]) -> Iterator[tuple[Course, frozenset[str]]]:
    """Yield the courses, those as one that differ only in what had been done on the way to the failure."""
    left = sorted(courses, key=lambda course: -len(course.undone))
    while left:
        longest = left[0]
        alike = [each for each in left if replace(each, undone=longest.undone) == longest and _is_part(each, longest)]
        left = [each for each in left if each not in alike]
        always = frozenset(longest.undone).intersection(*(each.undone for each in alike))
        yield longest, frozenset(longest.undone) - always


def _is_part(part: Course, whole: Course) -> bool:
    """Whether what is undone in one course is undone in the other in the same order."""
    rest = iter(whole.undone)
    return all(label in rest for label in part.undone)


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
