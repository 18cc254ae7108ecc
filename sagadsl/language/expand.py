"""A definition written out: steps as states that lead to each other, anchors and merge keys as what they stand for.

What comes out means the same; the names of the states that the straight-line form adds are those of the definition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from sagadsl.language.definition import Definition, Json, Region, State, regions_of
from sagadsl.language.formatting.order import Shape, whole
from sagadsl.language.scalars import OutOfRangeError, resolve

WIDTH = 110
"""Columns after which long texts go on in the next line."""

_OLD_BREAKS = frozenset("\x85\u2028\u2029")  # line breaks to PyYAML, and to YAML 1.1, but not to the language


def expand(data: Json, definition: Definition) -> str:
    """Return the text of a definition in the form of states, without anchors and comments.

    Args:
        data: What the definition's own text holds (`source.parse`).
        definition: What it means; its implied states are written out.
    """
    whole_data = _region(data, definition.states)
    keys = list(whole_data)
    arranged = [keys[index] for index in whole().arranged(keys, {})]
    parts = [_part(key, whole_data[key], whole().of_key(key, {})) for key in arranged]
    return "".join(parts)


def _part(key: str, value: Json, shape: Shape) -> str:
    """Return one key of the top level; states stand apart from each other."""
    if key != "states":
        return _text({key: _ordered(value, shape)})
    states = [_text({name: _ordered(state, shape.of_key(name, {}))}, indent=2) for name, state in value.items()]
    return "\nstates:\n" + "\n".join(states)


def _region(data: Mapping[str, Json], states: Mapping[str, State]) -> dict[str, Json]:
    """Return a map that has `states` or `steps` with states alone, and those inside them likewise."""
    if "steps" not in data:
        inner = {name: _inside(state, states[name]) for name, state in data["states"].items()}
        return {**data, "states": inner}
    chained: dict[str, Json] = {}
    for step in data["steps"]:
        own = {key: value for key, value in step.items() if key != "id"}
        state = states[step["id"]]
        chained[step["id"]] = {**_inside(own, state), "next": state.successors[0]}
    chained |= {name: {"type": "succeed"} for name in states if name not in chained}
    return {key: value for key, value in data.items() if key != "steps"} | {"states": chained}


def _inside(data: Mapping[str, Json], state: State) -> dict[str, Json]:
    """Return a state whose branches or body have states alone."""
    regions = regions_of(state)
    if not regions:
        return dict(data)
    if "branches" not in data:
        (body,) = regions.values()
        return _region(data, body.states)
    return {**data, "branches": {name: _branch(branch, regions[name]) for name, branch in data["branches"].items()}}


def _branch(data: Mapping[str, Json], region: Region) -> dict[str, Json]:
    return _region(data, region.states)


def _ordered(value: Json, shape: Shape) -> Json:
    """Return the value with its keys in canonical order, as deep as the schema goes."""
    if isinstance(value, list):
        return [_ordered(item, shape.of_item()) for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    words = {key: word for key, word in value.items() if isinstance(word, str)}
    arranged = [keys[index] for index in shape.arranged(keys, words)]
    return {key: _ordered(value[key], shape.of_key(key, words)) for key in arranged}


def _text(value: Json, indent: int = 0) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH - indent, default_flow_style=False
    )
    return "".join(f"{' ' * indent}{line}" if line.strip() else line for line in re.findall(r".*\n", text))


class _Dumper(yaml.SafeDumper):
    """Writes everything out, and puts what would not be text to the language's own reading in quotes."""

    def ignore_aliases(self, _: Any) -> bool:
        """Never use an anchor."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  PyYAML's
        """Indent lists below their key, as `sagadsl fmt` does."""
        super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None if _is_plain(text) else '"'
    if "\n" in text.rstrip("\n") and not _OLD_BREAKS & set(text):
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _is_plain(text: str) -> bool:
    try:
        return resolve(text) == text and not _OLD_BREAKS & set(text)
    except OutOfRangeError:
        return False


_Dumper.add_representer(str, _represent_text)
