"""What departs from a shape, as long as it is not known where in the text that is."""

from __future__ import annotations

from typing import Literal, NamedTuple

from sagadsl.language.codes import diagnose
from sagadsl.language.definition import Json, Path
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.source import Document


class Problem(NamedTuple):
    """A diagnostic that does not know yet where in the text its path leads.

    `about` tells problems of one place apart, such as two missing keys; the same one is reported once. Where there
    is an `earlier` place, its line ends the message.
    """

    code: str
    message: str
    path: Path
    part: Literal["value", "key"] = "value"
    hint: str = ""
    about: str = ""
    earlier: Path | None = None

    def diagnostic(self, document: Document) -> Diagnostic:
        """Return the problem with its place in the document."""
        message = self.message
        if self.earlier is not None:
            message += f" {document.place(self.earlier, 'key').line}"
        return diagnose(self.code, message, document.place(self.path, self.part), self.hint)


TYPE_NAMES = {
    "object": "a map",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}
"""The types of JSON Schema, for people."""


def found(value: Json) -> str:
    """Return what a value is, in a word for messages."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    return "text" if isinstance(value, str) else "a number"
