"""The nodes of a text that has been read: values with their positions."""

from __future__ import annotations

from typing import Any


class Node:
    """A value and where it stands: offsets of its first character and past its last one.

    `children` holds `(key node, value node)` by key for a map, nodes for a list, and is `None` for a scalar.
    `size` counts the nodes below and including this one; `height` the levels. `source` is, for an
    alias, the node that it repeats, where the characters are.
    """

    __slots__ = ("children", "data", "end", "height", "size", "source", "start", "style")

    def __init__(self, data: Any, start: int, end: int, style: str | None = None) -> None:
        self.data = data
        self.start = start
        self.end = end
        self.style = style
        self.children: dict[str, tuple[Node, Node]] | list[Node] | None = None
        self.size = 1
        self.height = 0
        self.source: Node | None = None


def take_in(node: Node, sources: list[Node]) -> None:
    """Take in the keys of other maps; the map's own keys win, then those of the earlier source."""
    own_children: Any = node.children
    own_data = node.data
    children: dict[str, tuple[Node, Node]] = {}
    for source in sources:
        for key, pair in source.children.items():  # type: ignore[union-attr]  # only maps are taken in
            children.setdefault(key, pair)
    children.update(own_children)
    node.children = children
    data = {key: pair[1].data for key, pair in children.items()}
    own_data.clear()
    own_data.update(data)


def moved(node: Node, start: int, end: int) -> Node:
    """Return the same value at another place, as text in quotes: an alias is no merge key whatever it stands for.

    What stands inside the value stays where it is.
    """
    copy = Node(node.data, start, end, node.style or '"')
    copy.children, copy.size, copy.height, copy.source = node.children, node.size, node.height, node.source or node
    return copy
