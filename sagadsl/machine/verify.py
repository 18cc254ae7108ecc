"""Walks through every state that a saga can come to, and says what is wrong in any of them.

What happens is what can happen in the world: every action, and every undo, succeeds, fails in each way that makes a
difference, or times out; timers run out in any order; signals come, early, or not; the saga's time is over at any
moment; people have it undone, retried, resolved and skipped. Data is unknown, so every condition on it is both true
and false. The machine is the one that runs sagas (`Saga.apply`). The parts are in `verification/`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sagadsl.language.definition import Json
from sagadsl.language.library import Catalogue
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.verification.canonical import Canon
from sagadsl.machine.verification.endings import endless, replays_apart
from sagadsl.machine.verification.exploring import Explorer, Finding
from sagadsl.machine.verification.failures import Failures
from sagadsl.machine.verification.levels import Graph
from sagadsl.machine.verification.oracle import Oracle
from sagadsl.machine.verification.possibilities import World
from sagadsl.machine.verification.promises import Promises
from sagadsl.machine.verification.reduction import Reduction
from sagadsl.machine.verification.standing_in import with_unknown_data
from sagadsl.machine.verification.vocabulary import Vocabulary

MAX_STATES = 200_000
MAX_VISITS = 2

_SHORTER = 5_000  # states within which a shorter way to something broken is looked for


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule or a promise that is broken.

    Args:
        rule: Which, in words; "promise NAME" for one of the definition's own.
        what: How.
        story: What has to happen, line by line, in as few events as it takes.
    """

    rule: str
    what: str
    story: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON data."""
        return {"rule": self.rule, "what": self.what, "story": list(self.story)}


@dataclass(frozen=True, slots=True)
class Report:
    """What was seen on the way through a saga.

    Args:
        name: The saga's name.
        version: Its version.
        states: How many states were seen.
        transitions: How many steps lead from one to another.
        statuses: In which the saga can come to rest, in the order of the lifecycle.
        cut: The states that were entered `max_visits` times and not followed further.
        reduced: The states whose branches were looked at two at a time.
        complete: Whether all states were seen; otherwise the walk stopped at `max_states`.
        violations: What is broken, each first in the shortest way that was found to it; the shortest first.
        max_visits: How often a state was entered.
        tried_again: Those of `cut` that no cycle leads back to: a person had the saga tried again there.
    """

    name: str
    version: str
    states: int
    transitions: int
    statuses: tuple[str, ...]
    cut: tuple[str, ...]
    reduced: tuple[str, ...]
    complete: bool
    violations: tuple[Violation, ...]
    max_visits: int = MAX_VISITS
    tried_again: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether everything was seen, and nothing of it is broken."""
        return self.complete and not self.violations

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON data."""
        return {
            "name": self.name,
            "version": self.version,
            "verified": self.verified,
            "complete": self.complete,
            "states": self.states,
            "transitions": self.transitions,
            "statuses": list(self.statuses),
            "max_visits": self.max_visits,
            "cut": list(self.cut),
            "tried_again": list(self.tried_again),
            "reduced": list(self.reduced),
            "violations": [violation.to_json() for violation in self.violations],
        }


def verify(
    compiled: CompiledSaga,
    *,
    max_states: int = MAX_STATES,
    max_visits: int = MAX_VISITS,
    catalogue: Catalogue | None = None,
    is_child: bool = False,
    reduce: bool = True,
) -> Report:
    """Walk through every state of a saga and report what is broken in it.

    Args:
        compiled: The saga. Its definition is compiled anew: callbacks that were put on its machines are not called.
        max_states: After how many states the walk stops, and says so.
        max_visits: How often a state is entered, through a cycle or a retry, before the walk goes no further.
        catalogue: What the actions answer and raise, where that is known.
        is_child: Whether another saga may run this one, and have it undone after it has completed.
        reduce: Whether to look at branches two at a time where there are more (see `verification/reduction.py`).
    """
    explorer = explorer_of(compiled, max_visits, catalogue, is_child=is_child, reduce=reduce)
    walk = explorer.walk(max_states)
    replays_apart(explorer, walk)
    endless(walk)
    findings = walk.findings
    if findings and reduce:
        shorter = explorer_of(compiled, max_visits, catalogue, is_child=is_child, reduce=False)
        rules = {rule for rule, _ in findings}
        found = shorter.walk(min(_SHORTER, max_states), rules).findings
        findings = findings | {key: finding for key, finding in found.items() if key[0] in rules}
    seen = {node.status for node in walk.nodes} | {each.node.status for each in findings.values()}
    return Report(
        compiled.definition.name,
        compiled.definition.version,
        len(walk.nodes),
        walk.transitions,
        tuple(status for status in _STATUSES if status in seen),
        tuple(sorted(walk.cut)),
        () if explorer.reduction is None else tuple(sorted(explorer.reduction.reduced)),
        walk.complete,
        tuple(_violation(each) for each in sorted(findings.values(), key=lambda each: len(each.node.path()))),
        max_visits,
        tuple(sorted(walk.cut - Graph(compiled.definition).in_cycles)) if walk.cut else (),
    )


_STATUSES = ("completed", "compensated", "compensation_failed", "failed")


def explorer_of(
    compiled: CompiledSaga,
    max_visits: int = MAX_VISITS,
    catalogue: Catalogue | None = None,
    *,
    is_child: bool = False,
    reduce: bool = True,
) -> Explorer:
    """Return what walks through a saga; see `verify`."""
    definition = compiled.definition
    vocabulary, promises = Vocabulary(definition, catalogue), Promises(definition)
    oracle = Oracle(max_visits)
    return Explorer(
        with_unknown_data(definition, oracle, catalogue),
        oracle,
        World(definition, Failures(definition, vocabulary.codes, catalogue), is_child),
        Canon(vocabulary.variables, frozenset().union(*promises.steps), reduce),
        Reduction(definition, promises.steps) if reduce else None,
        promises,
        max_visits,
    )


def _violation(finding: Finding) -> Violation:
    story = [line for node in finding.node.path() for line in node.words]
    return Violation(finding.rule, finding.what, tuple(story))
