"""The view `sequence` as a Mermaid sequence diagram."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sagadsl.diagrams.aliases import aliases
from sagadsl.diagrams.labels import marked_text
from sagadsl.diagrams.mermaid import sentence
from sagadsl.diagrams.model import Picture
from sagadsl.diagrams.sequence_model import Fragment, Item, Message, Remark, Sequence

_KEYWORDS = {"saga": "participant", "service": "participant", "other_saga": "participant", "outside": "actor"}
_ARROWS = {"call": "->>", "reply": "-->>", "undo": "-->>", "signal": "-)"}
_NEXT = {"alt": "else", "par": "and"}


def sequence_lines(picture: Picture, sequence: Sequence) -> Iterator[str]:
    """Yield the lines of the diagram."""
    names = aliases(line.id for line in sequence.lifelines)
    yield "sequenceDiagram"
    if sentence(picture.description):
        yield f"    accDescr: {sentence(picture.description)}"
    for line in sequence.lifelines:
        yield f"    {_KEYWORDS[line.kind]} {names[line.id]} as {sentence(line.title) or ' '}"
    across = f"{names[sequence.lifelines[0].id]},{names[sequence.lifelines[-1].id]}"
    for remark in picture.remarks:
        yield f"    Note over {across}: {sentence(remark)}"
    yield from (f"    {text}" for text in _items(sequence.items, names, across))


def _items(items: Iterable[Item], names: Mapping[str, str], across: str) -> Iterator[str]:
    first = across.partition(",")[0]
    for item in items:
        match item:
            case Message():
                arrow = f"{names[item.source]}{_ARROWS[item.kind]}{names[item.target]}"
                yield f"{arrow}: {_words(item)}"
            case Remark():
                yield f"Note over {across if item.line else first}: {_words(item)}"
            case Fragment():
                yield from _fragment(item, names, across)


def _fragment(fragment: Fragment, names: Mapping[str, str], across: str) -> Iterator[str]:
    for place, section in enumerate(fragment.sections):
        keyword = fragment.kind if place == 0 else _NEXT[fragment.kind]
        yield f"{keyword} {sentence(section.title)}"
        yield from (f"    {text}" for text in _items(section.items, names, across))
    yield "end"


def _words(item: Message | Remark) -> str:
    return "<br/>".join(map(sentence, marked_text(item))) or " "
