"""Which entry of a map comes when, so that no alias comes to stand before its anchor."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from sagadsl.language.formatting.order import MERGE, Shape
from sagadsl.language.formatting.tree import Entry, Mention, Piece


class Arranger:
    """Puts entries in order.

    Args:
        mentions: Every anchor and alias of the text, in their order.
    """

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self._mentions = mentions
        self._offsets = [mention.offset for mention in mentions]

    def arranged(self, piece: Piece, shape: Shape, *, may_move: bool = True) -> tuple[list[int], list[Shape]]:
        """Return the indexes of the entries in their canonical order, and what the schema says of each entry's value.

        Args:
            piece: A map, whose order is the author's own where an alias would lose its anchor; or a list.
            shape: What the schema says of it.
            may_move: Whether its entries may change places at all.
        """
        given = list(range(len(piece.entries)))
        if piece.kind in {"list", "flow_list"}:
            return given, [shape.of_item()] * len(given)
        keys = [_name(entry) for entry in piece.entries]
        words = {key: entry.value.word or "" for key, entry in zip(keys, piece.entries, strict=True)}
        order = shape.arranged(keys, words) if may_move else given
        below = [shape.of_key(key, words) for key in keys]
        return (order if order == given or self._keeps_anchors(piece, order) else given), below

    def _keeps_anchors(self, piece: Piece, order: Sequence[int]) -> bool:
        """Whether all that mention an anchor which one of them gives stay in the order in which they are."""
        place = {index: number for number, index in enumerate(order)}
        starts = [(entry.key or entry.value).start for entry in piece.entries]
        inside = slice(bisect_left(self._offsets, piece.start), bisect_left(self._offsets, piece.end))
        mentions = self._mentions[inside]
        given = {mention.name for mention in mentions if mention.gives}
        latest: dict[str, int] = {}
        for mention in mentions:
            now = place.get(bisect_right(starts, mention.offset) - 1, -1)  # the map's own anchor is before them all
            if mention.name in given and now < latest.get(mention.name, -1):
                return False
            latest[mention.name] = now
        return True


def _name(entry: Entry) -> str:
    if entry.key is None or entry.key.word is None:
        return ""
    return MERGE if entry.key.word == "<<" and not entry.key.style else entry.key.word
