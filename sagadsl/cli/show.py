"""`sagadsl show`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.finding import SAGA_HELP
from sagadsl.cli.formats import Format, FormatOption, printable, shortened
from sagadsl.cli.stores import StoreOption, look

if TYPE_CHECKING:
    from sagadsl.cli.reasons import Below
    from sagadsl.cli.recalling import Recalled
    from sagadsl.cli.waiting import Waiting
    from sagadsl.language.definition import Json
    from sagadsl.runtime.outcome import Outcome
    from sagadsl.runtime.store.contract import EngineRow, Store

_LABEL = 12
_LONG = 100  # characters of JSON that still stand in one line


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is told of a saga."""

    recalled: Recalled
    outcome: Outcome
    waits: Sequence[Waiting]
    deadline: float | None
    owner: EngineRow | None
    obstacle: str | None
    below: Sequence[Below]
    text: str


def command(
    saga: Annotated[str, typer.Argument(metavar="ID", help=SAGA_HELP)],
    store: StoreOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Show how far a saga has come, what it waits for, and what a person can do if one has to.

    Its events are told by `sagadsl events`.

    Exit code 0 whatever has become of the saga, 2 when there is no such saga or no such store, 69 when the store cannot
    be used.
    """
    shown = look(store, lambda opened: _find(opened, saga))
    options = [] if store is None else ["--store", store]
    if format is Format.JSON:
        typer.echo(json.dumps(_to_json(shown, options), ensure_ascii=False, indent=2))
    else:
        _write(shown, options)


async def _find(store: Store, given: str) -> Shown:
    from sagadsl.cli.dead_letter import masked_row
    from sagadsl.cli.finding import find
    from sagadsl.cli.reasons import below
    from sagadsl.cli.recalling import recalled, text_of
    from sagadsl.cli.waiting import deadline_of, waits_of
    from sagadsl.runtime.observe.masking import masked_outcome
    from sagadsl.runtime.outcome import report
    from sagadsl.runtime.reach import reach

    found = await recalled(store, await find(store, given))
    found = replace(found, row=masked_row(found))
    locks = await store.locks() if "locks" in found.saga.outstanding else {}
    owners = {engine.id: engine for engine in await store.engines()} if found.row.owner else {}
    return Shown(
        found,
        masked_outcome(report(found.saga, found.events)),
        tuple(waits_of(found.saga, locks)),
        deadline_of(found.saga),
        owners.get(found.row.owner or ""),
        await (await reach(store)).obstacle(found.row),
        await below(store, found.row.id),
        await text_of(store, found.row),
    )


def _to_json(shown: Shown, options: Sequence[str]) -> Json:
    from sagadsl.cli.rows import to_json

    outcome = shown.outcome.to_json()
    outcome.pop("events")
    waits, below = [wait.to_json() for wait in shown.waits], [each.to_json(options) for each in shown.below]
    row = to_json(shown.recalled.row, shown.recalled.events[-1].at)
    return {**row, **outcome, "waits_for": waits, "obstacle": shown.obstacle, "below": below}


def _write(shown: Shown, options: Sequence[str]) -> None:
    from rich.text import Text

    from sagadsl.cli import story
    from sagadsl.cli.dead_letter import tell_below
    from sagadsl.cli.tables import STYLES, console

    to = console()
    for label, value in _head(shown, on_terminal=to.is_terminal):
        style = STYLES.get(value, "") if label == "status" else ""
        to.print(Text.assemble((f"{label:<{_LABEL}}", "dim"), (value, style)))
    if shown.outcome.steps:
        to.print()
        for row, status in story.table(shown.outcome):
            to.print(Text(row, style=STYLES.get(status, "")))
    waits = list(_waits(shown))
    if waits:
        to.print("\nwaits for")
        for line in waits:
            to.print(Text(f"  {line}"))
    tell_below(to, shown.below, options)
    if shown.outcome.error is not None or shown.outcome.status in {"failed", "compensation_failed"}:
        to.print()
        for line in story.summary(shown.outcome):
            to.print(Text(line, style=STYLES.get(shown.outcome.status, "")))


def _head(shown: Shown, *, on_terminal: bool) -> Iterator[tuple[str, str]]:
    from sagadsl.cli.moments import clock_time, from_now, length

    row, now = shown.recalled.row, time.time()
    yield "saga", printable(row.id)
    yield "definition", f"{row.name} {printable(row.version)}{shown.text}"
    yield "status", shown.outcome.status
    if row.key is not None:
        yield "key", printable(row.key)
    if row.parent is not None:
        yield "run for", f"saga {printable(row.parent)}"
    yield "started", f"{clock_time(row.created_at)}, {from_now(row.created_at, now)}"
    if row.ended_at is not None:
        yield "ended", f"{clock_time(row.ended_at)}, after {length(row.ended_at - row.created_at)}"
    elif shown.deadline is not None:
        yield "timeout", f"{clock_time(shown.deadline)}, {from_now(shown.deadline, now)}"
    if row.ended_at is None:
        yield "run by", _owner(shown)
    yield "input", _data(shown.outcome.input, on_terminal=on_terminal)
    if shown.outcome.status == "completed":
        yield "output", _data(shown.outcome.output, on_terminal=on_terminal)


def _owner(shown: Shown) -> str:
    from sagadsl.cli.moments import clock_time
    from sagadsl.machine.lifecycles import AT_REST
    from sagadsl.runtime.reach import NOBODY

    row, engine = shown.recalled.row, shown.owner
    if row.owner is not None:
        return f"engine {row.owner}{_where(engine)}"
    if shown.outcome.status in AT_REST:
        return "nobody; it waits for a person"
    if shown.obstacle not in {None, NOBODY}:
        return f"nobody: {printable(shown.obstacle or '')}; a `sagadsl worker` with services that do takes it up"
    if row.wake_at is None:
        return "nobody, until a message comes for it"
    if row.wake_at <= time.time():
        return "nobody at present; `sagadsl resume` or a `sagadsl worker` takes it up"
    return f"nobody, until {clock_time(row.wake_at)}"


def _where(engine: EngineRow | None) -> str:
    from sagadsl.runtime.processes import is_gone

    if engine is None:
        return ""
    gone = ", whose process has ended: `sagadsl resume` or a `sagadsl worker` takes it up"
    return f" on {printable(engine.host)}{gone if is_gone(engine.process) else ''}"


def _data(data: Json, *, on_terminal: bool) -> str:
    line = json.dumps(data, ensure_ascii=False)
    if len(line) <= _LONG:
        return printable(line)
    lines = shortened(json.dumps(data, ensure_ascii=False, indent=2), on_terminal=on_terminal).splitlines()
    return f"\n{' ' * _LABEL}".join(map(printable, lines))


def _waits(shown: Shown) -> Iterator[str]:
    from sagadsl.cli.moments import clock_time, from_now

    now = time.time()
    for wait in shown.waits:
        until = ""
        if wait.until is not None:
            at = f"{clock_time(wait.until)}, {from_now(wait.until, now)}"
            until = f" at {at}" if wait.kind in {"retry", "time"} else f", at the latest until {at}"
        yield f"{wait.step:<24} {_what(wait)}{until}".strip()


def _what(wait: Waiting) -> str:
    again = f", attempt {wait.attempt}" if wait.attempt > 1 else ""
    held = f", which saga {wait.held_by} holds" if wait.held_by else ""
    return {
        "action": f"the answer of {wait.what}{again}",
        "compensation": f"{wait.what} to undo it{again}",
        "saga": f"the saga {printable(wait.what)}",
        "report": "its outcome to be reported",
        "signal": f"the signal {wait.what}",
        "retry": f"attempt {wait.attempt}",
        "time": "the time to come",
        "lock": f"the lock {printable(wait.what)}{printable(held)}",
    }[wait.kind]
