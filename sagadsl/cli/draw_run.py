"""The run that `sagadsl draw` shows on a picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sagadsl.cli import files
from sagadsl.cli.exits import PROBLEMS, CommandError
from sagadsl.language.definition import Json

if TYPE_CHECKING:
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.machine.events import Event

_FROM = "such a file is what `sagadsl run --format json` or `sagadsl events --format json` prints"


class Run(NamedTuple):
    """What happened to a saga, and when that was looked up; `saga_id` is empty where it is not known."""

    saga_id: str
    events: tuple[Event, ...]
    looked_at: float | None = None


def read_run(path: Path, compiled: CompiledSaga) -> Run:
    """Return the run in a file: an outcome, a list of events, or events one a line.

    Raises:
        CommandError: The file is not there, has no events, or those of another saga.
        typer.Exit: The file cannot be read, and why has been shown.
    """
    source = f"--events {path}"
    if not path.is_file():
        raise CommandError(f"{source}: there is no such file")
    try:
        data = _parse(files.read(path))
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{source}: this is not JSON: {error}", PROBLEMS, hint=_FROM) from None
    outcome = data if isinstance(data, dict) else {"events": data}
    found, saga_id = outcome.get("events"), outcome.get("saga_id")
    if not isinstance(found, list) or not found:
        raise CommandError(f"{source}: there are no events in it", PROBLEMS, hint=_FROM)
    events = tuple(_event(entry, place, source) for place, entry in enumerate(found, 1))
    check_run(events, compiled, source)
    return Run(saga_id if isinstance(saga_id, str) else "", events)


def _parse(text: str) -> Json:
    """Return JSON data; of several lines with a value each, the list of them."""
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        data: Json = json.loads(text)
    except ValueError:
        if len(lines) < 2:  # noqa: PLR2004 - a list of one is none
            raise
        return [json.loads(line) for line in lines]
    return [data] if isinstance(data, dict) and "type" in data else data


def check_run(events: Sequence[Event], compiled: CompiledSaga, source: str) -> None:
    """Make sure that events are those of a saga of this definition.

    Args:
        events: What was read.
        compiled: The saga.
        source: Where they were read, for the message.

    Raises:
        CommandError: They are not.
    """
    from sagadsl.machine.unexpected import UnexpectedEvent

    try:
        compiled.replay("run", events)
    except (UnexpectedEvent, TypeError, ValueError) as error:  # a file may hold numbers where words belong
        raise CommandError(
            f"{source}: these events do not fit {compiled.definition.name}: {error}",
            PROBLEMS,
            hint="a run is drawn with the very definition that it was started with",
        ) from None


def _event(entry: Json, place: int, source: str) -> Event:
    from sagadsl.machine.events import from_json

    try:
        if not isinstance(entry, dict):
            raise ValueError("it is no map")  # noqa: TRY004 - it is told as every other mistake in the file
        return from_json(entry)
    except (ValueError, TypeError) as error:
        raise CommandError(f"{source}: event {place}: {error}", PROBLEMS, hint=_FROM) from None
