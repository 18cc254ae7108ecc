"""Deciding about a saga: the event is recorded wherever the saga is run, and people are told what comes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from sagadsl.cli.exits import EXIT_OF_STATUS, NOT_YET, OK, REFUSED, CommandError
from sagadsl.cli.formats import Format, printable
from sagadsl.cli.stores import look
from sagadsl.language.suggest import did_you_mean

if TYPE_CHECKING:
    from sagadsl.cli.decide_options import Decision, Target
    from sagadsl.language.definition import Json
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.runtime.store.contract import SagaRow, Store
    from sagadsl.runtime.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class _Decided:
    """What became of a decision; `obstacle` is why nobody at work on the store can go on with the saga."""

    row: SagaRow
    verdict: Verdict
    obstacle: str | None


def decide(target: Target, decision: Decision) -> None:
    """Record a decision about one saga or many, and end the command.

    Raises:
        CommandError: The saga is not there, or the decision is not possible.
        typer.Exit: Otherwise.
    """
    if target.is_many:
        from sagadsl.cli.decide_bulk import decide_many

        decide_many(target, decision)
        return
    decided = look(target.store, lambda opened: _decide(opened, target, decision))
    goes_on_here = target.services is not None and _exit_code(decided, decision) == OK
    code = OK if goes_on_here and target.format is Format.JSON else _tell(decided, decision, target.format)
    if target.services is not None and goes_on_here:
        from sagadsl.cli import resume

        resume.command(decided.row.id, list(target.services), target.store, target.format)
    if target.format is Format.TEXT:
        _say_who_goes_on(decided)
    raise typer.Exit(code)


async def _decide(store: Store, target: Target, decision: Decision) -> _Decided:
    from sagadsl.cli.masking import masked_rows
    from sagadsl.cli.recalling import definition_of
    from sagadsl.runtime.reach import reach
    from sagadsl.runtime.recorder import Recorder

    row = await _find(store, target)
    check_names(await definition_of(store, row), decision)
    async with Recorder(store) as recorder:
        verdict = await recorder.record(row.id, decision.make(target.by, target.why))
    (row,) = await masked_rows(store, [await store.row(row.id)])
    return _Decided(row, verdict, await (await reach(store)).after_a_decision(row))


async def _find(store: Store, target: Target) -> SagaRow:
    from sagadsl.cli.finding import find

    if target.key is None:
        return await find(store, target.saga or "")
    name, equals, key = target.key.partition("=")
    if not equals:
        raise CommandError(f"--key {target.key}: not of the form NAME=KEY", hint="for example --key order=4711")
    row = await store.find_key(name, key)
    if row is None:
        raise CommandError(f"--key {target.key}: there is no saga {name} with this key in {printable(store.url)}")
    return row


def check_names(compiled: CompiledSaga, decision: Decision) -> None:
    """Make sure that the state and the signal are there at all."""
    name = compiled.definition.name
    for kind, given, known in (
        ("state", decision.state, compiled.definition.all_states),
        ("signal", decision.signal, compiled.signals),
    ):
        if given is not None and given not in known:
            hint = did_you_mean(given, sorted(known)) or f"its {kind}s: {', '.join(sorted(known)) or 'none'}"
            raise CommandError(f"{name} has no {kind} {printable(given)}", hint=hint)


def _tell(decided: _Decided, decision: Decision, format: Format) -> int:  # noqa: A002 - the option's name
    from sagadsl.runtime.verdicts import Recorded, Refused

    row, verdict = decided.row, decided.verdict
    if format is Format.JSON:
        typer.echo(json.dumps({**to_json(row, verdict), "decision": decision.name}, ensure_ascii=False, indent=2))
        return _exit_code(decided, decision)
    match verdict:
        case Refused(why):
            raise CommandError(
                printable(f"{row.id}: {decision.name} is refused: {why}"),
                REFUSED,
                hint=_hint(row, why),
            )
        case Recorded(status):
            is_now = f"the saga is {status}{_because(decided, decision)}"
            typer.echo(printable(f"{row.name}, saga {row.id}: {decision.name} is recorded; {is_now}"))
            return _exit_code(decided, decision)
    raise CommandError(
        printable(f"{row.id}: {decision.name} lies in the store, but the engine on {verdict.host} has not answered"),
        NOT_YET,
        hint="it will find it when it goes on, and so will whoever takes its place; `sagadsl show` tells",
    )


def _hint(row: SagaRow, why: str) -> str:
    from sagadsl.machine.journal import WHICH_REGION

    if WHICH_REGION in why:
        return "say it with --region, as the table of `sagadsl show` has it behind the state's name"
    return f"`sagadsl dead-letters {printable(row.id)}` says what has happened and what can be decided"


def _because(decided: _Decided, decision: Decision) -> str:
    """Say what has gone wrong, or what is left to be decided about, where the saga does not go on."""
    row = decided.row
    if row.error_code is None or decision.name == "compensate" or row.status != getattr(decided.verdict, "status", ""):
        return ""
    where = f" at {row.error_state}" if row.error_state else ""
    said = f": {row.error_message}" if row.error_message else ""
    return f" because of {row.error_code}{where}{said}"


def _exit_code(decided: _Decided, decision: Decision) -> int:
    """Return the exit code of a decision about one saga, which may have failed again at once."""
    from sagadsl.runtime.verdicts import Recorded

    verdict = decided.verdict
    if isinstance(verdict, Recorded) and verdict.failed_again and decision.name in {"retry", "resolve", "skip"}:
        return EXIT_OF_STATUS[verdict.status]
    return exit_code(verdict)


def _say_who_goes_on(decided: _Decided) -> None:
    from sagadsl.machine.lifecycles import AT_REST
    from sagadsl.runtime.verdicts import Recorded

    verdict = decided.verdict
    if not isinstance(verdict, Recorded) or verdict.status in AT_REST:
        return
    if verdict.is_run or decided.obstacle is None:
        typer.echo("the worker that runs it goes on with it" if verdict.is_run else "a worker takes it up")
    else:
        hint = f"`sagadsl resume {printable(decided.row.id)} --services …`, or a `sagadsl worker`, goes on with it"
        typer.echo(printable(f"{decided.obstacle}; {hint}"))


def exit_code(verdict: Verdict) -> int:
    """Return the exit code that says what became of a decision."""
    from sagadsl.runtime.verdicts import Recorded, Refused

    if isinstance(verdict, Recorded):
        return OK
    return REFUSED if isinstance(verdict, Refused) else NOT_YET


def to_json(row: SagaRow, verdict: Verdict) -> dict[str, Json]:
    """Return what became of a decision as JSON data."""
    from sagadsl.runtime.verdicts import Recorded, Refused

    data: dict[str, Json] = {"saga_id": row.id, "name": row.name, "result": "sent", "status": row.status, "why": None}
    match verdict:
        case Recorded(status):
            data |= {"result": "recorded", "status": status}
        case Refused(why):
            data |= {"result": "refused", "why": why}
    return data
