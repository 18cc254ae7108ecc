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
from operator import itemgetter
from string import Template
from typing import Any, TypeAlias

from sagadsl.diagrams import theme
from sagadsl.diagrams.drawing import START
from sagadsl.diagrams.marking import headline, marked
from sagadsl.diagrams.model import STATES, Mark, Node, Picture, state_id, undo_id
from sagadsl.diagrams.page_events import tell
from sagadsl.diagrams.page_style import style
from sagadsl.diagrams.run import RunPicture
from sagadsl.diagrams.text import clean
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import CompensationFailed, CompensationSucceeded, Event

Marks: TypeAlias = dict[int, tuple[str, str]]
"""How a part looks, and what its sign says; by the part's place. What is not in it stands back."""

_ASSETS = files("sagadsl.diagrams").joinpath("assets")
_HARMLESS = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def to_html(flow: Picture, svg: bytes, failures: Mapping[str, Picture], frames: Sequence[dict[str, Any]] = ()) -> bytes:
    """Return the page.

    Args:
        flow: The picture in the view `flow`.
        svg: The same, laid out.
        failures: The picture of what happens when a step fails, by the step's name; its edges begin with those of
            `flow`, whose ends alone may differ.
        frames: The moments of a run, as `frames_of` gives them.
    """
    parts = _ids(flow)
    places = _places(parts)
    data = {
        "about": clean(flow.description),
        "start": _start(flow),
        "parts": parts,
        "nodes": {node.id: _node(node, failures) for node in flow.nodes},
        "failures": {
            name: {"story": _story(drawn), **_packed(_marks(drawn, flow, places))} for name, drawn in failures.items()
        },
        "run": list(frames) or None,
    }
    script = f"{_asset('page_lens.js')}\n{_asset('page.js')}"
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
    flow: Picture,
    compiled: CompiledSaga,
    events: Sequence[Event],
    saga_id: str = "",
    looked_at: float | None = None,
) -> list[dict[str, Any]]:
    """Return every moment of a run, from before its first event: what is told of it, and what has changed since.

    Raises:
        UnexpectedEvent: The events are not those of a saga of this definition.
    """
    definition, before, frames = compiled.definition, Marks(), list[dict[str, Any]]()
    places = _places(_ids(flow))
    told = ["", *(tell(event, events[0].at, private=bool(definition.sensitive)) for event in events)]
    about = [None, *(_place(event, places) for event in events)]
    for text, place, run in zip(told, about, RunPicture.each(compiled, events, saga_id, looked_at), strict=True):
        now = _marks(marked(flow, run, definition), flow, places)
        changed = {part: now.get(part) for part in {**before, **now} if now.get(part) != before.get(part)}
        frames.append(
            {
                "text": text or "nothing has happened yet",
                "status": headline(run, definition),
                "at": place,
                "marks": changed,
            }
        )
        before = now
    return frames


def _place(event: Event, places: Mapping[str, int]) -> int | None:
    """Return the place of the part that an event is about, if it is about one."""
    state = getattr(event, "state", None)
    if state is None:
        return None
    undone = isinstance(event, CompensationSucceeded | CompensationFailed)
    return places.get(undo_id(state) if undone else state_id(state))


def _places(parts: Sequence[str]) -> Mapping[str, int]:
    return {part: place for place, part in enumerate(parts)}


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


def _start(flow: Picture) -> str | None:
    """Return the part that is looked at first: the state in which the saga begins."""
    return next((edge.target for edge in flow.edges if edge.source == START.id), None)


def _ids(flow: Picture) -> list[str]:
    """Return the ids of everything that can be marked; what is told of a part names it by its place here.

    Parts of one kind stand together: those on the way to a step are then mostly rows of neighbours.
    """
    parts = [*((node.kind, node.id) for node in flow.nodes), *_ways(flow)]
    return [part for _, part in sorted(parts, key=itemgetter(0))]


def _ways(drawn: Picture) -> Iterator[tuple[str, str]]:
    return ((f"way {edge.kind}", part) for part, edge in zip(drawn.edge_ids, drawn.edges, strict=True))


def _marks(drawn: Picture, flow: Picture, places: Mapping[str, int]) -> Marks:
    """Return what is marked of those parts of a picture that are in the layout of the flow."""
    found: Marks = {}
    for node in drawn.nodes:
        if node.id not in places:
            continue
        if node.marks:
            found[places[node.id]] = (node.marks[0].kind, " ".join(_signs(node.marks)))
        elif node.emphasis != "faded":
            found[places[node.id]] = (node.emphasis, "")
    for part, own, edge in zip(flow.edge_ids, flow.edges, drawn.edges, strict=False):
        if edge.emphasis != "faded":
            found[places[part]] = (edge.emphasis, "")
            found.setdefault(places[own.target], ("usual", ""))  # where a long way was cut, the node that ends it
    return found


def _packed(marks: Marks) -> dict[str, Any]:
    """Return marks in little room: those without a sign as rows of places, each by its first and its last."""
    rows: dict[str, list[int]] = {}
    said: dict[str, dict[int, str]] = {}
    for place in sorted(marks):
        look, text = marks[place]
        if text:
            said.setdefault(look, {})[place] = text
            continue
        row = rows.setdefault(look, [])
        if row and row[-1] == place - 1:
            row[-1] = place
        else:
            row += (place, place)
    return {"rows": rows, "said": said}


def _signs(marks: Iterable[Mark]) -> Iterator[str]:
    for mark in marks:
        yield f"{theme.MARKS[mark.kind].sign} {clean(mark.words)}".strip()
