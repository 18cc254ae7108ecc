"""What the checks find in a text, each with the very characters that it marks."""

from typing import NamedTuple

from sagadsl.language.library import ActionSpec, Catalogue, Library
from sagadsl.language.load import check


class Found(NamedTuple):
    code: str
    marked: str
    line: int
    message: str
    hint: str


def findings(text: str, library: Library | None = None) -> list[Found]:
    _, diagnostics = check(text, "saga.yaml", library)
    return [Found(d.code, _marked(text, d.place), d.place.line, d.message, d.hint) for d in diagnostics]


def codes(text: str, library: Library | None = None) -> list[str]:
    return [found.code for found in findings(text, library)]


def catalogue(**services: dict[str, ActionSpec]) -> Library:
    return Library(catalogue=Catalogue("services.yaml", services))


def only(text: str, library: Library | None = None) -> Found:
    found = findings(text, library)
    assert len(found) == 1, found
    return found[0]


def _marked(text: str, place) -> str:
    lines = text.splitlines()
    if place.line == place.end_line:
        return lines[place.line - 1][place.column - 1 : place.end_column - 1]
    between = lines[place.line : place.end_line - 1]
    return "\n".join(
        [lines[place.line - 1][place.column - 1 :], *between, lines[place.end_line - 1][: place.end_column - 1]]
    )
