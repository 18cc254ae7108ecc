"""How far a long command has come, for people who watch it on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_FEW = 20  # are done before anybody wonders


@contextmanager
def progress(total: int, doing: str = "checking") -> Iterator[Callable[[str], None]]:
    """Show how much is done, on standard error and only where that is a terminal.

    Args:
        total: How many things there are.
        doing: What is done with them.

    Yields:
        What to call with the name of each thing when it is done.
    """
    if total <= _FEW or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda _: bar.advance(task)
