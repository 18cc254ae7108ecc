"""Looking at the sagas: pages, counts and durations, and those that have been quiet for long."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select, tuple_, union_all

from sagadsl.machine.lifecycles import AT_REST, SAGA
from sagadsl.runtime.store.contract import Durations, Filter, Page, SagaRow, Stats
from sagadsl.runtime.store.sql.cursors import cursor_of
from sagadsl.runtime.store.sql.plain import from_column, to_column
from sagadsl.runtime.store.sql.rows import saga_row
from sagadsl.runtime.store.sql.tables import FINISHED, ROW, UNFINISHED, events, sagas

_ROW = tuple(sagas.c[name] for name in ROW)
_COMPLETED = "completed"


def find_key(connection: Connection, name: str, key: str) -> SagaRow | None:
    """Return the unfinished saga with a business key, or else the youngest finished one."""
    same = select(*_ROW).where(sagas.c.name == to_column(name), sagas.c.key == to_column(key))
    is_finished = sagas.c.status.in_(sorted(SAGA.final))
    first = same.order_by(sagas.c.holds_key.desc(), is_finished, sagas.c.created_at.desc(), sagas.c.id.desc()).limit(1)
    row = connection.execute(first).first()
    return None if row is None else saga_row(row)


def page(connection: Connection, which: Filter, after: tuple[float, str] | None, limit: int) -> Page:
    """Return some sagas, the youngest first."""
    conditions = _conditions(which)
    if after is not None:
        created_at, saga_id = after
        conditions.append(tuple_(sagas.c.created_at, sagas.c.id) < tuple_(created_at, to_column(saga_id)))
    if which.statuses and not SAGA.final & set(which.statuses):
        asked = _unfinished_first(sorted(which.statuses), conditions, limit + 1)
    else:
        asked = _youngest_first(select(*_ROW).where(*conditions), sagas.c, limit + 1)
    rows = [saga_row(row) for row in connection.execute(asked)]
    return Page(tuple(rows[:limit]), cursor_of(rows[limit - 1]) if len(rows) > limit and limit else None)


def _youngest_first(asked: Select[Any], columns: Any, limit: int) -> Select[Any]:
    return asked.order_by(columns.created_at.desc(), columns.id.desc()).limit(limit)


def _unfinished_first(statuses: Sequence[str], conditions: list[ColumnElement[bool]], limit: int) -> Select[Any]:
    """Return the youngest of each status, of which there may be few among millions, and of these the youngest.

    The index of the unfinished has those of one status in their order.
    """
    each = [select(*_ROW).where(UNFINISHED, sagas.c.status == status, *conditions) for status in statuses]
    parts = [select(_youngest_first(one, sagas.c, limit).subquery()) for one in each]
    together = union_all(*parts).subquery()
    return _youngest_first(select(together), together.c, limit)


def stale(connection: Connection, before: float, limit: int, due: float | None = None) -> list[SagaRow]:
    """Return unfinished sagas whose last event is older than an instant; see `contract.Store.stale`."""
    newest = select(events.c.at).where(events.c.saga_id == sagas.c.id).order_by(events.c.seq.desc()).limit(1)
    unfinished = (UNFINISHED, sagas.c.status > "")  # which is true, and shows SQLite that there is an index
    going = () if due is None else _should_go_on(due)
    quiet = select(*_ROW, newest.scalar_subquery().label("last_at")).where(*unfinished, *going).subquery()
    longest = select(quiet).where(quiet.c.last_at < before).order_by(quiet.c.last_at, quiet.c.id).limit(limit)
    return [saga_row(row[:-1]) for row in connection.execute(longest)]


def _should_go_on(due: float) -> tuple[ColumnElement[bool], ...]:
    is_due = sagas.c.owner.is_not(None) | (sagas.c.wake_at <= due)
    return sagas.c.status.not_in(sorted(AT_REST)), (sagas.c.status == SAGA.initial) | is_due


def last_events(connection: Connection, saga_ids: Sequence[str]) -> dict[str, float]:
    """Return when the last event of each saga was recorded."""
    newest = select(events.c.at).where(events.c.saga_id == sagas.c.id).order_by(events.c.seq.desc()).limit(1)
    these = sagas.c.id.in_([to_column(each) for each in saga_ids])
    rows = connection.execute(select(sagas.c.id, newest.scalar_subquery()).where(these))
    return {from_column(saga_id): at for saga_id, at in rows}


def stats(connection: Connection, which: Filter) -> Stats:
    """Return counts and durations."""
    conditions = _conditions(which)
    by_status: dict[str, int] = {}
    asked, final = set(which.statuses), set(SAGA.final)
    parts = ((UNFINISHED, asked - final), (FINISHED, asked & final))  # each has an index that holds all that is counted
    for part in (part for part, some in parts if some or not asked):
        counted = select(sagas.c.status, func.count()).where(part, *conditions).group_by(sagas.c.status)
        by_status |= {row[0]: row[1] for row in connection.execute(counted)}
    return Stats(by_status, _durations(connection, conditions) if by_status.get(_COMPLETED) else None)


def _durations(connection: Connection, conditions: Iterable[ColumnElement[bool]]) -> Durations | None:
    took = (sagas.c.ended_at - sagas.c.created_at).label("took")
    completed = (FINISHED, sagas.c.status == _COMPLETED, sagas.c.ended_at.is_not(None), *conditions)
    each = select(took).where(*completed).subquery()
    summary = select(func.count(), func.avg(each.c.took), func.min(each.c.took), func.max(each.c.took))
    count, mean, minimum, maximum = connection.execute(summary.select_from(each)).one()
    if not count:
        return None
    median, p95 = (_rank(connection, each, count, share) for share in (0.5, 0.95))
    return Durations(count, mean, minimum, median, p95, maximum)


def _rank(connection: Connection, each: Subquery, count: int, share: float) -> float:
    """Return the least value that is not exceeded by fewer than this share of all, looked for from the nearer end."""
    before = max(1, math.ceil(share * count)) - 1
    behind = count - 1 - before
    in_order = each.c.took.asc() if before <= behind else each.c.took.desc()
    at_rank = select(each.c.took).order_by(in_order).limit(1).offset(min(before, behind))
    value: float = connection.execute(at_rank).scalar_one()
    return value


def _conditions(which: Filter) -> list[ColumnElement[bool]]:
    same = ("name", "version", "key", "parent", "error_code")
    asked = {field: value for field in same if (value := getattr(which, field)) is not None}
    conditions: list[ColumnElement[bool]] = [sagas.c[field] == to_column(value) for field, value in asked.items()]
    if which.statuses:
        conditions.append(sagas.c.status.in_(sorted(which.statuses)))
    if which.created_after is not None:
        conditions.append(sagas.c.created_at >= which.created_after)
    if which.created_before is not None:
        conditions.append(sagas.c.created_at < which.created_before)
    return conditions
