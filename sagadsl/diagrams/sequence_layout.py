"""Where everything in a sequence stands: there is nothing to search for, so no Graphviz is asked.

Every message has the saga at one end, so all their words stand in one column beside the saga's lifeline, and no word
crosses a lifeline. Places are points from the top left corner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sagadsl.diagrams import theme
from sagadsl.diagrams.labels import Line, heading_lines, marked_text
from sagadsl.diagrams.model import Picture
from sagadsl.diagrams.sequence_model import Fragment, Item, Lifeline, Message, Remark, Section, Sequence
from sagadsl.diagrams.text import brief, clean, measure
from sagadsl.diagrams.theme import EdgeStyle, NodeStyle

LINE = 13.5
GAP = 12.0
PAD = 8.0
HEAD = 30.0
INSET = 12.0
BESIDE = 9.0
_TITLE = 10.5
_CONDITION_LETTER = 0.75 * theme.LABEL_SIZE
"""How wide an average bold letter is, in points, rather too wide."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with words in it, by its left upper corner."""

    id: str
    left: float
    top: float
    width: float
    height: float
    lines: tuple[str, ...]
    style: NodeStyle
    size: float = theme.LABEL_SIZE
    bold: bool = False
    centred: bool = False
    tooltip: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line, with a head at its end unless it is `plain`."""

    id: str
    start: tuple[float, float]
    end: tuple[float, float]
    style: EdgeStyle
    plain: bool = False
    tooltip: str = ""


_WORDS = NodeStyle(theme.PAPER, theme.PAPER, style="filled", line_width=0.1)
_FRAME = NodeStyle(theme.GROUP_LINE, "none", style="rounded", line_width=1.2)
_TAB = NodeStyle(theme.GROUP_LINE, theme.INSIDE_FILL, style="filled", line_width=1.2)
_NOTE = NodeStyle(theme.GREY, theme.GREY_FILL, style="rounded,filled", line_width=1.0)
_LINE_OF_NO_RETURN = theme.NODES["point_of_no_return"]
_LIFELINE = EdgeStyle(theme.GROUP_LINE, "dashed", 1.0)
_SEPARATOR = EdgeStyle(theme.GROUP_LINE, "dashed", 1.2)


class SequenceLayout:
    """Places a sequence; `boxes` and `strokes` are the result, in the order in which they are to be painted.

    Args:
        picture: A picture of the view `sequence`.
    """

    def __init__(self, picture: Picture) -> None:
        assert picture.sequence is not None  # noqa: S101 - for the type checker; `dot` asks only then
        self._sequence = picture.sequence
        self.boxes: list[Box] = []
        self.strokes: list[Stroke] = []
        self._known: dict[str, int] = {}
        self._columns(self._sequence)
        self._y = self._heading(heading_lines(picture))
        self._heads()
        top = self._y
        self._y += GAP
        self._items(self._sequence.items, 0)
        for place, line in enumerate(self._sequence.lifelines):
            x = self._x[line.id]
            self.strokes.insert(place, Stroke(f"lifeline-{place}", (x, top), (x, self._y + GAP), _LIFELINE, plain=True))

    def _columns(self, sequence: Sequence) -> None:
        depth = _depth(sequence.items)
        heads = {line.id: max(_width(_title(line), 12.0, bold=True) + 24, 64.0) for line in sequence.lifelines}
        widest = max(map(_words_width, _texts(sequence.items)), default=0.0)
        first, *others = sequence.lifelines
        self._deepest = depth
        self._left = 0.0
        x = max(heads[first.id] / 2, BESIDE + INSET * (depth + 1))
        self._x = {first.id: x}
        right = x + max(widest + 3 * BESIDE, heads[first.id] / 2 + 16)
        for line in others:
            self._x[line.id] = max(right, x) + (heads[line.id] / 2 if line is not others[0] else 0)
            right = self._x[line.id] + heads[line.id] / 2 + 16
        self._heads_width = heads
        self._right = right + INSET * depth

    def _heading(self, lines: list[Line]) -> float:
        y = 0.0
        for place, line in enumerate(lines):
            kind = theme.TYPES[line.part]
            height = kind.size * 1.4
            style = replace(_WORDS, text=_heading_colour(line))
            self._box(
                f"heading-{place}", 0.0, y, line.width * _ROOM, height, [line.text], style, kind.size, bold=kind.bold
            )
            y += height
        return y + 1.5 * GAP

    def _heads(self) -> None:
        for line in self._sequence.lifelines:
            width = self._heads_width[line.id]
            left = self._x[line.id] - width / 2
            lines, style = _title(line), theme.LIFELINES[line.kind]
            tooltip = line.note if lines == (line.title,) else f"{line.note}: {line.title}"
            box = Box(line.id, left, self._y, width, HEAD, lines, style, 12.0, True, True, tooltip)
            self.boxes.append(box)
        self._y += HEAD

    def _items(self, items: Iterable[Item], depth: int) -> None:
        for item in items:
            match item:
                case Message():
                    self._message(item)
                case Remark() if item.line:
                    self._line(item)
                case Remark():
                    self._remark(item)
                case Fragment():
                    self._fragment(item, depth)

    def _message(self, message: Message) -> None:
        lines, style = marked_text(message), theme.message_style(message)
        x = self._x[self._sequence.lifelines[0].id]
        words = replace(_WORDS, text=theme.message_text(message))
        height = LINE * len(lines)
        name = f"{'undo' if message.kind == 'undo' else 'state'}-{message.state}"
        self._box(self._id(f"words-{name}"), x + BESIDE, self._y, _width(lines), height, lines, words)
        self._y += height + 3
        ends = ((self._x[message.source], self._y), (self._x[message.target], self._y))
        self.strokes.append(Stroke(self._id(name), *ends, style, tooltip=message.text))
        self._y += GAP

    def _remark(self, remark: Remark) -> None:
        lines = marked_text(remark)
        x = self._x[self._sequence.lifelines[0].id]
        height = LINE * len(lines) + PAD
        name = self._id(f"state-{remark.state}" if remark.state else "remark")
        style = theme.marked_note(_NOTE, remark)
        self._box(
            name, x - BESIDE, self._y, _width(lines) + 2 * PAD, height, lines, style, tooltip=remark.text, centred=True
        )
        self._y += height + GAP

    def _line(self, remark: Remark) -> None:
        words = [remark.text]
        x = self._x[self._sequence.lifelines[0].id]
        height = LINE + 4
        self._y += 2
        middle = self._y + height / 2
        ends = ((0.0, middle), (self._right, middle))
        style = theme.marked_note(_LINE_OF_NO_RETURN, remark)
        self.strokes.append(Stroke(self._id("pivot"), *ends, EdgeStyle(style.line, line_width=2.6), plain=True))
        width = _width(words) + 2 * PAD
        self._box(self._id("pivot-words"), x + BESIDE, self._y, width, height, words, style, centred=True)
        self._y += height + GAP

    def _fragment(self, fragment: Fragment, depth: int) -> None:
        left, right = self._left + INSET * depth, self._right - INSET * depth
        top = self._y
        frame = len(self.boxes)
        for place, section in enumerate(fragment.sections):
            if place:
                line = ((left, self._y), (right, self._y))
                self.strokes.append(Stroke(self._id("between"), *line, _SEPARATOR, plain=True))
            self._title(fragment.kind if place == 0 else "", section, left, right)
            self._items(section.items, depth + 1)
        name = self._id(f"frame-{fragment.kind}")
        self.boxes.insert(frame, Box(name, left, top, right - left, self._y - top, (), _FRAME, tooltip=fragment.kind))
        self._y += GAP

    def _title(self, kind: str, section: Section, left: float, right: float) -> None:
        tab = _width([kind], _TITLE, bold=True) + 2 * PAD if kind else 0.0
        if kind:
            self._box(self._id("tab"), left, self._y, tab, LINE + 4, [kind], _TAB, _TITLE, bold=True, centred=True)
        room = right - left - tab - 3 * PAD
        lines = brief(f"[{section.title}]", max(int(room / _CONDITION_LETTER), 12), 3)
        style = replace(_WORDS, text=theme.MUTED)
        width, height = min(_width(lines, bold=True), room), LINE * len(lines)
        name, x = self._id("condition"), left + tab + PAD
        self._box(name, x, self._y + 2, width, height, lines, style, bold=True, tooltip=section.title)
        self._y += max(LINE * len(lines), LINE + 4) + PAD

    def _box(
        self, name: str, left: float, top: float, width: float, height: float, lines: list[str], style: NodeStyle,
        size: float = theme.LABEL_SIZE, *, bold: bool = False, tooltip: str = "", centred: bool = False,
    ) -> None:  # fmt: skip
        self.boxes.append(Box(name, left, top, width, height, tuple(lines), style, size, bold, centred, tooltip))

    def _id(self, name: str) -> str:
        """Return an id that nothing else has: the name, or with a number from the second time on."""
        self._known[name] = self._known.get(name, 0) + 1
        return name if self._known[name] == 1 else f"{name}.{self._known[name]}"


def _heading_colour(line: Line) -> str:
    return theme.INK if line.part == "heading" else theme.MUTED


def _depth(items: Iterable[Item]) -> int:
    inner = [_depth(section.items) for item in items if isinstance(item, Fragment) for section in item.sections]
    return 1 + max(inner) if inner else 0


def _texts(items: Iterable[Item]) -> Iterator[Message | Remark]:
    for item in items:
        if isinstance(item, Fragment):
            for section in item.sections:
                yield from _texts(section.items)
        else:
            yield item


def _words_width(item: Message | Remark) -> float:
    return _width(marked_text(item)) + PAD


_ROOM = 1.12
"""Some fonts are wider than what `measure` goes by; words must not run out of the box that hides what is behind."""


def _title(line: Lifeline) -> tuple[str, ...]:
    return tuple(brief(line.title, theme.TITLE_LETTERS, 1))


def _width(lines: Iterable[str], size: float = theme.LABEL_SIZE, *, bold: bool = False) -> float:
    return max((measure(clean(line), size, bold=bold) for line in lines), default=0.0) * _ROOM + 2.0
