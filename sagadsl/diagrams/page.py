"""One HTML file with the picture of a saga, to look around in: it needs no network and no other file.

The picture is laid out once. What happens when a step fails, and every moment of a run, are marks that the page's
script puts on that one layout: the data for them stands in the page, written so that nothing in it can end the
script or begin another; and the page allows no other script than its own (Content-Security-Policy).
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, TypeAlias

from sagadsl.diagrams import theme
from sagadsl.diagrams.marking import headline, marked
from sagadsl.diagrams.model import STATES, Mark, Node, Picture
from sagadsl.diagrams.page_events import tell
from sagadsl.diagrams.page_style import style
from sagadsl.diagrams.run import RunPicture
from sagadsl.diagrams.text import clean
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import Event

Marks: TypeAlias = dict[str, tuple[str, str]]
"""How a part looks, and what its sign says; by the part's id. What is not in it stands back."""

_ASSETS = files("sagadsl.diagrams").joinpath("assets")
_TOO_LARGE = (
    "What happens when a step fails is not on the page of so large a saga. Draw it: "
    "sagadsl draw FILE --view failure=STATE -o failure.svg"
)
_HARMLESS = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def to_html(
    flow: Picture,
    svg: bytes,
    failures: Mapping[str, Picture] | None,
    frames: Sequence[dict[str, Any]] = (),
) -> bytes:
    """Return the page.

    Args:
        flow: The picture in the view `flow`.
        svg: The same, laid out.
        failures: The picture of what happens when a step fails, by the step's name; `None` where that was too much.
        frames: The moments of a run, as `frames_of` gives them.
    """
    about = "\n".join(filter(None, (clean(flow.description), _TOO_LARGE if failures is None else "")))
    failures = failures or {}
    data = {
        "about": about,
        "nodes": {node.id: _node(node, failures) for node in flow.nodes},
        "ways": list(flow.edge_ids),
        "failures": {name: {"story": _story(drawn), "marks": _known(drawn, flow)} for name, drawn in failures.items()},
        "run": list(frames) or None,
    }
    script = _asset("page.js")
    page = Template(_asset("page.html")).substitute(
        title=escape(clean(flow.title)),
        style=style() + _asset("page.css"),
        picture=svg.decode().partition("?>")[2].strip(),
        data=_json(data),
        script=script,
        digest=b64encode(sha256(script.encode()).digest()).decode(),
    )
    return page.encode()


def frames_of(
    flow: Picture, compiled: CompiledSaga, events: Sequence[Event], saga_id: str = ""
) -> list[dict[str, Any]]:
    """Return every moment of a run, from before its first event: what is told of it, and what has changed since.

    Raises:
        UnexpectedEvent: The events are not those of a saga of this definition.
    """
    definition, before, frames = compiled.definition, Marks(), list[dict[str, Any]]()
    told = ["", *(tell(event, events[0].at, private=bool(definition.sensitive)) for event in events)]
    for text, run in zip(told, RunPicture.each(compiled, events, saga_id), strict=True):
        now = _known(marked(flow, run, definition), flow)
        changed = {part: now.get(part) for part in {**before, **now} if now.get(part) != before.get(part)}
        frames.append(
            {"text": text or "nothing has happened yet", "status": headline(run, definition), "marks": changed}
        )
        before = now
    return frames


def _asset(name: str) -> str:
    return _ASSETS.joinpath(name).read_text(encoding="utf-8").rstrip("\n")


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_HARMLESS)


def _node(node: Node, failures: Mapping[str, Picture]) -> dict[str, Any]:
    look = theme.NODES[node.kind]
    facts = [("description", node.note), *(pair for pair in node.details if pair[0] != "description")]
    return {
        "title": clean(node.title),
        "facts": [(clean(name), clean(value)) for name, value in facts if value],
        "failure": node.state if node.kind in STATES and node.state in failures else None,
        "look": "usual" if look.fill != look.line else "end" if look.text == theme.PAPER else "ink",
    }


def _story(drawn: Picture) -> str:
    return "\n".join(map(clean, drawn.remarks))


def _known(drawn: Picture, flow: Picture) -> Marks:
    """Return what is marked of those parts of a picture that are in the layout."""
    there = {*(node.id for node in flow.nodes), *flow.edge_ids}
    return {part: mark for part, mark in _marks(drawn) if part in there}


def _marks(drawn: Picture) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in drawn.nodes:
        if node.marks:
            yield node.id, (node.marks[0].kind, " ".join(_signs(node.marks)))
        elif node.emphasis != "faded":
            yield node.id, (node.emphasis, "")
    for part, edge in zip(drawn.edge_ids, drawn.edges, strict=True):
        if edge.emphasis != "faded":
            yield part, (edge.emphasis, "")


def _signs(marks: Iterable[Mark]) -> Iterator[str]:
    for mark in marks:
        yield f"{theme.MARKS[mark.kind].sign} {clean(mark.words)}".strip()
