"""`sagadsl test`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from sagadsl.cli.exits import PROBLEMS, CommandError
from sagadsl.language import diagnostics
from sagadsl.language.diagnostics import DefinitionError

if TYPE_CHECKING:
    from sagadsl.runtime.scenarios.verdict import Verdict

Results: TypeAlias = "dict[str, Sequence[Verdict] | DefinitionError]"


class Format(StrEnum):
    """How the results are written."""

    TEXT = "text"
    JSON = "json"


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Files of scenarios, definitions that have one beside them, or folders."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit XML too, for build servers.")
    ] = None,
    format: Annotated[Format, typer.Option(help="`text` for people, `json` for programs.")] = Format.TEXT,  # noqa: A002
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of scenario files for editors, and stop.")
    ] = False,
) -> None:
    """Run scenarios: given an input and what the services do, is what happens what is expected?

    Scenarios stand in `NAME.scenarios.yaml` beside the definition `NAME.yaml`. No service is called, and nobody waits:
    time is the scenario's own.

    Exit code 0 when every scenario passes, 1 when one does not or a file has errors, 2 when a path is not there.
    """
    if schema:
        from sagadsl.runtime.scenarios.shape import schema_text

        typer.echo(schema_text(), nl=False)
        return
    if not paths:
        raise CommandError("no scenarios are named", hint="name a file such as order.scenarios.yaml, or a folder")
    seconds: dict[str, float] = {}
    results: Results = {}
    for path in find(paths):
        began = time.perf_counter()
        results[str(path)] = _run(path)
        seconds[str(path)] = time.perf_counter() - began
    _write(format, results)
    if junit is not None:
        _write_junit(junit, results, seconds)
    if any(isinstance(found, DefinitionError) or not all(v.passed for v in found) for found in results.values()):
        raise typer.Exit(PROBLEMS)


def find(paths: Sequence[Path]) -> list[Path]:
    """Return the files of scenarios at these paths, each once: those in folders, and those beside definitions.

    Raises:
        CommandError: A path does not exist, or has no scenarios.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            files = sorted(_in_folder(path))
            if not files:
                raise CommandError(f"{path}: there are no scenarios in this folder", hint=_endings())
            found.update(dict.fromkeys(files))
        elif not path.exists():
            raise CommandError(f"{path}: there is no such file or folder")
        else:
            found[path if _is_named_so(path) else _beside(path)] = None
    return list(found)


def _in_folder(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*.scenarios.y*ml"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if _is_named_so(path) and path.is_file() and not hidden:
            yield path


def _is_named_so(path: Path) -> bool:
    from sagadsl.runtime.scenarios.reading import ENDINGS

    return path.name.endswith(ENDINGS)


def _beside(definition: Path) -> Path:
    from sagadsl.runtime.scenarios.reading import ENDINGS

    for ending in ENDINGS:
        path = definition.with_name(definition.stem + ending)
        if path.is_file():
            return path
    raise CommandError(f"{definition}: there are no scenarios beside this file", hint=_endings())


def _endings() -> str:
    return "their files are named like order.scenarios.yaml"


def _run(path: Path) -> Sequence[Verdict] | DefinitionError:
    from sagadsl.cli.story import Teller
    from sagadsl.runtime.scenarios.reading import read_scenarios
    from sagadsl.runtime.scenarios.verdict import judge

    try:
        file = read_scenarios(path)
    except DefinitionError as error:
        return error
    return [judge(scenario, file.compiled, Teller().tell) for scenario in file.scenarios]


def _write(format: Format, results: Mapping[str, Sequence[Verdict] | DefinitionError]) -> None:  # noqa: A002
    verdicts = [v for found in results.values() if not isinstance(found, DefinitionError) for v in found]
    broken = {file: found for file, found in results.items() if isinstance(found, DefinitionError)}
    if format is Format.JSON:
        errors = [entry for error in broken.values() for entry in diagnostics.to_json(error.diagnostics)]
        data = {"scenarios": [verdict.to_json() for verdict in verdicts], "errors": errors}
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for error in broken.values():
        typer.echo(str(error), err=True)
    for file, found in results.items():
        if not isinstance(found, DefinitionError):
            _write_file(file, found)
    failed = sum(not verdict.passed for verdict in verdicts)
    typer.echo(_summary(len(verdicts) - failed, failed, len(broken)))


def _write_file(file: str, verdicts: Sequence[Verdict]) -> None:
    failed = [verdict for verdict in verdicts if not verdict.passed]
    typer.echo(f"{file}: {len(verdicts) - len(failed)} of {len(verdicts)} pass")
    for verdict in failed:
        typer.secho(f"\n{file}:{verdict.scenario.line}: {verdict.scenario.name}", fg="red", bold=True)
        typer.echo("\n".join(f"  {line}".rstrip() for line in verdict.text.splitlines()))


def _summary(passed: int, failed: int, broken: int) -> str:
    scenarios = "1 scenario passes" if passed == 1 else f"{passed} scenarios pass"
    parts = [scenarios, f"{failed} failed" if failed else ""]
    parts.append(f"{broken} {'file has' if broken == 1 else 'files have'} errors" if broken else "")
    return ", ".join(part for part in parts if part)


def _write_junit(
    path: Path, results: Mapping[str, Sequence[Verdict] | DefinitionError], seconds: Mapping[str, float]
) -> None:
    from sagadsl.runtime.scenarios.junit import junit_xml

    try:
        path.write_text(junit_xml(results, seconds), encoding="utf-8", newline="\n")
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {error.strerror}", PROBLEMS) from None
