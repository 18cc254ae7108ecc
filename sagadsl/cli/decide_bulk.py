"""Deciding about many sagas: first what would come of it, then, with `--yes`, doing it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from sagadsl.cli.decide import check_names, exit_code, failed_again, to_json
from sagadsl.cli.exits import COMPENSATION_FAILED, FAILED, NOT_YET, OK, REFUSED, CommandError
from sagadsl.cli.formats import Format, counted, printable
from sagadsl.cli.known import check_definition
from sagadsl.cli.stores import look

if TYPE_CHECKING:
    from sagadsl.cli.decide_options import Decision, Target
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.runtime.store.contract import SagaRow, Store
    from sagadsl.runtime.verdicts import Verdict

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Told:
    """What became, or would become, of a decision about each saga.

    `left` is how many sagas were not decided about, because somebody has stopped the command, with `stopped` as its
    exit code. `not_undone` are the errors that keep those that are shown from being undone, by the sagas' ids.
    """

    verdicts: Sequence[tuple[SagaRow, Verdict]]
    left: int
    stopped: int | None
    not_undone: Mapping[str, Sequence[str]]


def decide_many(target: Target, decision: Decision) -> None:
    """Record a decision about the sagas of a selection, or say what would come of it, and end the command.

    Raises:
        CommandError: A name is misspelt.
        typer.Exit: Otherwise, with 0 if nothing was, or would be, refused, and nothing failed again at once.
    """
    told = look(target.store, lambda opened: _decide(opened, target, decision))
    if target.format is Format.JSON:
        _write_json(told, target, decision)
    else:
        _write(told, target, decision)
    raise typer.Exit(_code(told, decision))


async def _decide(store: Store, target: Target, decision: Decision) -> _Told:
    from sagadsl.cli.progress import progress
    from sagadsl.cli.stopping import Stopping
    from sagadsl.runtime.bulk import chosen

    rows = await chosen(store, target.selection(decision.statuses))
    await _check(store, rows, target, decision)
    verdicts = []
    with Stopping() as stopping, progress(len(rows), decision.name) as advance:
        async for row, verdict in _verdicts(store, rows, target, decision, lambda: stopping.exit_code is not None):
            verdicts.append((row, verdict))
            advance(row.id)
        shown = [] if target.yes or target.format is Format.JSON else rows[:_SHOWN]
        return _Told(verdicts, len(rows) - len(verdicts), stopping.exit_code, await _not_undone(store, shown))


async def _not_undone(store: Store, rows: Sequence[SagaRow]) -> dict[str, Sequence[str]]:
    from sagadsl.runtime.stuck import not_undone, stuck

    return {id_: [error.code for _, error in not_undone(saga)] for id_, saga in (await stuck(store, rows)).items()}


async def _check(store: Store, rows: Sequence[SagaRow], target: Target, decision: Decision) -> None:
    """Make sure that what is named is there: at night, that nothing is like a misspelt name is no good news.

    Raises:
        CommandError: The store has no definition of this name, or none of the sagas' has the state or the signal.
    """
    if not rows:
        await check_definition(store, target.name)
    unknown: CommandError | None = None
    async for compiled in _definitions(store, rows):
        try:
            check_names(compiled, decision)
        except CommandError as error:
            unknown = error
        else:
            return
    if unknown is not None:
        raise unknown


async def _definitions(store: Store, rows: Sequence[SagaRow]) -> AsyncIterator[CompiledSaga]:
    """Yield the definitions of sagas; those that cannot be read are refused saga by saga."""
    from sagadsl.cli.recalling import definition_of
    from sagadsl.runtime.store.contract import StoreError

    for row in {row.hash: row for row in rows}.values():
        with suppress(CommandError, StoreError):
            yield await definition_of(store, row)


async def _verdicts(
    store: Store, rows: Sequence[SagaRow], target: Target, decision: Decision, enough: Callable[[], bool]
) -> AsyncIterator[tuple[SagaRow, Verdict]]:
    from sagadsl.runtime.bulk import record, rehearse
    from sagadsl.runtime.recorder import Recorder

    make = decision.make(target.by, target.why)
    if not target.yes:
        async for each in rehearse(store, rows, make, enough):
            yield each
        return
    async with Recorder(store) as recorder:
        async for each in record(recorder, rows, make, enough):
            yield each


def _code(told: _Told, decision: Decision) -> int:
    if told.stopped is not None and told.left:
        return told.stopped
    codes = {exit_code(verdict, decision) for _, verdict in told.verdicts}
    return next((code for code in (REFUSED, NOT_YET, COMPENSATION_FAILED, FAILED) if code in codes), OK)


def _write_json(told: _Told, target: Target, decision: Decision) -> None:
    sagas = [to_json(row, verdict) for row, verdict in told.verdicts]
    counts = Counter(each["result"] for each in sagas)
    data = {
        "decision": decision.name,
        "dry_run": not target.yes,
        **{result: counts[result] for result in ("recorded", "refused", "sent")},
        "failed_again": sum(failed_again(verdict, decision) for _, verdict in told.verdicts),
        "left": told.left,
        "sagas": sagas,
    }
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _write(told: _Told, target: Target, decision: Decision) -> None:
    if not told.verdicts and not told.left:
        typer.echo("no sagas are like that", err=True)
        return
    if not target.yes:
        _list(told)
    for line in _summary(told, target, decision):
        typer.echo(printable(line))
    if not target.yes:
        typer.echo("nothing has been done; --yes does it", err=True)


def _list(told: _Told) -> None:
    from sagadsl.cli.tables import Column, show
    from sagadsl.runtime.verdicts import Recorded, Refused

    columns = [
        Column("saga", least=13),
        Column("definition", least=8, goes=1),
        Column("status"),
        Column("because of", least=8, goes=2),
        Column("would be", least=10),
    ]
    rows = []
    for row, verdict in told.verdicts[:_SHOWN]:
        outcome = verdict.status if isinstance(verdict, Recorded) else ""
        if isinstance(verdict, Refused):
            outcome = f"refused: {verdict.why}"
        codes = [row.error_code or "", *told.not_undone.get(row.id, ())]
        rows.append((row.id, row.name, row.status, ", ".join(dict.fromkeys(filter(None, codes))), outcome))
    show(columns, rows)
    if len(told.verdicts) > _SHOWN:
        typer.echo(f"and {len(told.verdicts) - _SHOWN:,} more; --format json lists them all")
    typer.echo()


def _summary(told: _Told, target: Target, decision: Decision) -> Iterator[str]:
    from sagadsl.runtime.verdicts import Recorded, Refused, Sent

    verdicts = [verdict for _, verdict in told.verdicts]
    recorded = sum(isinstance(verdict, Recorded) for verdict in verdicts)
    sent = sum(isinstance(verdict, Sent) for verdict in verdicts)
    reasons = Counter(verdict.why for verdict in verdicts if isinstance(verdict, Refused))
    would = "is recorded" if target.yes else "is possible"
    yield f"{decision.name} {would} for {recorded:,} of {counted(len(verdicts) + told.left, 'saga')}"
    again = sum(failed_again(verdict, decision) for verdict in verdicts)
    if again:
        fail = "failed" if target.yes else "would fail"
        yield f"{again:,} of them {fail} again at once: `sagadsl dead-letters` says why"
    if sent:
        yield f"for {sent:,} it lies in the store; the engines that run them have not answered yet"
    if reasons:
        yield f"refused for {reasons.total():,}:"
        yield from (f"  {count:>6,}  {why}" for why, count in reasons.most_common())
    if told.left:
        yield f"stopped: nothing was decided about {told.left:,}"
