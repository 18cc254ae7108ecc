"""The way from a text to scenarios: read, check the shape, find the definition, check that they fit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Any

from sagadsl.language.definition import Json, Path
from sagadsl.language.diagnostics import DefinitionError, Diagnostic
from sagadsl.language.durations import parse_duration
from sagadsl.language.inputs import InputError, prepare_input
from sagadsl.language.load import check
from sagadsl.language.problems import Problem
from sagadsl.language.remains import without
from sagadsl.language.source import Document, parse, read_text
from sagadsl.machine.compiler import CompiledSaga, compile_saga
from sagadsl.machine.events import Failure
from sagadsl.runtime.scenarios.codes import diagnostic
from sagadsl.runtime.scenarios.meaning import meaning_problems
from sagadsl.runtime.scenarios.model import Behaviour, Scenario, ScenarioFile, Signal
from sagadsl.runtime.scenarios.shape import OPENING, structure_problems

ENDINGS = (".scenarios.yaml", ".scenarios.yml")
"""How the names of such files end."""

_UNKNOWN_KEY = "SAGA201"
_STARTS_AT = "2030-01-01T00:00:00Z"


def read_scenarios(path: FilePath) -> ScenarioFile:
    """Return the scenarios in a file, with the saga that they are about.

    Raises:
        DefinitionError: There is an error in it, or in the definition. It holds everything that was found.
    """
    text = read_text(path)
    document = parse(text, str(path), "scenario", OPENING)
    document, problems = _without_unknown_keys(document)
    try:
        compiled = _compiled(path, document)
    except DefinitionError as error:
        also = [diagnostic(problem, document) for problem in problems]
        raise DefinitionError([*also, *error.diagnostics], {document.file: document.text, **error.texts}) from None
    problems += meaning_problems(document.data, compiled)
    scenarios = []
    for index in range(len(document.data["scenarios"])):
        made = _Maker(document, compiled, index).scenario()
        if isinstance(made, Problem):
            problems.append(made)
        else:
            scenarios.append(made)
    _refuse(problems, document)
    return ScenarioFile(path, compiled, tuple(scenarios))


def _without_unknown_keys(document: Document) -> tuple[Document, list[Problem]]:
    """Return the document as if it had only keys that are known, and what is wrong with the others.

    Raises:
        DefinitionError: More than that is wrong with its shape.
    """
    unknown: list[Problem] = []
    problems = structure_problems(document.data)
    if problems and all(problem.code == _UNKNOWN_KEY for problem in problems):
        unknown = problems
        document = document.with_data(without(document.data, [problem.path for problem in unknown]))
        problems = structure_problems(document.data)
    if problems:  # one around an unknown key is about what was meant by it
        apart = [p for p in problems if not any(each.path[: len(p.path)] == p.path for each in unknown)]
        _refuse([*unknown, *apart], document)
    return document, unknown


def _refuse(problems: list[Problem], document: Document, others: tuple[Diagnostic, ...] = ()) -> None:
    if problems:
        texts = {document.file: document.text}
        raise DefinitionError([*(diagnostic(problem, document) for problem in problems), *others], texts)


def _compiled(path: FilePath, document: Document) -> CompiledSaga:
    """Return the saga that the scenarios are about."""
    place, file = _definition_file(path, document)
    if not file.is_file():
        message = f"there is no definition {file}"
        hint = "name it with the key 'definition'" if not place else "the path begins at the folder of this file"
        _refuse([Problem("SAGA721", message, place, hint=hint)], document)
    text = read_text(file)
    definition, found = check(text, str(file))
    if definition is not None:
        return compile_saga(definition)
    problem = Problem("SAGA722", f"the definition {file} has errors", place, hint="mend them first")
    diagnostics = [diagnostic(problem, document), *found]
    raise DefinitionError(diagnostics, {document.file: document.text, str(file): text})


def _definition_file(path: FilePath, document: Document) -> tuple[Path, FilePath]:
    named = document.data.get("definition")
    if named is not None:
        return ("definition",), path.parent / named
    stem = next((path.name.removesuffix(ending) for ending in ENDINGS if path.name.endswith(ending)), path.stem)
    candidates = [path.with_name(f"{stem}{ending}") for ending in (".yaml", ".yml")]
    return (), next((file for file in candidates if file.is_file()), candidates[0])


class _Maker:
    """Makes the scenario at an index of a document that is known to be of the right shape."""

    def __init__(self, document: Document, compiled: CompiledSaga, index: int) -> None:
        self.document = document
        self.compiled = compiled
        self.path: Path = ("scenarios", index)
        self.data: Mapping[str, Any] = document.data["scenarios"][index]
        self.defaults: Mapping[str, Any] = document.data.get("defaults", {})

    def scenario(self) -> Scenario | Problem:
        """Return the scenario, or why there is none."""
        starts_at = _instant(self._starts_at_text())
        if starts_at is None:
            message = f"'{self._starts_at_text()}' is not an instant"
            return Problem("SAGA707", message, self._path_of("starts_at"), hint=f"for example {_STARTS_AT}")
        given = _laid_over(self.data.get("input", {}), self.defaults.get("input", {}))
        try:
            prepared = prepare_input(self.compiled.definition, given)
        except InputError as error:
            wrong = "; ".join(str(problem) for problem in error.problems)
            name = self.compiled.definition.name
            return Problem("SAGA730", f"the input does not fit {name}: {wrong}", self._path_of("input"))
        services = {**self.defaults.get("services", {}), **self.data.get("services", {})}
        return Scenario(
            name=self.data["name"],
            file=self.document.file,
            line=self.document.place((*self.path, "name"), "key").line,
            input=prepared,
            expect=self.data["expect"],
            starts_at=starts_at,
            description=self.data.get("description", ""),
            services={key: _behaviours(value) for key, value in services.items()},
            signals=tuple(_signal(signal) for signal in self.data.get("signals", [])),
        )

    def _starts_at_text(self) -> str:
        return str(self.data.get("starts_at", self.defaults.get("starts_at", _STARTS_AT)))

    def _path_of(self, key: str) -> Path:
        """Where a key stands: in the scenario, in the defaults, or else the scenario itself."""
        if key in self.data:
            return (*self.path, key)
        return ("defaults", key) if key in self.defaults else (*self.path, "name")


def _instant(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _laid_over(upper: Json, lower: Json) -> Json:
    """Return the data of `upper`, and what `lower` has for the keys of maps that are not there."""
    if not isinstance(upper, dict) or not isinstance(lower, dict):
        return upper
    merged = {key: _laid_over(value, lower[key]) if key in lower else value for key, value in upper.items()}
    return {**lower, **merged}


def _behaviours(given: Any) -> tuple[Behaviour, ...]:
    entries = given if isinstance(given, list) else [given]
    last = len(entries) - 1
    return tuple(_behaviour(entry, is_last=index == last) for index, entry in enumerate(entries))


def _behaviour(data: Mapping[str, Any], *, is_last: bool = True) -> Behaviour:
    takes, always = parse_duration(data.get("takes", 0)), None if is_last else 1
    if "reports" in data:
        return Behaviour("succeeds", {}, takes=takes, times=always, report=_behaviour(data["reports"]))
    if "fails" in data:
        given: dict[str, Any] = {"code": data["fails"]} if isinstance(data["fails"], str) else dict(data["fails"])
        times = given.pop("times", always)
        given["retry_after"] = parse_duration(given.get("retry_after", 0))
        return Behaviour("fails", failure=Failure(**given), takes=takes, times=times)
    if "times_out" in data:
        return Behaviour("silent", times=always if data["times_out"] is True else data["times_out"])
    if "never_answers" in data:
        return Behaviour("silent")
    return Behaviour("succeeds", data["succeeds"], takes=takes, times=always)


def _signal(data: Mapping[str, Any]) -> Signal:
    at = parse_duration(data["at"]) if "at" in data else None
    return Signal(data["name"], data.get("payload"), at, parse_duration(data.get("after", 0)))
