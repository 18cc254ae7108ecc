"""The picture as PlantUML: a state diagram, or for the view `sequence` a sequence diagram.

Every character that PlantUML's own language, its Creole markup or its preprocessor could interpret is written by its
number (https://plantuml.com/unicode).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from unicodedata import category

from sagadsl.diagrams import theme
from sagadsl.diagrams.aliases import aliases
from sagadsl.diagrams.labels import edge_lines, heading_lines, node_lines
from sagadsl.diagrams.model import Edge, Group, Node, Picture, box_ids
from sagadsl.diagrams.text import clean
from sagadsl.diagrams.theme import NodeStyle

_INTERPRETED = frozenset("!\"#$%&'*+-/<=>@[\\]^`{|}~")
_REPEATED = frozenset("_.:;()?")
"""Harmless alone, but not twice in a row, nor first in a line."""
_STEREOTYPES = {"start": "<<start>>", "join": "<<join>>"}
_DIRECTIONS = {"compensation": "right", "undo": "up"}
_NEW_LINE = r"\n"
_SKIN = {"shadowing": "false", "ArrowColor": theme.INK}
_STATES_SKIN = {**_SKIN, "stateBorderColor": theme.GREY}
_SEQUENCE_SKIN = {
    **_SKIN,
    **{f"{part}BorderColor": theme.GREY for part in ("note", "participant", "actor", "sequenceGroup")},
    "sequenceLifeLineBorderColor": theme.GREY,
    "participantBackgroundColor": theme.BLUE_FILL,
    "actorBackgroundColor": theme.OCHRE_FILL,
    "noteBackgroundColor": theme.GREY_FILL,
}
"""How it looks where nothing else is said: PlantUML of before 2022 would draw it in red, with shadows."""


def to_plantuml(picture: Picture) -> str:
    """Return the picture as PlantUML text, the same for the same picture byte for byte."""
    from sagadsl.diagrams.plantuml_sequence import sequence_lines

    body = _states(picture) if picture.sequence is None else sequence_lines(picture.sequence)
    skin = _STATES_SKIN if picture.sequence is None else _SEQUENCE_SKIN
    look = (f"skinparam {name} {value}" for name, value in skin.items())
    return "\n".join(["@startuml", *look, *_title(picture), *body, "@enduml"]) + "\n"


def _title(picture: Picture) -> Iterator[str]:
    lines = [plain(line.text) for line in heading_lines(picture)]
    if lines:
        yield f"title {_NEW_LINE.join(lines)}"


def _states(picture: Picture) -> Iterator[str]:
    yield "hide empty description"
    names = aliases([*(node.id for node in picture.nodes), *box_ids(picture.groups)])
    left = {node.id: node for node in picture.nodes}
    yield from _boxed(left, picture.groups, names)
    yield from (_node(node, names) for node in left.values())
    yield from (_edge(edge, names) for edge in picture.edges)


def _boxed(left: dict[str, Node], groups: Iterable[Group], names: Mapping[str, str]) -> Iterator[str]:
    for group in groups:
        look = f"#{_hex(theme.GROUP_FILL)};line:{_hex(theme.GROUP_LINE)};text:{_hex(theme.MUTED)}"
        yield f'state "{plain(group.title) or " "}" as {names[group.id]} {look} {{'
        yield from (f"  {_node(left.pop(node_id), names)}" for node_id in group.nodes)
        yield from (f"  {line}" for line in _boxed(left, group.groups, names))
        yield "}"


def plain(text: str) -> str:
    """Return text in which nothing means anything to PlantUML."""
    characters = clean(text)
    return "".join(map(_safe, characters, f" {characters}"))


def _safe(character: str, before: str) -> str:
    private = category(character) == "Co"  # PlantUML's own marks while it reads
    if character in _INTERPRETED or private or (character in _REPEATED and not before.isalnum()):
        code = 0xFFFD if private else ord(character)
        return f"<U+{code:04X}>"
    return character


def _hex(colour: str) -> str:
    return colour.removeprefix("#").upper()


def _node(node: Node, names: Mapping[str, str]) -> str:
    style = _on_light(theme.node_style(node))
    if node.kind in _STEREOTYPES:
        return f"state {names[node.id]} {_STEREOTYPES[node.kind]}"
    words = _NEW_LINE.join(plain(line.text) for line in node_lines(node)) or " "
    outline = next((part for part in ("dashed", "dotted") if part in style.style), "")
    outline = outline or ("bold" if style.line_width >= theme.STRONG_LINE else "")
    look = f"#{_hex(style.fill)};line:{_hex(style.line)};{f'line.{outline};' if outline else ''}text:{_hex(style.text)}"
    return f'state "{words}" as {names[node.id]} {look}'


def _on_light(style: NodeStyle) -> NodeStyle:
    """Return the style with dark words on light paper: before 2022 PlantUML writes black, whatever it is told."""
    return replace(style, fill=theme.PAPER, text=style.line) if style.text == theme.PAPER else style


def _edge(edge: Edge, names: Mapping[str, str]) -> str:
    style = theme.edge_style(edge)
    look = [f"#{_hex(style.colour)}"]
    if style.dash != "solid":
        look.append(style.dash)
    if style.line_width >= theme.STRONG_LINE:
        look.append(f"thickness={style.line_width:.0f}")
    words = _NEW_LINE.join(map(plain, edge_lines(edge)))
    arrow = f"-{_DIRECTIONS.get(edge.kind, '')}[{','.join(look)}]->"
    return f"{names[edge.source]} {arrow} {names[edge.target]}{f' : {words}' if words else ''}"
