"""What is inside a parallel or a map: opened, joined, stopped when something beside it fails, and gone on with.

When one branch or item fails, no new step starts in the others; steps in flight are awaited; then the step that
they are inside of fails (`language.md`, "What happens", rule 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagadsl.language.definition import Json
from sagadsl.language.expressions import EvaluationError
from sagadsl.machine import steps, waits
from sagadsl.machine.cursor import Cursor, Regions
from sagadsl.machine.events import INVALID_PAYLOAD, Failure
from sagadsl.machine.execution import Execution
from sagadsl.machine.plans import MapPlan, ParallelPlan

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga


def begin(saga: Saga, cursor: Cursor, plan: ParallelPlan | MapPlan) -> None:
    """The saga enters a parallel or a map: every branch begins, or as many items as may run at once."""
    execution = saga.new_execution(cursor, plan)
    execution.attempts.number = 1
    execution.regions = Regions()
    if isinstance(plan, MapPlan):
        try:
            execution.regions.items = _items(plan, cursor)
        except EvaluationError as error:
            steps.fail(saga, execution, Failure(INVALID_PAYLOAD, str(error), retryable=False))
            return
        _open_items(saga, execution, plan)
    else:
        _open_branches(saga, execution, plan)
    settle(saga, execution)


def _items(plan: MapPlan, cursor: Cursor) -> list[Json]:
    items = plan.items.evaluate(cursor.scope)
    if not isinstance(items, list):
        raise EvaluationError("items does not give a list", plan.items.text)
    return items


def _open_branches(saga: Saga, execution: Execution, plan: ParallelPlan) -> None:
    around, inside = execution.cursor, _inside(execution)
    for name, flow in plan.branches.items():
        inside.cursors.append(Cursor(flow.machine, flow.start, around.inner_scope(), execution, name, around.region))
    inside.opening = True
    for cursor in inside.cursors:
        _begin(saga, execution, cursor)
    inside.opening = False


def _begin(saga: Saga, execution: Execution, cursor: Cursor) -> None:
    """Let a new region begin, unless one that began before it has failed already."""
    if _inside(execution).failure is None:
        saga.arrive(cursor)
    else:
        cursor.stopped = cursor.parked = True


def _open_items(saga: Saga, execution: Execution, plan: MapPlan) -> None:
    """Begin as many items as there is room for."""
    inside, around = _inside(execution), execution.cursor
    limit = plan.state.max_concurrency or len(inside.items)
    if inside.opening:
        return
    inside.opening = True
    while inside.failure is None and not around.stopped and len(inside.cursors) < len(inside.items):
        if sum(cursor.is_active for cursor in inside.cursors) >= limit:
            break
        index = len(inside.cursors)
        scope = around.inner_scope(**{plan.state.as_: inside.items[index], "index": index})
        region = f"{around.region}/{index}" if around.region else str(index)
        cursor = Cursor(plan.body.machine, plan.body.start, scope, execution, str(index), region)
        inside.cursors.append(cursor)
        saga.arrive(cursor)
    inside.opening = False


def ended(saga: Saga, cursor: Cursor, output: Json) -> None:
    """A branch or an item has come to its end."""
    cursor.status, cursor.output = "ended", output
    _one_less(saga, cursor)


def failed(saga: Saga, cursor: Cursor, failure: Failure, *, at: str, rest: bool) -> None:
    """A branch or an item cannot go on: it fails its step, unless the map can bear it."""
    execution = _parent(cursor)
    inside = _inside(execution)
    cursor.status, cursor.failure = "failed", failure
    if not rest and _can_bear(execution):
        _one_less(saga, cursor)
        return
    if inside.failure is None:
        inside.failure, inside.failed_at = failure, at
    inside.rest = inside.rest or rest
    for other in inside.cursors:
        if other.is_active:
            _stop(saga, other)
    settle(saga, execution)


def _can_bear(execution: Execution) -> bool:
    plan = execution.plan
    if not isinstance(plan, MapPlan):
        return False
    return sum(cursor.status == "failed" for cursor in _inside(execution).cursors) <= plan.state.max_failures


def is_borne(cursor: Cursor) -> bool:
    """Whether this is an item that has failed and that its map can bear: it is done with, whatever else is resumed."""
    return cursor.status == "failed" and _inside(_parent(cursor)).failure is None


def _one_less(saga: Saga, cursor: Cursor) -> None:
    execution = _parent(cursor)
    if isinstance(execution.plan, MapPlan) and execution.status == "running":
        _open_items(saga, execution, execution.plan)
    settle(saga, execution)


def settle(saga: Saga, execution: Execution) -> None:
    """Go on from a parallel or a map once nothing inside it is active any more."""
    inside = _inside(execution)
    if inside.opening or execution.status != "running" or any(cursor.is_active for cursor in inside.cursors):
        return
    if inside.failure is not None:
        _fail(saga, execution, inside.failure)
    elif any(cursor.status == "running" for cursor in inside.cursors) or _is_short_of_items(execution):
        park(saga, execution.cursor)
    else:
        _join(saga, execution)


def _is_short_of_items(execution: Execution) -> bool:
    inside = _inside(execution)
    return isinstance(execution.plan, MapPlan) and len(inside.cursors) < len(inside.items)


def _join(saga: Saga, execution: Execution) -> None:
    inside = _inside(execution)
    output: Json
    if isinstance(execution.plan, MapPlan):
        output = [cursor.output if cursor.status == "ended" else None for cursor in inside.cursors]
    else:
        output = {cursor.name: cursor.output for cursor in inside.cursors}
        for cursor in inside.cursors:
            execution.cursor.scope.update(cursor.outputs())
    saga.fire_step(execution, "complete")
    steps.complete(saga, execution, output)


def _fail(saga: Saga, execution: Execution, failure: Failure) -> None:
    inside = _inside(execution)
    saga.fire_step(execution, "fail")
    execution.failure, execution.ended_at = failure, saga.now
    if execution.cursor.stopped:
        park(saga, execution.cursor)
    else:
        steps.after_last_attempt(saga, execution, failure, at=inside.failed_at, rest=inside.rest)


def _stop(saga: Saga, cursor: Cursor) -> None:
    """Let no new step start in this region; what is in flight is awaited."""
    cursor.stopped = True
    execution = saga.current(cursor)
    if execution is None:
        return
    if execution.regions is not None and execution.status == "running":
        for inner in execution.regions.cursors:
            if inner.is_active:
                _stop(saga, inner)
        settle(saga, execution)
    elif execution.status == "retrying":
        saga.cancel_step_timers(execution)
        saga.fire_step(execution, "give_up")
        cursor.parked = True
    elif execution.status == "failed" or execution.is_wait:
        saga.cancel_step_timers(execution)
        execution.awaits = None
        cursor.parked = True


def park(saga: Saga, cursor: Cursor) -> None:
    """A region that was stopped has come to rest."""
    cursor.parked = True
    if cursor.parent is not None:
        settle(saga, cursor.parent)


def resume(saga: Saga, cursor: Cursor) -> None:
    """Go on with a region from where it came to rest."""
    cursor.status = "running" if cursor.status == "failed" else cursor.status
    cursor.failure = None
    cursor.stopped = cursor.parked = False
    if cursor.status == "ended":
        return
    if cursor.pending is not None:
        trigger, cursor.pending = cursor.pending, None
        saga.go_on(cursor, trigger)
        return
    execution = saga.current(cursor)
    if execution is None or execution.status in {"completed", "skipped"}:
        saga.arrive(cursor)
    elif execution.status == "failed":
        _again(saga, execution)
    elif execution.is_wait:
        saga.fire_step(execution, "resume")
        waits.wait(saga, execution)
    else:
        resume_inside(saga, execution)


def _again(saga: Saga, execution: Execution) -> None:
    if execution.is_wait or (execution.regions is not None and not execution.regions.cursors):
        saga.arrive(execution.cursor)  # it failed before there was anything to go on with
    else:
        steps.try_again(saga, execution)


def resume_inside(saga: Saga, execution: Execution) -> None:
    """Go on with every region inside a parallel or a map that has not ended, and has not failed and been borne."""
    inside = _inside(execution)
    left = [cursor for cursor in inside.cursors if not is_borne(cursor)]
    inside.failure, inside.failed_at, inside.rest = None, "", False
    inside.opening = True
    for cursor in left:
        if inside.failure is None:
            resume(saga, cursor)
    inside.opening = False
    if isinstance(execution.plan, MapPlan) and execution.status == "running":
        _open_items(saga, execution, execution.plan)
    settle(saga, execution)


def close(saga: Saga, execution: Execution) -> None:
    """The saga goes on without what is inside this failed step; nothing in there will be gone on with."""
    if execution.regions is None:
        return
    for cursor in execution.regions.cursors:
        current = saga.current(cursor)
        if current is not None and current.regions is not None:
            close(saga, current)
        cursor.status = "failed" if cursor.status == "running" else cursor.status
    execution.regions.cursors = []


def abandon(saga: Saga, cursor: Cursor, failure: Failure) -> None:
    """Stop waiting for anything in this region, at once; what was called is in doubt."""
    execution = saga.current(cursor)
    if execution is not None and execution.regions is not None and execution.status == "running":
        for inner in execution.regions.cursors:
            if inner.status == "running":
                abandon(saga, inner, failure)
                inner.stopped = inner.parked = True
    steps.stop_waiting(saga, cursor, failure)


def _inside(execution: Execution) -> Regions:
    if execution.regions is None:
        raise TypeError(f"{execution.label} has no regions")
    return execution.regions


def _parent(cursor: Cursor) -> Execution:
    if cursor.parent is None:
        raise TypeError("the saga's own flow is inside no step")
    return cursor.parent
