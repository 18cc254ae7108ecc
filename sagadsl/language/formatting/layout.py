"""Block collections line by line: keys in order, two columns a level, comments with what they are about."""

from __future__ import annotations

from dataclasses import dataclass

from sagadsl.language.formatting.arrange import Arranger
from sagadsl.language.formatting.inline import STEP, Inline
from sagadsl.language.formatting.order import Shape, whole
from sagadsl.language.formatting.tree import Entry, Piece, read
from sagadsl.language.formatting.trivia import CannotFormatError, Gap, Line, printed, read_gap, skip

WIDTH = 120
"""A value that stands in the line below its key goes behind the key if the line is no longer than this."""

_COMMENT_DISTANCE = 2


@dataclass(slots=True)
class _Chunk:
    """An entry that has been laid out: the lines above it that belong to it, and its own."""

    above: list[Line]
    own: list[str]


@dataclass(frozen=True, slots=True)
class _Opener:
    """What a value stands behind: the text `key:` or `-` at `start`, which ends at `end` in the source."""

    text: str
    start: int
    end: int


def laid_out(text: str) -> str:
    """Return the text in its canonical form.

    Args:
        text: A document that has been read without an error; its lines end with LF, the last one too.

    Raises:
        CannotFormatError: It uses something that nobody writes in a definition, such as `? key`.
    """
    root, mentions = read(text)
    return _Layout(text, Arranger(mentions)).document(root)


class _Layout:
    def __init__(self, text: str, arranger: Arranger) -> None:
        self._text = text
        self._arranger = arranger
        self._inline = Inline(text, arranger)

    def document(self, root: Piece) -> str:
        if self._column(root.start) and self._line_before(root.start).strip():
            raise self._cannot(
                root.start, "the definition begins behind something else", "begin it in a line of its own"
            )
        head = [Line(0, line.strip()) for line in self._text[: self._line_start(root.start)].split("\n")[:-1]]
        after = self._gap(root, len(self._text))
        if root.is_block:
            body = self._collection(root, whole(), 0, -1, Gap(whole_lines=[]), after)
        else:
            body = self._finished(self._inline.lines(root, whole(), -STEP, -STEP), after, root.start, root.end, 0, -1)
        lines = [*printed(head, 0), *_space_after(head), *body, *_with_space(after.take_rest(), 0)]
        return "\n".join(lines) + "\n"

    # Places

    def _line_start(self, offset: int) -> int:
        return self._text.rfind("\n", 0, offset) + 1

    def _line_before(self, offset: int) -> str:
        return self._text[self._line_start(offset) : offset]

    def _column(self, offset: int) -> int:
        return offset - self._line_start(offset)

    def _cannot(self, offset: int, what: str, hint: str) -> CannotFormatError:
        line = self._text.count("\n", 0, offset) + 1
        return CannotFormatError(f"line {line}: {what}; {hint}")

    def _gap(self, piece: Piece, end: int) -> Gap:
        """Return what stands between a piece, which may be inside another, and an offset."""
        at_line_start = piece.end > piece.start and self._text[piece.end - 1] == "\n"
        return read_gap(self._text[piece.end : end], at_line_start=at_line_start)

    # Collections

    def _collection(self, piece: Piece, shape: Shape, indent: int, outer: int, before: Gap, after: Gap) -> list[str]:
        """Lay out a block collection.

        Args:
            piece: The map or the list.
            shape: What the schema says of it.
            indent: The column to put its entries in.
            outer: The column, in the text, of the collection round it.
            before: What stands above its first entry.
            after: What follows it; the comments that are its own are taken.
        """
        openers = self._openers(piece)
        column = self._column(openers[0].start)
        order, below = self._arranger.arranged(piece, shape)
        ends = [opener.start for opener in openers[1:]]
        gaps = [*(self._gap(e.value, end) for e, end in zip(piece.entries, ends, strict=False)), after]
        head, above = _split(before.take_rest())
        chunks = []
        for entry, opener, gap, each in zip(piece.entries, openers, gaps, below, strict=True):
            chunks.append(_Chunk(above, self._entry(entry, opener, each, indent, column, gap)))
            above = gap.take_rest() if gap is not after else []
        foot = after.take_from(max(column, outer + 1))
        return [
            *printed(head, indent),
            *_space_after(head),
            *_joined(chunks, order, indent),
            *_with_space(foot, indent),
        ]

    def _openers(self, piece: Piece) -> list[_Opener]:
        found = []
        offset = piece.start
        if piece.anchor is not None:
            offset += len(piece.anchor) + 1
        for entry in piece.entries:
            start = skip(self._text, offset)
            found.append(self._map_opener(entry, start) if entry.key else _Opener("-", start, start + 1))
            offset = max(entry.value.end, found[-1].end)
        return found

    def _map_opener(self, entry: Entry, start: int) -> _Opener:
        key = entry.key
        assert key is not None  # noqa: S101  the caller looked
        colon = skip(self._text, key.end)
        written = self._text[key.start : key.end]
        if start != key.start or self._text[colon : colon + 1] != ":" or "\n" in written:
            raise self._cannot(start, "a key is written in an unusual way", "write it as key: value")
        return _Opener(f"{written}{' ' if key.kind == 'alias' else ''}:", start, colon + 1)

    # Entries

    def _entry(self, entry: Entry, opener: _Opener, shape: Shape, indent: int, column: int, after: Gap) -> list[str]:
        value = entry.value
        if value.is_empty:
            lines = [" " * indent + opener.text]
            return self._finished(lines, after, opener.start, opener.end, indent, column)
        if value.is_block:
            return self._block_entry(value, opener, shape, indent, column, after)
        lines = self._inline.lines(value, shape, indent, column)
        before = read_gap(self._text[opener.end : value.start])
        if before.has_comments or (before.breaks and (len(lines) > 1 or self._too_long(opener, lines[0], indent))):
            lines[0] = " " * (indent + STEP) + lines[0]
            above = printed(before.take_rest(), indent + STEP)
            lines = [self._commented(" " * indent + opener.text, before, opener.start, opener.end), *above, *lines]
        else:
            lines[0] = f"{' ' * indent}{opener.text} {lines[0]}"
        return self._finished(lines, after, opener.start, value.end, indent, column)

    def _block_entry(
        self, value: Piece, opener: _Opener, shape: Shape, indent: int, column: int, after: Gap
    ) -> list[str]:
        first, end = " " * indent + opener.text, opener.end
        before = read_gap("")
        if value.anchor is not None:
            before = read_gap(self._text[end : value.start])
            first, end = f"{first} &{value.anchor}", value.start + len(value.anchor) + 1
        before = before.followed_by(read_gap(self._text[end : self._openers(value)[0].start]))
        in_one_line = opener.text == "-" and value.anchor is None and not before.has_comments
        first = self._commented(first, before, opener.start, end)
        inner = self._collection(value, shape, indent + STEP, column, before, after)
        if in_one_line:
            return [f"{first} {inner[0].lstrip()}", *inner[1:]]
        return [first, *inner]

    def _too_long(self, opener: _Opener, line: str, indent: int) -> bool:
        return indent + len(opener.text) + 1 + len(line) > WIDTH

    def _finished(self, lines: list[str], after: Gap, start: int, end: int, indent: int, column: int) -> list[str]:
        """Add the comments that belong to an entry: that in its last line, and those further in below it."""
        lines[-1] = self._commented(lines[-1], after, start, end)
        return [*lines, *_with_space(after.take_from(column + 1), indent + STEP)]

    def _commented(self, line: str, after: Gap, start: int, end: int) -> str:
        """Return a line with its comment, as far from it as to stay under the ones above where those are aligned.

        Args:
            line: The new line.
            after: Has the comment.
            start: Where in the text the entry begins.
            end: Where in the text the comment's line ends without the comment.
        """
        comment, distance = after.take_tail()
        if not comment:
            return line
        if distance > _COMMENT_DISTANCE:
            before = self._text[max(start, self._line_start(end)) : end].strip()
            distance += len(before) - len(line.strip())
        return line + " " * max(distance, _COMMENT_DISTANCE) + comment


def _split(above: list[Line]) -> tuple[list[Line], list[Line]]:
    """Part what stands at the head of a collection into what is about all of it and what is about its first entry."""
    last = max((number for number, line in enumerate(above) if not line.text), default=-1)
    return above[: last + 1], above[last + 1 :]


def _joined(chunks: list[_Chunk], order: list[int], indent: int) -> list[str]:
    """Return the chunks in their order, each with the empty line that was above it.

    None can be seen above the first one; if it moves down, it gets that of the entry that takes its place.
    """
    spaced = [bool(chunk.above) and not chunk.above[0].text for chunk in chunks]
    spaced[0] = spaced[order[0]]
    found: list[str] = []
    for place, index in enumerate(order):
        chunk = chunks[index]
        space = [""] if place and spaced[index] else []
        found += [*space, *printed(chunk.above, indent), *_space_after(chunk.above), *chunk.own]
    return found


def _space_after(lines: list[Line]) -> list[str]:
    """Return the empty line between comments and what follows them, where there is one."""
    return [""] if len(lines) > 1 and not lines[-1].text and any(line.text for line in lines) else []


def _with_space(lines: list[Line], indent: int) -> list[str]:
    """Return comments that follow something, after an empty line where there is one."""
    found = printed(lines, indent)
    return ["", *found] if found and not lines[0].text else found
