"""A saga as plain data: everything that decides what it will do, and nothing that does not."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sagadsl.machine.cursor import Cursor
from sagadsl.machine.execution import Execution

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga


def snapshot(saga: Saga) -> dict[str, Any]:
    """Return the saga as plain data; two sagas with equal snapshots behave the same from here on."""
    return {
        "id": saga.id,
        "seq": saga.seq,
        "now": saga.now,
        "started_at": saga.started_at,
        "status": saga.status,
        "flow": _cursor(saga.root),
        "input": saga.input,
        "output": saga.output,
        "key": saga.key,
        "locks": saga.locks,
        "error": saga.error and asdict(saga.error),
        "error_state": saga.error_state,
        "retries": saga.retries,
        "pivot_passed": saga.pivot_passed,
        "signals": {name: list(queue) for name, queue in saga.signals.items() if queue},
        "steps": [_step(execution) for execution in saga.executions.values()],
        "done": [execution.label for execution in saga.done],
        "to_undo": [execution.label for execution in saga.to_undo],
        "outstanding": list(saga.outstanding.values()),
    }


def _cursor(cursor: Cursor) -> dict[str, Any]:
    own = cursor.scope.maps[0] if isinstance(cursor.scope, ChainMap) else cursor.scope
    return {
        "state": cursor.state,
        "scope": dict(own),
        "name": cursor.name,
        "region": cursor.region,
        "status": cursor.status,
        "output": cursor.output,
        "failure": cursor.failure and asdict(cursor.failure),
        "stopped": cursor.stopped,
        "parked": cursor.parked,
        "pending": cursor.pending,
    }


def _step(execution: Execution) -> dict[str, Any]:
    inside = execution.regions
    return {
        "label": execution.label,
        "status": execution.status,
        "attempts": execution.attempts.as_data(),
        "payload": execution.payload,
        "output": execution.output,
        "failure": execution.failure and asdict(execution.failure),
        "in_doubt": execution.in_doubt,
        "undo_attempts": execution.undo_attempts.as_data(),
        "undo_failure": execution.undo_failure and asdict(execution.undo_failure),
        "awaits": execution.awaits,
        "due": execution.due,
        "started_at": execution.started_at,
        "ended_at": execution.ended_at,
        "regions": inside
        and {
            "cursors": [_cursor(cursor) for cursor in inside.cursors],
            "items": inside.items,
            "failure": inside.failure and asdict(inside.failure),
            "failed_at": inside.failed_at,
            "rest": inside.rest,
        },
    }
