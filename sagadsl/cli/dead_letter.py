"""One saga that waits for a person: what has happened, and the commands that can be given."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from rich.text import Text

from sagadsl.cli.formats import printable
from sagadsl.cli.moments import clock_time
from sagadsl.cli.rows import to_json as row_to_json
from sagadsl.cli.tables import STYLES, console
from sagadsl.machine.events import to_json as event_to_json
from sagadsl.runtime.dead_letters import Choice, Findings, Step, findings, people
from sagadsl.runtime.foreseen import TO_FILL_IN
from sagadsl.runtime.observe.masking import Mask

if TYPE_CHECKING:
    from rich.console import Console

    from sagadsl.cli.reasons import Below
    from sagadsl.cli.recalling import Recalled
    from sagadsl.language.definition import Json
    from sagadsl.machine.events import Event, Failure
    from sagadsl.runtime.store.contract import SagaRow

_LABEL = 12
_LONG = 100


def to_json(
    found: Recalled, lacking: str | None, options: Sequence[str], below: Sequence[Below] = ()
) -> dict[str, Json]:
    """Return everything about a saga that a person needs in order to decide, as JSON data.

    Args:
        found: The saga.
        lacking: What no engine at work offers; what is decided waits for one that does.
        options: What the commands need besides, as `--store URL`.
        below: Sagas that it runs, and that wait for a person.
    """
    mask = Mask.of(found.saga)
    told = _masked(findings(found.saga), mask)
    return {
        **row_to_json(masked_row(found), found.events[-1].at),
        "input": mask.input(found.saga.input),
        "done": [asdict(step) for step in told.done],
        "under_way": [asdict(step) for step in told.under_way],
        "being_undone": [asdict(step) for step in told.being_undone],
        "undone": [asdict(step) for step in told.undone],
        "failed": [asdict(step) for step in told.failed],
        "in_doubt": [asdict(step) for step in told.in_doubt],
        "not_begun": list(told.not_begun),
        "decided": [event_to_json(mask.event(event)) for event in people(found.events)],
        "obstacle": lacking,
        "waits_for": [each.to_json(options) for each in below],
        "commands": [{**asdict(choice), "line": line(choice, found.row.id, options)} for choice in told.choices],
    }


def line(choice: Choice, saga_id: str, options: Sequence[str] = ()) -> str:
    """Return the command line of a decision, to be pasted into a shell once its `…` are filled in: they are no JSON."""
    words = ["sagadsl", choice.decision, saga_id]
    words += [choice.about] if choice.about else []
    words += ["--region", choice.region] if choice.region else []
    if choice.needs_output:
        text = json.dumps(choice.output, ensure_ascii=False).replace(
            json.dumps(TO_FILL_IN, ensure_ascii=False), TO_FILL_IN
        )
        words += ["--payload" if choice.decision == "signal" else "--output", text]
    return shlex.join([*words, *options])


def tell(found: Recalled, lacking: str | None, options: Sequence[str], below: Sequence[Below] = ()) -> None:
    """Print everything about a saga that a person needs in order to decide; the arguments are those of `to_json`."""
    to, mask = console(), Mask.of(found.saga)
    told = _masked(findings(found.saga), mask)
    for label, value in _head(found, mask):
        style = STYLES.get(value.partition(",")[0], "") if label == "status" else ""
        to.print(Text.assemble((f"{label:<{_LABEL}}", "dim"), (value, style)))
    for title, lines in _parts(told, [mask.event(event) for event in people(found.events)]):
        if lines:
            to.print(Text(f"\n{title}", style="bold"))
            for each in lines:
                to.print(Text(f"  {each}"))
    tell_below(to, below, options)
    nothing = "nothing can be decided about this saga itself" if below else "nothing can be decided"
    to.print(Text("\nwhat can be decided" if told.choices else f"\n{nothing}", style="bold"))
    lines = [line(choice, found.row.id, options) for choice in told.choices]
    width = max(map(len, lines), default=0)
    for choice, text in zip(told.choices, lines, strict=True):
        to.print(Text.assemble(f"  {printable(text):<{width}}   ", (printable(choice.meaning), "dim")))
    if told.choices:
        to.print(Text("each takes --why TEXT, and --by WHO for another name than that of your login", style="dim"))
    if any(choice.output for choice in told.choices):
        to.print(Text("put a value for each …: what comes next cannot go on without it", style="dim"))
    if lacking is not None:
        to.print(Text(printable(f"{lacking}: whatever is decided waits for a `sagadsl worker` with services that do")))


def tell_below(to: Console, below: Sequence[Below], options: Sequence[str]) -> None:
    """Print which sagas are waited for that wait for a person, and the commands that tell about them."""
    if below:
        to.print(Text("\nwaits for sagas that wait for a person", style="bold"))
    for each in below:
        to.print(Text(f"  {each}"))
        to.print(Text(f"    {printable(each.line(options))}"))


def _masked(told: Findings, mask: Mask) -> Findings:
    """Return what has happened without what the definition calls sensitive."""

    def masked(steps: Sequence[Step]) -> list[Step]:
        return [replace(s, output=mask.output(s.state, s.output), error=mask.failure(s.error)) for s in steps]

    return replace(
        told,
        done=masked(told.done),
        under_way=masked(told.under_way),
        being_undone=masked(told.being_undone),
        undone=masked(told.undone),
        failed=masked(told.failed),
        in_doubt=masked(told.in_doubt),
    )


def masked_row(found: Recalled) -> SagaRow:
    """Return a saga's row without what its definition calls sensitive."""
    row, mask = found.row, Mask.of(found.saga)
    key = None if row.key is None else mask.text(row.key)
    message = None if row.error_message is None else mask.text(row.error_message)
    return replace(row, key=key, error_message=message)


def _head(found: Recalled, mask: Mask) -> Iterator[tuple[str, str]]:
    row, saga = masked_row(found), found.saga
    error = mask.failure(saga.error)
    yield "saga", printable(row.id)
    yield "definition", f"{row.name} {printable(row.version)}"
    yield "status", f"{saga.status}, since {clock_time(row.updated_at)}"
    if row.key is not None:
        yield "key", printable(row.key)
    if row.parent is not None:
        yield "run for", f"saga {printable(row.parent)}"
    if error is not None:
        where = f" at {saga.error_state}" if saga.error_state else ""
        yield "because of", f"{_failure(error)}{where}"
    yield "input", _data(mask.input(saga.input))


def _parts(told: Findings, decided: Sequence[Event]) -> Iterator[tuple[str, list[str]]]:
    yield "done", [f"{printable(step.label):<24} {_data(step.output)}" for step in told.done]
    yield "under way", [printable(step.label) for step in told.under_way]
    yield "being undone", [printable(step.label) for step in told.being_undone]
    yield "undone", [printable(step.label) for step in told.undone]
    yield "failed", [each for step in told.failed for each in _failed(step)]
    yield "in doubt", [f"{printable(step.label):<24} {_doubt(step)}" for step in told.in_doubt]
    yield "not begun", [", ".join(map(printable, told.not_begun))] if told.not_begun else []
    yield "decided so far", [_decided(event) for event in decided]


def _failed(step: Step) -> Iterator[str]:
    yield f"{printable(step.label):<24} {_why(step)}"
    if step.output is not None:  # whoever undoes it by hand has nothing else to go by
        yield f"{'':<24} what it had answered: {_data(step.output)}"


def _doubt(step: Step) -> str:
    if step.status != "compensation_failed":
        what = "it may have taken place"
    else:
        what = "it may have taken place, or been undone," if step.output is None else "it may have been undone"
    if step.child:
        return f"{what}: the saga {printable(step.child)} tells"
    return f"{what} although nobody knows; ask the service"


def _why(step: Step) -> str:
    tried = step.compensation_attempts if step.status == "compensation_failed" else step.attempts
    what = "to undo it" if step.status == "compensation_failed" else ""
    if not tried and step.error is not None:  # a state that calls nobody
        return _failure(step.error)
    times = f"{tried} {'attempt' if tried == 1 else 'attempts'} {what}".strip()
    return f"{_failure(step.error)} ({times})" if step.error is not None else times


def _failure(failure: Failure) -> str:
    said = f"{failure.code}: {failure.message}" if failure.message else failure.code
    return printable(said)


def _decided(event: Event) -> str:
    from sagadsl.cli.story_of_people import told

    return f"{clock_time(event.at)}  {told(event)}"


def _data(data: Json) -> str:
    text = printable(json.dumps(data, ensure_ascii=False))
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
