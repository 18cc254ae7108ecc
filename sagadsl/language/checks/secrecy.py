"""Checks of what is sensitive, from saga to saga.

What a saga calls sensitive is masked in those that it runs as well, and only there: where one is run by itself or by
another one, and in pictures, its own definition counts. What it answers is masked by the definition of who runs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sagadsl.language.celhanding import Names, names_of
from sagadsl.language.checks.context import Context
from sagadsl.language.datatypes import ANY, DataType, of_schema
from sagadsl.language.definition import Definition, Path, SubSaga
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.sensitivity import OUTPUT, Copy, Sensitivity, covers


def sensitive_elsewhere(context: Context) -> Iterator[Diagnostic]:
    """SAGA419: what is sensitive in a saga is not so in one that it runs, or the other way round."""
    if context.library is None:
        return
    own: Sensitivity | None = None
    for state in context.reached:
        if isinstance(state, SubSaga) and (target := context.library.saga(state.saga, state.version)) is not None:
            own = own or Sensitivity(context.definition)
            handed = list(own.within(state.input))
            yield from _shown_there(context, state, target, handed)
            yield from _shown_before(context, state, target, own)
            yield from _shown_here(context, state, target, [to for _, to in handed])


def _shown_there(
    context: Context, state: SubSaga, target: Definition, handed: list[tuple[Copy, Names]]
) -> Iterator[Diagnostic]:
    kind = of_schema(target.input_schema)
    for copy, to in handed:
        there = ("input", *to)
        if _masked(kind, there, target.sensitive):
            continue
        name, where = f"the saga '{target.name}'", ".".join(there)
        message = f"{'.'.join(_called(context.definition, copy))} is sensitive, and {name} does not call {where} so"
        hint = f"add {where} to the sensitive of '{target.name}'"
        if not _takes(kind, to):
            hint = f"leave it out: {name} has no such input"
        yield context.at("SAGA419", message, (*state.path, "input", *copy.place), hint)


def _shown_before(context: Context, state: SubSaga, target: Definition, own: Sensitivity) -> Iterator[Diagnostic]:
    """What the other saga calls sensitive of its input, and this one does not where it is read."""
    masked = [names[1:] for names in map(names_of, target.sensitive) if names[:1] == ("input",)]
    for copy in own.copies(state.input):
        for there in masked if copy.is_whole else ():
            if not _meets([there], copy.to):
                continue
            where = ".".join(("input", *there))
            for path in _open_origins(context.definition, own, (*copy.source, *there[len(copy.to) :])):
                here = ".".join(path)
                message = f"the saga '{target.name}' calls {where} sensitive, and {here} is not so here"
                yield context.at("SAGA419", message, (*state.path, "input", *copy.place), f"add {here} to sensitive")


def _open_origins(definition: Definition, own: Sensitivity, place: Names) -> list[Names]:
    """Return where a value came into a saga that calls it sensitive neither there nor where it is read."""
    if _meets(own.paths, place):
        return []
    kind = of_schema(definition.input_schema)
    there = (path for path in own.origins(place) if path[0] != "input" or _takes(kind, path[1:]))
    return sorted(path for path in there if not _meets(own.paths, path))


def _called(definition: Definition, copy: Copy) -> Names:
    """Return what the author calls sensitive, where that is what is read or around it; otherwise what is read."""
    around = (names_of(path) for path in definition.sensitive)
    return next((path for path in around if copy.source[: len(path)] == path), copy.source)


def _shown_here(context: Context, state: SubSaga, target: Definition, handed: list[Names]) -> Iterator[Diagnostic]:
    """What the other saga calls sensitive of itself and answers; what it was given, this one masks where it is."""
    given = [("input", *to) for to in handed]
    itself = [path for path in target.sensitive if not _meets(given, names_of(path))]
    answered = (path[len(OUTPUT) :] for path in Sensitivity(target, itself).paths if path[: len(OUTPUT)] == OUTPUT)
    for rest in sorted(answered):
        here = ("states", state.name, "output", *rest)
        if not covers(context.definition.sensitive, here):
            what = f"what the saga '{target.name}' calls sensitive"
            message = f"{what} is in its output, and shown here as {'.'.join(here)}"
            yield context.at("SAGA419", message, (*state.path, "saga"), f"add {'.'.join(here)} to sensitive")


def _meets(places: Iterable[Names], path: Names) -> bool:
    return any(place[: len(path)] == path[: len(place)] for place in places)


def _masked(kind: DataType, path: Names, sensitive: Iterable[Path]) -> bool:
    """Whether all that can be at a path of an input is masked there: as a whole, or in each of its fields."""
    if covers(sensitive, path):
        return True
    if not any(names_of(each)[: len(path)] == path for each in sensitive):
        return False
    found = _at(kind, path[1:])
    if found.kind != "object" or not found.fields or found.is_open:
        return False
    return all(_masked(kind, (*path, name), sensitive) for name in found.fields)


def _at(kind: DataType, path: Names) -> DataType:
    for name in path:
        kind = _element(kind).fields.get(name, ANY)
    return _element(kind)


def _element(kind: DataType) -> DataType:
    while kind.kind == "list":
        kind = kind.element or ANY
    return kind


def _takes(kind: DataType, path: Names) -> bool:
    """Whether an input may have something at a path."""
    for name in path:
        kind = _element(kind)
        if kind.kind == "object" and kind.fields and not kind.is_open and name not in kind.fields:
            return False
        kind = kind.fields.get(name, ANY)
    return True
