"""What remains of a definition whose shape is wrong only in keys that it can do without."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sagadsl.language.definition import Json, Path

_CONTAINERS = ("states", "steps")


def without(data: Json, paths: Iterable[Path]) -> Json:
    """Return the data without the keys at these paths.

    What is left out lies below the states, so that every state is still there: a transition to it still leads
    somewhere.

    Returns:
        The data, itself unchanged; `None` where leaving something out would change what the rest means.
    """
    for path in paths:
        if not path or not isinstance(data, dict) or _takes_states_away(path):
            return None
        data = _removed(data, path)
    return data


def _takes_states_away(path: Path) -> bool:
    """Whether a state, or a region with all its states, is at this path."""
    while path and path[0] in _CONTAINERS:
        path = path[2:]  # a container and the state's name: on inside the state
        if path[:1] == ("branches",):
            path = path[2:]  # on inside the branch
        if not path:
            return True
    return False


def _removed(node: Any, path: Path) -> Any:
    step, rest = path[0], path[1:]
    if isinstance(node, dict) and step in node:
        if not rest:
            return {key: value for key, value in node.items() if key != step}
        below = _removed(node[step], rest)
        return {**node, step: below}
    if isinstance(node, list) and isinstance(step, int) and rest and 0 <= step < len(node):
        return [*node[:step], _removed(node[step], rest), *node[step + 1 :]]
    return node
