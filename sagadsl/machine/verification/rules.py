"""The rules of `language.md`, "What happens", that every step of every saga is held against.

Each rule is one small function over a `Moment`: the saga before and after one event, what the world has asked and
what the saga wants done. It yields a sentence for each way in which the rule is broken. `RULES` is the table of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sagadsl.language.definition import NO_RETRY, Retry, Wait
from sagadsl.machine.commands import (
    SAGA_TIMER,
    Command,
    Compensate,
    CompensateChild,
    Finish,
    Invoke,
    StartChild,
)
from sagadsl.machine.events import Event, Failure, RetryRequested, StepResolved
from sagadsl.machine.execution import Execution
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.machine.saga import Saga
from sagadsl.machine.verification.ledger import Call, Ledger, call_name, label_of


@dataclass(frozen=True, slots=True)
class Moment:
    """One event and what it has changed.

    Args:
        before: The saga as it was.
        event: What has happened.
        saga: The saga as it is.
        commands: What it wants done because of the event.
        owed_before: The ledger as it was.
        owed: The ledger as it is.
        late: Whether the event is the result of an attempt that had been given up.
    """

    before: Saga
    event: Event
    saga: Saga
    commands: list[Command]
    owed_before: Ledger
    owed: Ledger
    late: bool

    @property
    def calls(self) -> list[Call]:
        """The actions and undos that are called."""
        return [each for each in self.commands if isinstance(each, Call)]

    @property
    def undoes(self) -> list[Compensate | CompensateChild]:
        """The undos that are begun, or tried again."""
        return [each for each in self.commands if isinstance(each, Compensate | CompensateChild)]

    @property
    def reverse(self) -> bool:
        """Whether the saga is undone step by step."""
        return self.saga.definition.compensation.order == "reverse"

    def step(self, label: str) -> Execution:
        """Return a step by its label."""
        return next(each for each in self.saga.executions.values() if each.label == label)


Rule: TypeAlias = Callable[[Moment], Iterator[str]]


def nothing_after_the_pivot(moment: Moment) -> Iterator[str]:
    """After the pivot nothing is compensated (rule 5)."""
    if moment.owed.pivot:
        yield from (f"{label_of(each)} is undone although the pivot has been passed" for each in moment.undoes)


def only_what_is_owed(moment: Moment) -> Iterator[str]:
    """Undone is what has completed or is in doubt, and that once (rules 1 and 2)."""
    for label in map(label_of, moment.undoes):
        if label not in moment.owed.all_owed:
            again = moment.step(label).undo_attempts.number > 1 or label in moment.owed_before.all_owed
            yield f"{label} is undone {'once more' if again else 'although it has done nothing'}"
    for label in {label_of(each) for each in moment.undoes}:
        if [label_of(each) for each in moment.undoes].count(label) > 1 or _is_being_undone(moment, label):
            yield f"{label} is undone twice at the same time"


def _is_being_undone(moment: Moment, label: str) -> bool:
    """Whether a call to undo the step was open before, and the event is not its answer."""
    call = moment.before.outstanding.get(f"call {label}")
    if not isinstance(call, Compensate | CompensateChild):
        return False
    event = moment.event
    about = (getattr(event, "state", None), getattr(event, "region", None), getattr(event, "execution", None))
    return about != (call.state, call.region, call.execution)


def last_completed_first(moment: Moment) -> Iterator[str]:
    """Completed steps are compensated one by one, in the reverse order of their completion (rule 1)."""
    if not moment.reverse:
        return
    under_way = [c for c in moment.saga.outstanding.values() if isinstance(c, Compensate | CompensateChild)]
    if moment.undoes and len(under_way) > 1:
        yield f"{' and '.join(map(label_of, under_way))} are undone at the same time"
    groups = moment.owed.owed
    for label in map(label_of, moment.undoes):
        place = next((i for i, group in enumerate(groups) if label in group), len(groups))
        for later in sorted(each for group in groups[place + 1 :] for each in group):
            if moment.step(later).status != "compensation_failed":
                yield f"{label} is undone before {later}, which completed after it"


def not_while_steps_run(moment: Moment) -> Iterator[str]:
    """Steps in flight are awaited before anything is compensated (rule 3)."""
    running = [c for c in moment.saga.outstanding.values() if isinstance(c, Invoke | StartChild)]
    for undo in moment.undoes:
        yield from (f"{label_of(undo)} is undone while {label_of(call)} still runs" for call in running)


def no_step_starts_beside_a_failure(moment: Moment) -> Iterator[str]:
    """When a branch or an item has failed, no new step starts in the others (rule 3)."""
    for call in moment.calls:
        step = moment.step(label_of(call))
        around = None if isinstance(call, Compensate | CompensateChild) else step.cursor.parent
        while around is not None:
            earlier = moment.before.executions.get((around.name, around.region, around.number))
            if _failure_inside(around) is not None and _failure_inside(around) is _failure_inside(earlier):
                yield f"{step.label} starts although something beside it in {around.label} has failed"
            around = around.cursor.parent


def _failure_inside(step: Execution | None) -> Failure | None:
    return None if step is None or step.regions is None else step.regions.failure


def a_failed_undo_halts(moment: Moment) -> Iterator[str]:
    """With `halt`, nothing else is undone once a compensation has failed for good (rule 4)."""
    policy = moment.saga.definition.compensation
    if policy.on_failure != "halt" or not moment.reverse or isinstance(moment.event, RetryRequested | StepResolved):
        return
    for undo in moment.undoes:
        for other in moment.saga.executions.values():
            if other.status == "compensation_failed" and other.label != label_of(undo):
                yield f"{label_of(undo)} is undone although {other.label} could not be"


def within_the_attempts(moment: Moment) -> Iterator[str]:
    """No action and no compensation is called more often than its `retry` allows."""
    for call in moment.calls:
        times, limit = moment.owed.calls[call_name(call)], _retry(moment, call).max_attempts
        if times > limit:
            yield f"{label_of(call)} is called {times} times, and it may be {limit} times"


def _retry(moment: Moment, call: Call) -> Retry:
    state = moment.saga.executions[call.state, call.region, call.execution].state
    if isinstance(call, Invoke | StartChild):
        return getattr(state, "retry", NO_RETRY)
    undo = getattr(state, "compensation", None)
    return NO_RETRY if undo is None else undo.retry


def within_the_retries(moment: Moment) -> Iterator[str]:
    """A failed saga is retried at most `max_retries` times."""
    if moment.saga.retries > moment.saga.definition.max_retries:
        yield f"the saga is tried again {moment.saga.retries} times"


def nothing_is_left_undone(moment: Moment) -> Iterator[str]:
    """A saga that is compensated owes nothing; with `continue`, one that failed to has tried all of it (rule 4)."""
    status = moment.saga.status
    if status == moment.before.status:
        return
    owed = sorted(moment.owed.all_owed)
    if status == "compensated":
        yield from (f"{label} has not been undone" for label in owed)
    elif status == "compensation_failed":
        failed = [label for label in owed if moment.step(label).status == "compensation_failed"]
        if not failed:
            yield "every undo has succeeded"
        elif moment.saga.definition.compensation.on_failure == "continue":
            yield from (f"{label} has not even been tried to be undone" for label in owed if label not in failed)


def no_saga_stands_still(moment: Moment) -> Iterator[str]:
    """A saga is at rest, or something is outstanding that will take it on."""
    saga = moment.saga
    if saga.status in AT_REST:
        if saga.status != moment.before.status and not any(isinstance(each, Finish) for each in moment.commands):
            yield f"the saga is {saga.status} and says so to nobody"
        return
    is_waiting = any(step.awaits is not None for step in saga.executions.values())
    if not is_waiting and not any(key != f"timer {SAGA_TIMER}" for key in saga.outstanding):
        yield f"nothing is outstanding, and the saga is {saga.status}"


def waits_are_answered(moment: Moment) -> Iterator[str]:
    """A step that waits for a signal has its timer for as long as it waits, where it was given a time."""
    for step in moment.saga.executions.values():
        limited = isinstance(step.state, Wait) and step.state.timeout is not None
        if step.awaits is not None and limited and not any(owner is step for _, owner in moment.saga.timers.values()):
            yield f"{step.label} waits without its timer"


def late_results_change_nothing(moment: Moment) -> Iterator[str]:
    """A late result of an abandoned attempt is recorded and otherwise ignored."""
    if moment.late and (moment.commands or moment.saga.outstanding != moment.before.outstanding):
        yield "an answer that came too late has changed something"


RULES: Mapping[str, Rule] = {
    rule.__name__.replace("_", " "): rule
    for rule in (
        nothing_after_the_pivot,
        only_what_is_owed,
        last_completed_first,
        not_while_steps_run,
        no_step_starts_beside_a_failure,
        a_failed_undo_halts,
        within_the_attempts,
        within_the_retries,
        nothing_is_left_undone,
        no_saga_stands_still,
        waits_are_answered,
        late_results_change_nothing,
    )
}
"""Every rule by its name."""
