"""Where in a saga's data something is sensitive: the paths, and what they lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sagadsl.language.definition import Definition, Json, Path
from sagadsl.language.sensitivity import Sensitivity

MASK = "***"


class Places:
    """Where sensitive values are: in the input, in each state's output, and in what the saga gives."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.input: list[Path] = []
        self.outputs: dict[str, list[Path]] = {}
        self.result: list[Path] = []
        for root, *rest in sorted(paths, key=str):
            match root:
                case "input":
                    self.input.append(tuple(rest))
                case "states":
                    self.outputs.setdefault(str(rest[0]), []).append(tuple(rest[2:]))
                case _:
                    self.result.append(tuple(rest))


_known: dict[tuple[int, tuple[Path, ...]], tuple[Definition, Places, Places]] = {}
_KEPT = 256


def places(definition: Definition, handed: Iterable[Path] = ()) -> tuple[Places, Places]:
    """Return where sensitive values are, and that with their copies; a mask is made for every line of a log.

    Only the first are learnt: the copy of a value that may be missing can be what is said instead of it.

    Args:
        definition: What the saga runs.
        handed: Paths of its input that the saga around it calls sensitive.
    """
    key = id(definition), tuple(handed)
    found = _known.get(key)
    if found is None or found[0] is not definition:
        if len(_known) >= _KEPT:
            _known.clear()
        named = [*definition.sensitive, *key[1]]
        copied = Sensitivity(definition, named, in_texts=False).paths
        found = _known[key] = definition, Places(named), Places(copied)
    return found[1:]


def at(data: Json, path: Sequence[str | int]) -> Iterator[Json]:
    """Yield what a path leads to; it goes into every element of a list."""
    if isinstance(data, list):
        for each in data:
            yield from at(each, path)
    elif not path:
        yield data
    elif isinstance(data, Mapping) and path[0] in data:
        yield from at(data[path[0]], path[1:])


def leaves(data: Json) -> Iterator[Any]:
    """Yield everything in data that is neither a map nor a list."""
    if isinstance(data, Mapping):
        for value in data.values():
            yield from leaves(value)
    elif isinstance(data, list):
        for value in data:
            yield from leaves(value)
    else:
        yield data


def without(data: Json, path: Sequence[str | int]) -> Json:
    """Return the data with a mask where the path leads."""
    if isinstance(data, list) and path:
        return [without(each, path) for each in data]
    if not path:
        return None if data is None else MASK
    if not isinstance(data, Mapping) or path[0] not in data:
        return data
    return {**data, str(path[0]): without(data[path[0]], path[1:])}
