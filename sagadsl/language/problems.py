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
        place = document.place(self.path, self.part)
        return diagnose(self.code, message, place, self._hint(document.text_at(place)))

    def _hint(self, text: str) -> str:
        """Return how to mend it; where a word is wrong because of a character that nobody sees, that."""
        if text.isascii() or "\n" in text or (self.path and self.code not in _OF_WORDS):
            return self.hint
        from sagadsl.language.lookalikes import hidden_in  # noqa: PLC0415  needed only where something is wrong

        found = hidden_in(text)
        return self.hint if found is None else f"there is {found.told} in it: {found.hint}"


_OF_WORDS = frozenset({"SAGA201", "SAGA204", "SAGA205", "SAGA207", "SAGA208", "SAGA209", "SAGA221"})


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
