"""Which pictures `sagadsl draw` makes of which definitions, and into which files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sagadsl.cli import files
from sagadsl.cli.exits import PROBLEMS, CommandError

if TYPE_CHECKING:
    from sagadsl.cli.draw_run import Run
    from sagadsl.machine.compiler import CompiledSaga

_IN_A_FOLDER = "svg"


class View(NamedTuple):
    """What a picture shows; `state` is the one that fails in the view `failure`, if it is named."""

    name: str
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What to draw of each definition.

    Args:
        views: One or more.
        format: How to write it, or `None` for what the file's ending says.
        events: A file with the events of a run, or `None`.
    """

    views: tuple[View, ...]
    format: str | None = None
    events: Path | None = None


class Target(NamedTuple):
    """A definition, and the file for its picture; or `folder`, the folder and the beginning of the files' names."""

    source: Path
    output: Path
    folder: bool


def read_views(texts: Sequence[str]) -> tuple[View, ...]:
    """Return the views that were asked for, each once.

    Raises:
        CommandError: There is no such view.
    """
    return tuple(dict.fromkeys(map(_read_view, texts)))


def _read_view(text: str) -> View:
    from sagadsl.diagrams.views import VIEWS

    name, given, state = text.partition("=")
    if name not in VIEWS:
        raise CommandError(f"--view {text}: there is no such view", hint=f"the views: {', '.join(VIEWS)}")
    if given and name != "failure":
        raise CommandError(f"--view {text}: only `failure` is of one state")
    return View(name, state if given else None)


def targets(paths: Sequence[Path], output: Path, wish: Wish) -> list[Target]:
    """Return every definition with the place for its pictures.

    In a folder a picture is named after its definition, and lies as deep as that.

    Raises:
        CommandError: A path is not there, or many pictures would go into one file.
    """
    found = [
        (source, path if path.is_dir() else source.parent) for path in dict.fromkeys(paths) for source in _find(path)
    ]
    if _is_folder(output):
        return [Target(source, output / source.relative_to(base).with_suffix(""), True) for source, base in found]
    if len(found) > 1 or len(wish.views) > 1:
        raise CommandError(f"{output}: this is one file, and more than one picture is wanted", hint="name a folder")
    return [Target(source, output, False) for source, _ in found]


def _find(path: Path) -> list[Path]:
    return files.find([path]) if path.is_dir() else [path]


def _is_folder(output: Path) -> bool:
    return output.is_dir() if output.exists() else not output.suffix


def draw_into(target: Target, wish: Wish) -> Iterator[Path]:
    """Draw a definition and yield each file that was written.

    Raises:
        CommandError: A picture cannot be drawn or written.
        typer.Exit: The definition has errors, which have been shown.
    """
    format_ = wish.format or (_IN_A_FOLDER if target.folder else format_of(target.output))
    compiled = load(target.source)
    if not target.folder:
        yield write(target.output, picture(compiled, wish.views[0], format_, wish))
        return
    _make_folder(target.output.parent)
    for view in wish.views:
        for one in _each(compiled, view):
            file = target.output.with_name(f"{target.output.name}{_middle(one)}{_ending(format_)}")
            yield write(file, picture(compiled, one, format_, wish))


def load(source: Path) -> CompiledSaga:
    """Return a definition's machines; see `files.load`."""
    from sagadsl.machine.compiler import compile_saga

    return compile_saga(files.load(source))


def _each(compiled: CompiledSaga, view: View) -> list[View]:
    """Return the view; `failure` without a state is one of every state that can fail."""
    from sagadsl.diagrams.views import can_fail

    if view == View("failure"):
        return [View("failure", state) for state in can_fail(compiled)]
    return [view]


def _middle(view: View) -> str:
    if view.name == "flow":
        return ""
    return f".{view.name}" if view.state is None else f".{view.name}-{view.state}"


def picture(
    compiled: CompiledSaga,
    view: View,
    format: str,  # noqa: A002 - what everybody calls it
    wish: Wish,
    run: Run | None = None,
) -> bytes:
    """Return a picture as the bytes of a file, with a run on it: this one, or what is in the file of the wish.

    Raises:
        CommandError: It cannot be drawn.
    """
    from sagadsl.cli.draw_run import Run, read_run
    from sagadsl.diagrams import DrawingError, render

    if run is None:
        run = Run("", ()) if wish.events is None else read_run(wish.events, compiled)
    try:
        return render(
            compiled,
            format,
            view=view.name,
            state=view.state,
            events=run.events,
            saga_id=run.saga_id,
            looked_at=run.looked_at,
        )
    except DrawingError as error:
        raise CommandError(f"{compiled.definition.name}: {error}", PROBLEMS) from None


def _replace(file: Path, content: bytes) -> None:
    beside = file.with_name(f".{file.name}.unfinished")
    try:
        beside.write_bytes(content)
        beside.replace(file)
    finally:
        with suppress(OSError):
            beside.unlink()


def format_of(output: Path) -> str:
    """Return the format that a file's name asks for.

    Raises:
        CommandError: There is none with such an ending.
    """
    from sagadsl.diagrams import FORMATS

    try:
        return FORMATS[output.suffix.lower()]
    except KeyError:
        endings = ", ".join(FORMATS)
        raise CommandError(f"{output}: a picture's name ends in one of {endings}") from None


def _ending(format: str) -> str:  # noqa: A002 - what everybody calls it
    from sagadsl.diagrams import FORMATS

    return next(ending for ending, name in FORMATS.items() if name == format)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder}: the folder cannot be made: {error.strerror}", PROBLEMS) from None


def write(file: Path, content: bytes) -> Path:
    """Write a file at one stroke, so that whoever watches it never sees half a picture."""
    try:
        if file.exists() and not file.is_file():  # such as /dev/stdout
            file.write_bytes(content)
        else:
            _replace(file.resolve(), content)
    except OSError as error:
        raise CommandError(f"{file}: cannot be written: {error.strerror}", PROBLEMS) from None
    return file
