"""Pieces of definitions made whole, so that they can be checked like any other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sagadsl.language.catalogue import read_catalogue
from sagadsl.language.load import check
from sagadsl.language.source import parse

_READ = re.compile(r"states\.(\w+)\.output")


def findings(kind: str, text: str, file: str) -> list[str]:
    """Return what is wrong with a YAML block, one line a finding, with its code.

    Args:
        kind: `whole`, `catalogue`, or the kind of fragment: `top`, `states` or `task`.
        text: The block.
        file: What to call it.
    """
    if kind == "whole":
        return [f"{d.code} line {d.place.line}: {d.message}" for d in check(text, file)[1]]
    if kind == "catalogue":
        return [f"{d.code} line {d.place.line}: {d.message}" for d in read_catalogue(text, file)[1]]
    whole = json.dumps(completed(kind, parse(text, file).data))
    # A warning is about the saga as a whole, which a fragment is not.
    return [f"{d.code} {d.message}" for d in check(whole, file)[1] if d.severity == "error"]


def is_whole(text: str, file: str) -> bool:
    """Whether a text is meant to be a whole definition."""
    data = parse(text, file).data
    return isinstance(data, dict) and "name" in data and bool({"states", "steps"} & set(data))


def completed(kind: str, data: Any) -> dict[str, Any]:
    """Return a definition around a fragment."""
    match kind:
        case "task":
            return _around({"step": {"service": "service", "action": "action", "next": "after", **data}})
        case "states":
            return _around(data)
        case "top":
            states = {} if "steps" in data else _around(data.get("states", {}), read_also=data)
            return {"name": "fragment", **states, **{k: v for k, v in data.items() if k != "states"}}
    raise ValueError(f"there is no kind of fragment {kind!r}")


def _around(states: dict[str, Any], read_also: Any = None) -> dict[str, Any]:
    """Return a definition that leads through everything the states read, into them, and out of them."""
    read = dict.fromkeys(_READ.findall(json.dumps([states, read_also])))
    before = [name for name in read if name not in set(_names(states))]
    targets = list(dict.fromkeys(t for name, state in states.items() for t in _targets(state) if t != name))
    entries = [name for name in states if name not in targets] or list(states)[:1]
    ends = [t for t in targets if t not in states] or ([] if states else ["done"])
    choices = [{"when": f"saga.id == '{name}'", "next": name} for name in entries]
    way_in = {"enter": {"type": "choice", "choices": choices, "default": entries[0]}} if entries else {}
    chain = [*before, "enter" if entries else ends[0]]
    before_states = {
        name: {"service": "service", "action": "action", "kind": "read_only", "next": after}
        for name, after in zip(before, chain[1:], strict=True)
    }
    end_states = {name: {"type": "succeed"} for name in ends}
    return {"name": "fragment", "start": chain[0], "states": {**before_states, **way_in, **states, **end_states}}


def _targets(state: dict[str, Any]) -> Iterator[str]:
    places = [state, *state.get("choices", []), *state.get("catch", [])]
    for place in places:
        yield from (place[key] for key in ("next", "default", "on_timeout") if key in place)


def _names(states: dict[str, Any]) -> Iterator[str]:
    """Return the names of states, those inside branches and bodies included."""
    for name, state in states.items():
        yield name
        for region in (state, *state.get("branches", {}).values()):
            yield from _names(region.get("states", {}))
            yield from _names({step["id"]: step for step in region.get("steps", [])})
