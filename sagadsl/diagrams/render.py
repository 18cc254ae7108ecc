"""From a saga to the bytes of a file: which writer and which program make which format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from shutil import which
from types import MappingProxyType
from typing import TYPE_CHECKING

from sagadsl.language.definition import Definition

if TYPE_CHECKING:
    from sagadsl.diagrams.model import Picture
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.machine.events import Event

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        ".dot": "dot",
        ".gv": "dot",
        ".svg": "svg",
        ".png": "png",
        ".pdf": "pdf",
        ".mmd": "mermaid",
        ".mermaid": "mermaid",
        ".puml": "plantuml",
        ".plantuml": "plantuml",
        ".html": "html",
        ".htm": "html",
    }
)
"""The format that each ending of a file's name asks for; the first ending of each is the usual one."""

PNG_DOTS_PER_INCH = 144
LONGEST_LAYOUT = 60.0
"""Seconds that Graphviz may take over one picture."""

INSTALL = (
    "Install Graphviz: `sudo apt install graphviz` on Debian and Ubuntu, `brew install graphviz` on macOS, "
    "`winget install Graphviz.Graphviz` on Windows."
)
REINSTALL = "Install Graphviz anew, or take its `dot` off the PATH: an SVG is then drawn without it."
TOO_LARGE = "The saga may be too large for one picture; DOT, Mermaid and PlantUML can be written all the same."
_BUILT_IN = "The Graphviz that comes with sagadsl"
_LONGEST_QUOTE = 500
_DATE = re.compile(rb"(/CreationDate \(D:)\d{14}")
"""When a PDF was made: the only thing in it that differs from one time to the next."""


class DrawingError(Exception):
    """A picture cannot be drawn; the message says why and what to do, in words for the user."""


def render(
    saga: Definition | CompiledSaga,
    format: str,  # noqa: A002 - what everybody calls it
    *,
    view: str = "flow",
    state: str | None = None,
    events: Sequence[Event] = (),
    saga_id: str = "",
    looked_at: float | None = None,
) -> bytes:
    """Draw a saga.

    DOT, Mermaid, PlantUML and HTML are UTF-8 text. For the same definition, and for all but DOT, Mermaid and
    PlantUML the same Graphviz, the bytes are the same.

    Args:
        saga: A valid definition, or what was compiled from it.
        format: One of the values of `FORMATS`.
        view: One of `views.VIEWS`; a page in HTML shows `flow`, and in it what the view `failure` shows.
        state: The state that fails, for the view `failure`.
        events: Those of a run, to be shown on the picture; a page in HTML can go back and forth in them.
        saga_id: Whose they are, for the heading.
        looked_at: The present, in seconds since 1970, up to which what a run still does is said to take; up to the last
            event otherwise.

    Raises:
        DrawingError: There is no such format or view, or the program that makes it is missing or has failed.
        UnexpectedEvent: The events are not those of a saga of this definition.
    """
    from sagadsl.diagrams.views import RunPicture, ViewError, picture
    from sagadsl.machine.compiler import compile_saga

    _check_format(format)
    compiled = compile_saga(saga) if isinstance(saga, Definition) else saga
    if format == "html":
        return _page(compiled, view, events, saga_id, looked_at)
    run = RunPicture.of(compiled, events, saga_id, looked_at) if events else None
    try:
        return _WRITERS[format](picture(compiled, view, state=state, run=run))
    except ViewError as error:
        raise DrawingError(str(error)) from None


def write(drawn: Picture, format: str) -> bytes:  # noqa: A002 - what everybody calls it
    """Return a picture in any format but HTML.

    Raises:
        DrawingError: There is no such format, or the program that makes it is missing or has failed.
    """
    _check_format(format)
    return _WRITERS[format](drawn)


def _check_format(format: str) -> None:  # noqa: A002 - what everybody calls it
    if format not in FORMATS.values():
        known = ", ".join(dict.fromkeys(FORMATS.values()))
        raise DrawingError(f"There is no picture format '{format}'; the formats are {known}.")


def _page(compiled: CompiledSaga, view: str, events: Sequence[Event], saga_id: str, looked_at: float | None) -> bytes:
    from sagadsl.diagrams.failure_view import pictures
    from sagadsl.diagrams.page import frames_of, to_html
    from sagadsl.diagrams.views import picture

    if view != "flow":
        raise DrawingError(
            "A page in HTML has the view 'flow', and shows what happens when a step fails where you click on it. "
            f"Draw the view '{view}' as SVG."
        )
    flow = picture(compiled)
    moments = frames_of(flow, compiled, events, saga_id, looked_at) if events else ()
    return to_html(flow, _svg(flow), pictures(compiled), moments)


def _dot(drawn: Picture) -> bytes:
    from sagadsl.diagrams.dot import to_dot

    return to_dot(drawn).encode()


def _mermaid(drawn: Picture) -> bytes:
    from sagadsl.diagrams.mermaid import to_mermaid

    return to_mermaid(drawn).encode()


def _plantuml(drawn: Picture) -> bytes:
    from sagadsl.diagrams.plantuml import to_plantuml

    return to_plantuml(drawn).encode()


def _svg(drawn: Picture) -> bytes:
    from xml.etree.ElementTree import ParseError

    from sagadsl.diagrams.dot import to_dot
    from sagadsl.diagrams.svg import dress

    source, program = to_dot(drawn), which("dot")
    laid_out = _run_wasm(source) if program is None else _run_dot(program, source, "svg")
    try:
        return dress(laid_out, drawn)
    except (ParseError, ValueError):
        raise DrawingError(f"Graphviz wrote something that is not an SVG. {REINSTALL}") from None


def _png(drawn: Picture) -> bytes:
    return _painted(_installed("PNG"), drawn, "png", PNG_DOTS_PER_INCH)


def _pdf(drawn: Picture) -> bytes:
    return _DATE.sub(rb"\g<1>20000101000000", _painted(_installed("PDF"), drawn, "pdf", None))


def _painted(program: str, drawn: Picture, output: str, dots_per_inch: int | None) -> bytes:
    """Have Graphviz find out where everything goes, and then paint it with its words where nothing crosses them."""
    from sagadsl.diagrams.dot import to_dot
    from sagadsl.diagrams.dot_places import places

    source = to_dot(drawn, dots_per_inch=dots_per_inch, rich=True)
    if drawn.sequence is None:
        laid_out = _run_dot(program, source, "json0")
        source = to_dot(drawn, dots_per_inch=dots_per_inch, rich=True, places=places(laid_out, drawn))
    return _run_dot(program, source, output)


def _installed(wanted: str) -> str:
    program = which("dot")
    if program is None:
        raise DrawingError(
            f"A {wanted} is made by Graphviz's program `dot`, which was not found on this machine. "
            f"{INSTALL} An SVG needs nothing installed: give the file a name that ends in .svg."
        )
    return program


_WRITERS: Mapping[str, Callable[[Picture], bytes]] = MappingProxyType(
    {"dot": _dot, "svg": _svg, "png": _png, "pdf": _pdf, "mermaid": _mermaid, "plantuml": _plantuml}
)


def _run_dot(program: str, source: str, output: str) -> bytes:
    """Have the installed Graphviz lay out the source; `graphviz.pipe` would wait for ever if it hangs."""
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 - the user's own `dot`, with arguments of ours
            [program, "-Kdot", f"-T{output}"],
            input=source.encode(),
            capture_output=True,
            timeout=LONGEST_LAYOUT,
            check=False,
        )
    except OSError as error:
        reason = error.strerror or error
        raise DrawingError(f"Graphviz's program {program} could not be started: {reason}. {REINSTALL}") from None
    except subprocess.TimeoutExpired:
        raise DrawingError(
            f"Graphviz's program {program} gave no picture within {LONGEST_LAYOUT:g} seconds. {TOO_LARGE}"
        ) from None
    if done.returncode or not done.stdout:
        said = " ".join(done.stderr.decode(errors="replace").split())[:_LONGEST_QUOTE] or "nothing"
        raise DrawingError(
            f"Graphviz's program {program} ended with exit code {done.returncode}. It said: {said}. {REINSTALL}"
        )
    return done.stdout


def _run_wasm(source: str) -> bytes:
    from sagadsl.diagrams.wasm import LayoutError, LayoutTimeoutError, lay_out

    try:
        return lay_out(source, within=LONGEST_LAYOUT)
    except LayoutTimeoutError:
        raise DrawingError(
            f"{_BUILT_IN} gave no picture within {LONGEST_LAYOUT:g} seconds. {TOO_LARGE} {INSTALL}"
        ) from None
    except LayoutError as error:
        said = str(error)[:_LONGEST_QUOTE]
        raise DrawingError(f"{_BUILT_IN} could not draw this. {TOO_LARGE} {INSTALL} It said: {said}.") from None
