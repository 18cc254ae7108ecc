"""`sagadsl draw`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.draw_files import Target, Wish, draw_into, format_of, load, picture, read_views, targets, write
from sagadsl.cli.draw_stored import stored_run
from sagadsl.cli.exits import PROBLEMS, CommandError
from sagadsl.cli.finding import SAGA_HELP
from sagadsl.cli.stores import StoreOption

if TYPE_CHECKING:
    from sagadsl.cli.draw_run import Run
    from sagadsl.machine.compiler import CompiledSaga

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
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE…", help="Definitions, or folders with definitions; none with `--run`."),
    ] = None,
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
            "that of every saga and step; `failure=STATE` or `failure STATE`, what happens when this step fails; "
            "`sequence`, who calls whom.",
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
    run: Annotated[
        str | None,
        typer.Option(help="Show a saga of the store, with the definition that it runs. " + SAGA_HELP, metavar="ID"),
    ] = None,
    store: StoreOption = None,
    archive: Annotated[
        Path | None,
        typer.Option(help="With `--run`: a file of `sagadsl purge` or `export`, instead of the store.", metavar="FILE"),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Draw again whenever a file is saved, until Ctrl-C.")] = False,
) -> None:
    """Draw a definition: as DOT, SVG, PNG, PDF, Mermaid or PlantUML, or as a page to look around in.

    SVG and HTML need nothing installed. PNG and PDF need Graphviz (`dot`).

        sagadsl draw order.yaml -o order.html

        sagadsl draw definitions -o pictures --view flow --view sequence

        sagadsl draw --run 01a1f8d8 -o run.html

    Exit code 0, 1 when a definition has errors or a picture cannot be drawn, 2 when the command does.
    """
    paths, view = _with_states(paths or [], view or ["flow"])
    wish = Wish(read_views(view), None if format is None else format.value, events)
    _check_sources(paths, run, archive, events, watch=watch)
    if run is not None:
        _draw_run(wish, output, *stored_run(run, store, archive))
    elif watch:
        if output is None:
            raise CommandError("--watch draws into files", hint="say where to with -o")
        from sagadsl.cli.draw_watch import watch as go_on

        go_on(paths, output, wish)
    elif output is None:
        _print(paths, wish)
    else:
        _draw(targets(paths, output, wish), wish)


def _with_states(given: list[Path], views: list[str]) -> tuple[list[Path], list[str]]:
    """Return what to draw, and the views of it; in `--view failure STATE` the state has come among the paths."""
    states = [] if "failure" not in views else [path for path in given if not path.suffix and not path.exists()]
    if not states:
        return given, views
    others = [view for view in views if view != "failure"]
    return [path for path in given if path not in states], [*others, *(f"failure={state}" for state in states)]


def _check_sources(
    paths: Sequence[Path], run: str | None, archive: Path | None, events: Path | None, *, watch: bool
) -> None:
    if run is None:
        if archive is not None:
            raise CommandError(f"--archive {archive}: which saga of it?", hint="name it with --run ID")
        if not paths:
            raise CommandError("there is nothing to draw", hint="name a definition, or a saga with --run ID")
    elif paths:
        raise CommandError(
            f"--run {run}: a saga is drawn with the definition that it was started with, and {paths[0]} was given too",
            hint="leave one of the two out",
        )
    elif events is not None or watch:
        raise CommandError(f"--run {run}: leave --events and --watch out")


def _draw_run(wish: Wish, output: Path | None, compiled: CompiledSaga, run: Run) -> None:
    if len(wish.views) > 1 or (output is not None and (output.is_dir() or not output.suffix)):
        raise CommandError("a run is drawn as one picture", hint="name one view, and a file with -o")
    form = wish.format or ("dot" if output is None else format_of(output))
    if output is None:
        _to_stdout(picture(compiled, wish.views[0], form, wish, run), form)
    else:
        write(output, picture(compiled, wish.views[0], form, wish, run))


def _print(paths: Sequence[Path], wish: Wish) -> None:
    if len(paths) > 1 or len(wish.views) > 1 or paths[0].is_dir():
        raise CommandError("several pictures are not printed", hint="say where to with -o FOLDER")
    form = wish.format or "dot"
    _to_stdout(picture(load(paths[0]), wish.views[0], form, wish), form)


def _to_stdout(content: bytes, form: str) -> None:
    if form in _NO_TEXT and sys.stdout.isatty():
        raise CommandError(f"a {form.upper()} is nothing for a terminal", hint="say where to with -o FILE")
    sys.stdout.buffer.write(content)


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
