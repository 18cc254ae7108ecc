"""The view `sequence` as a PlantUML sequence diagram."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sagadsl.diagrams.aliases import aliases
from sagadsl.diagrams.labels import marked_text
from sagadsl.diagrams.plantuml import plain
from sagadsl.diagrams.sequence_model import Fragment, Item, Message, Remark, Sequence

_KEYWORDS = {"saga": "participant", "service": "participant", "other_saga": "participant", "outside": "actor"}
_ARROWS = {"call": "->", "reply": "-->", "undo": "-->", "signal": "->>"}
_NEW_LINE = r"\n"


def sequence_lines(sequence: Sequence) -> Iterator[str]:
    """Yield the lines of the diagram."""
    names = aliases(f"p_{line.id}" for line in sequence.lifelines)
    names = {line.id: names[f"p_{line.id}"] for line in sequence.lifelines}
    yield "hide footbox"
    for line in sequence.lifelines:
        yield f'{_KEYWORDS[line.kind]} "{plain(line.title) or " "}" as {names[line.id]}'
    yield from _items(sequence.items, names, names[sequence.lifelines[0].id])


def _items(items: Iterable[Item], names: Mapping[str, str], first: str) -> Iterator[str]:
    for item in items:
        words = "" if isinstance(item, Fragment) else _NEW_LINE.join(map(plain, marked_text(item))) or " "
        match item:
            case Message():
                yield f"{names[item.source]} {_ARROWS[item.kind]} {names[item.target]} : {words}"
            case Remark() if item.line:
                yield f"== {words} =="
            case Remark():
                yield f"note over {first} : {words}"
            case Fragment():
                yield from _fragment(item, names, first)


def _fragment(fragment: Fragment, names: Mapping[str, str], first: str) -> Iterator[str]:
    for place, section in enumerate(fragment.sections):
        yield f"{fragment.kind if place == 0 else 'else'} {plain(section.title)}".rstrip()
        yield from (f"  {line}" for line in _items(section.items, names, first))
    yield "end"
