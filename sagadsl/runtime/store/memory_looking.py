"""Looking at the sagas in memory: pages, counts, and those that have been quiet, or ended, for long."""

from __future__ import annotations

import base64
import heapq
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from sagadsl.machine.lifecycles import AT_REST, SAGA
from sagadsl.runtime.store.contract import Durations, Filter, Page, SagaRow, Stats
from sagadsl.runtime.store.memory_sagas import Record

YoungestFirst = Callable[[tuple[float, str] | None], Iterator[SagaRow]]


def page(sagas: YoungestFirst, which: Filter, after: str | None, limit: int) -> Page:
    """Return some sagas; see `contract.Store.list`."""
    found = (row for row in sagas(None if after is None else _read_cursor(after)) if matches(row, which))
    rows = tuple(islice(found, limit))
    more = next(found, None) is not None
    return Page(rows, _cursor(rows[-1]) if rows and more else None)


def matches(row: SagaRow, which: Filter) -> bool:
    """Whether a saga is one of those that are asked for."""
    same = ("name", "version", "key", "parent", "error_code")
    return (
        all(getattr(which, field) in {None, getattr(row, field)} for field in same)
        and (not which.statuses or row.status in which.statuses)
        and (which.created_after is None or row.created_at >= which.created_after)
        and (which.created_before is None or row.created_at < which.created_before)
    )


def stale(records: Iterable[Record], before: float, limit: int, due: float | None = None) -> list[SagaRow]:
    """Return unfinished sagas to which nothing has happened since an instant; see `contract.Store.stale`."""
    unfinished = (record for record in records if record.row.status not in SAGA.final)
    if due is not None:
        unfinished = (record for record in unfinished if _should_go_on(record.row, due))
    quiet = ((record.events[-1].at, record.row.id, record.row) for record in unfinished)
    longest = heapq.nsmallest(limit, (each for each in quiet if each[0] < before))
    return [row for _, _, row in longest]


def _should_go_on(row: SagaRow, due: float) -> bool:
    if row.status in AT_REST:
        return False
    return row.status == SAGA.initial or row.owner is not None or (row.wake_at is not None and row.wake_at <= due)


def ended(final: Iterable[SagaRow], before: float, limit: int) -> list[str]:
    """Return the ids of those of these sagas that ended before an instant, the oldest first."""
    ends = ((row.ended_at, row.id) for row in final if row.ended_at is not None and row.ended_at < before)
    return [saga_id for _, saga_id in heapq.nsmallest(limit, ends)]


def stats(rows: Iterable[SagaRow], which: Filter) -> Stats:
    """Return counts and durations."""
    by_status: Counter[str] = Counter()
    took: list[float] = []
    for row in rows:
        if matches(row, which):
            by_status[row.status] += 1
            if row.status == "completed" and row.ended_at is not None:
                took.append(row.ended_at - row.created_at)
    return Stats(dict(by_status), _durations(sorted(took)) if took else None)


def _durations(took: list[float]) -> Durations:
    count = len(took)
    return Durations(count, math.fsum(took) / count, took[0], _rank(took, 0.5), _rank(took, 0.95), took[-1])


def _rank(ordered: list[float], share: float) -> float:
    """Return the least value that is not exceeded by fewer than this share of all (the nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _cursor(row: SagaRow) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.created_at, row.id]).encode()).decode()


def _read_cursor(text: str) -> tuple[float, str]:
    try:
        created_at, saga_id = json.loads(base64.urlsafe_b64decode(text.encode()))
        return float(created_at), str(saga_id)
    except (ValueError, TypeError):
        raise ValueError(f"{text!r} is no cursor: give the `after` of an earlier page, as it was") from None
