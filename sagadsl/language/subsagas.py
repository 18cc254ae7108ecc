"""A definition among the others: the sagas that it runs, and the ones of its own name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from sagadsl.language.checks.fitting import unfitting
from sagadsl.language.checks.inference import Inference
from sagadsl.language.codes import diagnose
from sagadsl.language.datatypes import of_schema
from sagadsl.language.definition import Definition, SubSaga
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.library import Library, sagas_run_by
from sagadsl.language.source import Document
from sagadsl.language.suggest import did_you_mean, one_of


def among_others(definition: Definition, document: Document, library: Library) -> list[Diagnostic]:
    """Return what is wrong with a definition beside the others (SAGA216 to SAGA220).

    Args:
        definition: What `document` says.
        document: The text, for places.
        library: The others; whether it has the definition itself makes no difference.
    """
    library = library.including(definition)
    states = sagas_run_by(definition)
    found = [*_same(definition, document, library)]
    types = Inference(definition, library.catalogue, library)
    for state in states:
        target = library.saga(state.saga, state.version)
        found += _missing(state, document, library) if target is None else _misfits(state, target, document, types)
    if states:
        found += _cycle(definition, states, document, library)
    return found


def _same(definition: Definition, document: Document, library: Library) -> Iterator[Diagnostic]:
    for other in library.sagas[definition.name]:
        if other is definition:
            return  # the first one is right; it is told of those that follow
        if other.version == definition.version:
            message = f"{other.file} defines version '{definition.version}' of the saga '{definition.name}' already"
            hint = "give one of them another version, or another name"
            yield diagnose("SAGA220", message, document.place(("name",)), hint)


def _missing(state: SubSaga, document: Document, library: Library) -> Iterator[Diagnostic]:
    if state.saga in library.unread:
        return
    sagas = library.sagas.get(state.saga)
    if sagas is None:
        hint = did_you_mean(state.saga, library.sagas) or "check its file together with this one"
        message = f"there is no saga '{state.saga}' among the files that are checked"
        yield diagnose("SAGA216", message, document.place((*state.path, "saga")), hint)
    else:
        versions = one_of((f"'{each.version}'" for each in sagas), "and")
        message = f"the saga '{state.saga}' has no version '{state.version}'; there is {versions}"
        hint = "without a version, the newest is run"
        yield diagnose("SAGA217", message, document.place((*state.path, "version")), hint)


def _misfits(state: SubSaga, target: Definition, document: Document, types: Inference) -> Iterator[Diagnostic]:
    """What of the input departs from the other saga's input schema, as far as that is known before it runs."""
    wanted = of_schema(target.input_schema)
    if wanted.kind == "any":  # an input is always a map
        wanted = of_schema({"type": "object"})
    path = (*state.path, "input")
    for found in unfitting(state.input, wanted, path, types.expression, f"the saga '{state.saga}'"):
        place = (*state.path, "saga") if found.path == path and not state.input else found.path
        part: Literal["key", "value"] = "key" if found.at_key else "value"
        yield diagnose("SAGA218", found.message, document.place(place, part), found.hint)


def _cycle(definition: Definition, states: list[SubSaga], document: Document, library: Library) -> Iterator[Diagnostic]:
    cycle = library.cycle_of(definition)
    if not cycle:
        return
    state = next(each for each in states if library.saga(each.saga, each.version) is cycle[1])
    way = " → ".join(each.name for each in cycle)
    message = f"the saga would run itself, and never end: {way}"
    yield diagnose("SAGA219", message, document.place((*state.path, "saga")), "let one of them do without the other")
