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
    from collections.abc import Sequence

    from sagadsl.cli.decide_options import Decision, Target
    from sagadsl.cli.reasons import Below
    from sagadsl.language.definition import Json
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.runtime.store.contract import SagaRow, Store
    from sagadsl.runtime.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class _Decided:
    """What became of a decision.

    Args:
        row: The saga.
        verdict: What became of it.
        because: What has gone wrong with the saga, if anything has.
        obstacle: Why nobody at work on the store can go on with it.
        below: Where it was refused, the sagas that it waits for and that wait for a person.
        left_out: What is not called any more because the saga was completed as a whole, in words.
    """

    row: SagaRow
    verdict: Verdict
    because: str
    obstacle: str | None
    below: Sequence[Below] = ()
    left_out: str = ""


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
    goes_on_here = target.services is not None and exit_code(decided.verdict, decision) == OK
    code = (
        OK if goes_on_here and target.format is Format.JSON else _tell(decided, decision, target.format, target.store)
    )
    if target.services is not None and goes_on_here:
        from sagadsl.cli import resume

        resume.command(decided.row.id, list(target.services), target.store, target.format)
    if target.format is Format.TEXT:
        _say_who_goes_on(decided)
    raise typer.Exit(code)


async def _decide(store: Store, target: Target, decision: Decision) -> _Decided:
    from sagadsl.cli.masking import masked_rows
    from sagadsl.cli.reasons import below, reasons
    from sagadsl.cli.recalling import definition_of
    from sagadsl.runtime.reach import reach
    from sagadsl.runtime.recorder import Recorder
    from sagadsl.runtime.verdicts import Refused

    row = await _find(store, target)
    check_names(await definition_of(store, row), decision)
    left_out = await _left_out(store, row, decision)
    async with Recorder(store) as recorder:
        verdict = await recorder.record(row.id, decision.make(target.by, target.why))
    (row,) = await masked_rows(store, [await store.row(row.id)])
    waited_for = await below(store, row.id) if isinstance(verdict, Refused) else ()
    why = (await reasons(store, [row]))[row.id]
    return _Decided(row, verdict, why, await (await reach(store)).after_a_decision(row), waited_for, left_out)


async def _left_out(store: Store, row: SagaRow, decision: Decision) -> str:
    """Say what is not called any more once a saga is completed as a whole, as it has failed where there is no step."""
    from sagadsl.cli.recalling import recalled
    from sagadsl.runtime.dead_letters import findings, stands_at_no_step

    if decision.name != "resolve" or row.status != "failed":
        return ""
    saga = (await recalled(store, row)).saga
    left = findings(saga).not_begun if stands_at_no_step(saga) and decision.state == saga.state else ()
    if not left:
        return ""
    return f"{saga.state} calls nobody, so that the whole saga has been resolved; not called: {', '.join(left)}"


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


def _tell(
    decided: _Decided,
    decision: Decision,
    format: Format,  # noqa: A002 - the option's name
    store: str | None,
) -> int:
    from sagadsl.runtime.verdicts import Recorded, Refused

    row, verdict = decided.row, decided.verdict
    if format is Format.JSON:
        typer.echo(json.dumps({**to_json(row, verdict), "decision": decision.name}, ensure_ascii=False, indent=2))
        return exit_code(decided.verdict, decision)
    match verdict:
        case Refused(why):
            raise CommandError(
                printable(f"{row.id}: {decision.name} is refused: {why}"),
                REFUSED,
                hint=_hint(decided, why, [] if store is None else ["--store", store]),
            )
        case Recorded(status):
            is_now = f"the saga is {status}{_because(decided, decision)}"
            typer.echo(printable(f"{row.name}, saga {row.id}: {decision.name} is recorded; {is_now}"))
            if decided.left_out and status == "completed":
                typer.echo(printable(f"warning: {decided.left_out}"), err=True)
            return exit_code(decided.verdict, decision)
    raise CommandError(
        printable(f"{row.id}: {decision.name} lies in the store, but the engine on {verdict.host} has not answered"),
        NOT_YET,
        hint="it will find it when it goes on, and so will whoever takes its place; `sagadsl show` tells",
    )


def _hint(decided: _Decided, why: str, options: Sequence[str]) -> str:
    from sagadsl.machine.journal import WHICH_REGION

    if WHICH_REGION in why:
        return "say it with --region, as the table of `sagadsl show` has it behind the state's name"
    if decided.below:
        first = decided.below[0]
        return f"it waits for the {first}: `{printable(first.line(options))}` says what can be decided"
    return f"`sagadsl dead-letters {printable(decided.row.id)}` says what has happened and what can be decided"


def _because(decided: _Decided, decision: Decision) -> str:
    """Say what has gone wrong, or what is left to be decided about, where the saga does not go on."""
    row = decided.row
    if not decided.because or decision.name == "compensate" or row.status != getattr(decided.verdict, "status", ""):
        return ""
    return f" because of {decided.because}"


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


def failed_again(verdict: Verdict, decision: Decision) -> bool:
    """Whether a saga that was to go on waits for a person again at once."""
    from sagadsl.runtime.verdicts import Recorded

    return isinstance(verdict, Recorded) and verdict.failed_again and decision.name in {"retry", "resolve", "skip"}


def exit_code(verdict: Verdict, decision: Decision) -> int:
    """Return the exit code that says what became of a decision."""
    from sagadsl.runtime.verdicts import Recorded, Refused

    if isinstance(verdict, Recorded):
        return EXIT_OF_STATUS[verdict.status] if failed_again(verdict, decision) else OK
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
