"""Sagas in an archive, or in a file that `sagadsl export` has written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sagadsl.cli.exits import PROBLEMS, CommandError
from sagadsl.cli.formats import Format, printable
from sagadsl.language.suggest import did_you_mean
from sagadsl.machine.events import to_json

if TYPE_CHECKING:
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.machine.events import Event


def archived(path: Path, given: str) -> tuple[str, CompiledSaga, list[Event]]:
    """Return the id, the definition and the events of an archived saga, by its id or the beginning of it.

    Raises:
        CommandError: The file cannot be read, or there is no such saga in it, or more than one.
    """
    from sagadsl.language.diagnostics import DefinitionError
    from sagadsl.runtime.archive import ArchiveError, read_story, saga_ids
    from sagadsl.runtime.stored import recall

    try:
        saga_id = _found(path, given, saga_ids(path))
        stored, events = read_story(path, saga_id)
        return saga_id, recall(stored), events
    except DefinitionError:
        raise CommandError(printable(f"{given}: this sagadsl cannot read its definition"), PROBLEMS) from None
    except ArchiveError as error:
        raise CommandError(str(error), PROBLEMS) from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or 'cannot be read'}") from None


def tell_archived(path: Path, given: str, format: Format) -> None:  # noqa: A002 - the option's name
    """Tell everything that has happened to an archived saga, for people or as JSON, one event a line.

    Raises:
        CommandError: See `archived`.
    """
    from sagadsl.cli.telling import teller
    from sagadsl.runtime.observe.masking import Mask

    saga_id, compiled, events = archived(path, given)
    saga, tell = compiled.new(saga_id), teller()
    mask = Mask.of(compiled.replay(saga_id, events))
    for event in events:
        if format is Format.JSON:
            typer.echo(json.dumps(to_json(mask.event(event)), ensure_ascii=False))
        else:
            tell(saga, event, saga.apply(event))


def lines_of(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file of stories.

    Raises:
        CommandError: It cannot be read, or is damaged.
    """
    from sagadsl.runtime.archive import ArchiveError, read_lines

    try:
        yield from read_lines(path)
    except ArchiveError as error:
        raise CommandError(str(error), PROBLEMS) from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or 'cannot be read'}", PROBLEMS) from None


def _found(path: Path, given: str, known: list[str]) -> str:
    found = [given] if given in known else [saga_id for saga_id in known if saga_id.startswith(given)]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandError(printable(f"{given}: {len(found):,} sagas of {path} begin so"), hint="give more of the id")
    hint = printable(
        did_you_mean(given, known) or f"`sagadsl audit {path} --format json` lists its {len(known):,} sagas"
    )
    raise CommandError(printable(f"{given}: there is no such saga in {path}"), hint=hint)
