"""`sagadsl draw --watch`: draws again whenever a file is saved."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

import typer

from sagadsl.cli import files
from sagadsl.cli.draw_files import Target, Wish, draw_into, targets
from sagadsl.cli.exits import CommandError

LOOK_EVERY = 0.2
"""Seconds. Looking at a file's time and size works on every disk, also on shared ones, which tell nobody of changes."""

Seen: TypeAlias = tuple[tuple[int, int, int] | None, ...]
"""How a definition's files were when they were looked at last: time, size and number of each."""


def watch(paths: Sequence[Path], output: Path, wish: Wish) -> NoReturn:
    """Draw, and draw again what has been saved, for ever; what is wrong with a file is shown, and it is waited for.

    Raises:
        CommandError: At the beginning a path is not there, or many pictures would go into one file.
        KeyboardInterrupt: Ctrl-C, which is how it ends.
    """
    files.find(paths)  # or say what is not there
    drawn: dict[Target, Seen] = {}
    wanted = targets(paths, output, wish)
    while True:
        for target in wanted:
            now = _look(target, wish)
            if drawn.get(target) != now:
                drawn[target] = now
                _draw(target, wish)
        time.sleep(LOOK_EVERY)
        wanted = _wanted(paths, output, wish, wanted)


def _wanted(paths: Sequence[Path], output: Path, wish: Wish, before: list[Target]) -> list[Target]:
    """Return what there is now: in folders, definitions come and go."""
    if not any(path.is_dir() for path in paths):
        return before
    try:
        return targets(paths, output, wish)
    except CommandError:  # for a moment there is none
        return before


def _look(target: Target, wish: Wish) -> Seen:
    return tuple(_state(path) for path in (target.source, wish.events) if path is not None)


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        facts = path.stat()
    except OSError:  # an editor is about to put it back
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _draw(target: Target, wish: Wish) -> None:
    try:
        for picture in draw_into(target, wish):
            typer.echo(f"drawn {picture}")
    except CommandError as error:
        typer.echo(f"error: {error}", err=True)
        if error.hint:
            typer.echo(f"hint: {error.hint}", err=True)
    except typer.Exit:  # what is wrong has been shown
        typer.echo(f"{target.source}: not drawn; save it again", err=True)
