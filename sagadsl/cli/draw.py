"""`sagadsl draw`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sagadsl.cli.draw_files import Target, Wish, draw_into, load, picture, read_views, targets
from sagadsl.cli.exits import PROBLEMS, CommandError

_NO_TEXT = ("png", "pdf")


class Format(StrEnum):
    """How a picture is written."""

    DOT = "dot"
    SVG = "svg"
    PNG = "png"
    PDF = "pdf"
    MERMAID = "mermaid"
    PLANTUML = "plantuml"
    HTML = "html"


def command(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Definitions, or folders with definitions.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Where to; its ending says what: .dot, .svg, .png, .pdf, .mmd (Mermaid), .puml (PlantUML) or .html. "
            "A name without an ending is a folder, with a file for each picture.",
            metavar="FILE|FOLDER",
            show_default="printed",
        ),
    ] = None,
    view: Annotated[
        list[str] | None,
        typer.Option(
            help="What to show: `flow`, the states and what undoes them; `machine`, the flat machine; `lifecycle`, "
            "that of every saga and step; `failure=STATE`, what happens when this step fails; `sequence`, who calls "
            "whom.",
            metavar="VIEW",
            show_default="flow",
        ),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        Format | None,
        typer.Option(help="How to write it.", show_default="by the ending of -o, or else dot; in a folder, svg"),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(
            help="Show a run on the picture: its events, as `run` and `events` print them with `--format json`.",
            metavar="FILE",
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Draw again whenever a file is saved, until Ctrl-C.")] = False,
) -> None:
    """Draw a definition: as DOT, SVG, PNG, PDF, Mermaid or PlantUML, or as a page to look around in.

    SVG and HTML need nothing installed. PNG and PDF need Graphviz (`dot`).

        sagadsl draw order.yaml -o order.html

        sagadsl draw definitions -o pictures --view flow --view sequence

    Exit code 0, 1 when a definition has errors or a picture cannot be drawn, 2 when the command does.
    """
    wish = Wish(read_views(view or ["flow"]), None if format is None else format.value, events)
    if watch:
        if output is None:
            raise CommandError("--watch draws into files", hint="say where to with -o")
        from sagadsl.cli.draw_watch import watch as go_on

        go_on(paths, output, wish)
    elif output is None:
        _print(paths, wish)
    else:
        _draw(targets(paths, output, wish), wish)


def _print(paths: Sequence[Path], wish: Wish) -> None:
    if len(paths) > 1 or len(wish.views) > 1 or paths[0].is_dir():
        raise CommandError("several pictures are not printed", hint="say where to with -o FOLDER")
    format_ = wish.format or "dot"
    if format_ in _NO_TEXT and sys.stdout.isatty():
        raise CommandError(f"a {format_.upper()} is nothing for a terminal", hint="say where to with -o FILE")
    sys.stdout.buffer.write(picture(load(paths[0]), wish.views[0], format_, wish))


def _draw(wanted: Sequence[Target], wish: Wish) -> None:
    """Draw everything; what cannot be drawn does not keep the rest from it."""
    failed = False
    for target in wanted:
        try:
            for _ in draw_into(target, wish):
                pass
        except CommandError as error:
            if len(wanted) == 1:
                raise
            typer.echo(f"error: {error}", err=True)
            failed = True
        except typer.Exit:
            failed = True
    if failed:
        raise typer.Exit(PROBLEMS)
