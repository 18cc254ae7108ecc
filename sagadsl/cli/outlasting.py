"""A command that goes on when nobody can read any more what it tells: what it does matters more than its story."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from sagadsl.cli.exits import NOT_WRITTEN, CommandError


class _Raw(io.FileIO):
    """Standard output; from the first time on that it cannot be written to, what is written goes nowhere."""

    trouble: OSError | None = None

    def write(self, data: Any, /) -> int:
        if self.trouble is None:
            try:
                return super().write(data) or 0
            except OSError as error:
                self.trouble = error
        return len(memoryview(data))


@contextmanager
def outlasting_its_reader() -> Iterator[None]:
    """Let what is done inside go on when standard output is full, or when whoever reads it has gone.

    A reader that has gone has read what it wanted, as `head` does. Of anything else it is told at the end.

    Raises:
        CommandError: Not all could be written.
    """
    before = cast("TextIO", sys.stdout)
    if (
        before is not sys.__stdout__ or not before or before.isatty()
    ):  # a terminal is always there, or its process gets a signal
        yield
        return
    before.flush()
    raw = _Raw(before.fileno(), "wb", closefd=False)
    sys.stdout = told = io.TextIOWrapper(
        io.BufferedWriter(raw), before.encoding, "replace", write_through=True, line_buffering=before.line_buffering
    )
    try:
        yield
    finally:
        with suppress(ValueError):  # closed
            told.flush()
        sys.stdout = before
        if raw.trouble is not None and not isinstance(raw.trouble, BrokenPipeError):
            why = raw.trouble.strerror or str(raw.trouble)
            raise CommandError(f"not all that was to be told could be written: {why}", NOT_WRITTEN)
