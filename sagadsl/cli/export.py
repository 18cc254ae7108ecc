"""`sagadsl export`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.exits import NO_STORE, CommandError
from sagadsl.cli.finding import SAGA_HELP
from sagadsl.cli.formats import counted, printable
from sagadsl.cli.stores import StoreOption, look

if TYPE_CHECKING:
    from sagadsl.runtime.audit_story import Story
    from sagadsl.runtime.store.contract import Store


def command(
    saga: Annotated[str, typer.Argument(metavar="ID", help=SAGA_HELP)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where it is written; to standard output otherwise."),
    ] = None,
    unmasked: Annotated[
        bool,
        typer.Option(
            "--unmasked", help="With what the definition calls sensitive; only then can every value be checked."
        ),
    ] = False,
    store: StoreOption = None,
) -> None:
    """Write the whole story of a saga, and of the sagas that it ran, for an auditor.

    That is the definition, every event with the services' answers, and what became of the saga, as JSON Lines. Each
    line has a hash over itself and the line before it, and `sagadsl audit` verifies them. The last hash, kept somewhere
    else, proves later that the file is still the same.

        sagadsl export 0192ab -o 0192ab.jsonl

    Exit code 0, 2 when there is no such saga or no such store, 69 when the store cannot be used.
    """
    from sagadsl.runtime.audit_story import lines

    stories = look(store, lambda opened: _stories(opened, saga, unmasked=unmasked))
    text = list(lines(stories))
    _write(b"".join(text), output)
    _say(stories, text[-1])


async def _stories(store: Store, given: str, *, unmasked: bool) -> list[Story]:
    from sagadsl.cli.finding import find
    from sagadsl.language.diagnostics import DefinitionError
    from sagadsl.machine.unexpected import UnexpectedEvent
    from sagadsl.runtime.audit_export import stories

    row = await find(store, given)
    try:
        return [story async for story in stories(store, row, unmasked=unmasked)]
    except (DefinitionError, UnexpectedEvent) as error:
        raise CommandError(printable(f"{row.id}: this sagadsl cannot read its story: {error}"), NO_STORE) from None


def _write(content: bytes, output: Path | None) -> None:
    """Write everything or nothing; a link stays a link, and a pipe or a device what it is."""
    if output is None:
        sys.stdout.buffer.write(content)
        return
    if output.is_dir():
        raise CommandError(f"{output} is a folder; name a file")
    if output.exists() and not output.is_file():
        output.write_bytes(content)
        return
    if not output.absolute().parent.is_dir():
        raise CommandError(f"{output}: there is no folder {output.parent}", hint="make it, or name another file")
    output = output.resolve()
    unfinished = output.with_name(f"{output.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)


def _say(stories: Sequence[Story], last: bytes) -> None:
    import json

    events = sum(len(story.events) for story in stories)
    typer.echo(
        f"{counted(len(stories), 'saga')}, {counted(events, 'event')}; the last hash is {json.loads(last)['hash']}",
        err=True,
    )
    masked = sorted({path for story in stories for path in story.masked})
    if masked:
        typer.echo(f"masked: {', '.join(masked)}; --unmasked tells them too", err=True)
