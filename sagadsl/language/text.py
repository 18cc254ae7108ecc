"""Text before it is YAML: reading a file, which characters are allowed, and where a line begins.

Lines end with LF, CR LF or CR and with nothing else, as they do in editors and in YAML 1.2.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from pathlib import Path as FilePath

from sagadsl.language.codes import diagnose
from sagadsl.language.diagnostics import DefinitionError, Diagnostic, Place

MAX_BYTES = 1_048_576
"""The largest text that is read: 1 MiB in UTF-8."""

_BOM = "\ufeff"
_BREAK = re.compile(r"\r\n|\r|\n")
# What YAML 1.2 calls unprintable (its rule c-printable), and the byte order mark inside a text.
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]"
_MAX_REPORTED = 20  # a binary file is wrong once, not a million times


class Lines:
    """Turns the offset of a character into the line and column that an editor shows."""

    __slots__ = ("_file", "_starts")

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def line(self, offset: int) -> int:
        """Return the 1-based line of the character at this offset."""
        return bisect_right(self._starts, offset)

    def start(self, line: int) -> int:
        """Return the offset at which a 1-based line begins."""
        return self._starts[line - 1]

    def place(self, start: int, end: int) -> Place:
        """Return the place of the characters from `start` up to `end`."""
        line, end_line = self.line(start), self.line(end)
        column, end_column = start - self.start(line) + 1, end - self.start(end_line) + 1
        return Place(self._file, line, column, end_line, end_column)


def read_text(path: FilePath | str) -> str:
    """Return the text of a file, without its byte order mark.

    Raises:
        DefinitionError: The file is missing, is a directory, cannot be opened, is over 1 MiB or is not UTF-8.
    """
    file = str(path)
    try:
        with FilePath(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise DefinitionError([_cannot_open(error, file)]) from None
    if len(data) > MAX_BYTES:
        raise DefinitionError([_too_large(file)])
    try:
        return data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        raise DefinitionError([_not_utf8(data, error.start, file)]) from None


def _cannot_open(error: OSError | ValueError, file: str) -> Diagnostic:
    place = Place(file)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return diagnose("SAGA101", "there is no such file", place, "check the path")
    if isinstance(error, IsADirectoryError):
        return diagnose("SAGA101", "this is a folder, not a file", place, "name a file in it")
    if isinstance(error, PermissionError):
        return diagnose("SAGA101", "the file may not be read", place, "check its permissions")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "the name is not a file's"
    return diagnose("SAGA101", f"the file cannot be opened: {reason}", place)


def _not_utf8(data: bytes, offset: int, file: str) -> Diagnostic:
    before = data[:offset].decode("utf-8").removeprefix(_BOM)
    place = Lines(before, file).place(len(before), len(before))
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    message = "the file is UTF-16, not UTF-8" if wide else f"byte 0x{data[offset]:02X} is not UTF-8"
    return diagnose("SAGA102", message, place, "save the file in the encoding UTF-8")


def _too_large(file: str) -> Diagnostic:
    return diagnose("SAGA103", "the file is over 1 MiB", Place(file), "split it, or move data out of it")


def check_characters(text: str, lines: Lines, file: str) -> list[Diagnostic]:
    """Return what is wrong with a text before its structure is looked at: its size and its characters."""
    # A code point takes at most four bytes, so that most texts need not be encoded to know their size.
    if len(text) > MAX_BYTES or (len(text) * 4 > MAX_BYTES and len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES):
        return [_too_large(file)]
    if text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():  # as nearly every text is
        return []
    found: list[Diagnostic] = []
    for match in re.finditer(_FORBIDDEN, text):
        place = lines.place(match.start(), match.end())
        message = f"the character U+{ord(match[0]):04X} is not allowed in YAML"
        found.append(diagnose("SAGA116", message, place, "delete it; it may be invisible in your editor"))
        if len(found) == _MAX_REPORTED:
            break
    return found
