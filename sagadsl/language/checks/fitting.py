"""Checks of payloads against the catalogue: does an action get what it takes?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from sagadsl.language.celwords import type_words
from sagadsl.language.checks.context import Context
from sagadsl.language.datatypes import ANY, INT, TEXT, DataType, of_schema, of_value, shown
from sagadsl.language.definition import Json, Path, SubSaga, Task
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.places import Site
from sagadsl.language.suggest import did_you_mean, nearest, one_of
from sagadsl.language.template_text import TemplateError, scan

TypeOf: TypeAlias = Callable[[str], DataType]
"""Gives what is known of the value of an expression."""

_CEL_NAMES = {"number": "double", "text": "string", "object": "map", "any": "dyn"}
_SHOWN = 8


class Misfit(NamedTuple):
    """One thing in a template that does not fit; `key` where it is told at the key."""

    code: str
    message: str
    path: Path
    hint: str = ""
    at_key: bool = False


def misfits(context: Context, site: Site, type_of: TypeOf) -> Iterator[Diagnostic]:
    """SAGA411 to SAGA413: the payload of an action, or of a compensation, against what the catalogue says it takes.

    Args:
        context: The definition.
        site: A place whose expressions are right.
        type_of: Gives what is known of an expression there.
    """
    wanted = _wanted(context, site)
    if wanted is None:
        return
    name, kind = wanted
    for found in unfitting(site.value, kind, site.path, type_of, name):
        if found.code == "SAGA412" and found.path == site.path and not site.value and site.state is not None:
            yield context.at_name(found.code, found.message, site.state, found.hint)  # there is no payload at all
        else:
            yield context.at(found.code, found.message, found.path, found.hint, "key" if found.at_key else "value")


def _wanted(context: Context, site: Site) -> tuple[str, DataType] | None:
    """Return the action that gets a template, and what it takes."""
    called: tuple[str, str] | None = None
    if site.role == "payload" and isinstance(site.state, Task):
        called = site.state.service, site.state.action
    elif site.role == "compensation" and isinstance(site.state, Task | SubSaga) and site.state.compensation is not None:
        called = site.state.compensation.service, site.state.compensation.action
    spec = None if called is None or context.catalogue is None else context.catalogue.action(*called)
    if called is None or spec is None or spec.payload is None:
        return None
    return ".".join(called), of_schema(spec.payload)


def unfitting(value: Json, wanted: DataType, path: Path, type_of: TypeOf, taker: str) -> Iterator[Misfit]:
    """Yield everything in a template that does not fit a type, as far as that is known before it is evaluated.

    Args:
        value: The template.
        wanted: What it should give.
        path: Where it stands in the document.
        type_of: Gives what is known of an expression in it.
        taker: What messages call who takes it.
    """
    if wanted.kind == "any":
        return
    if isinstance(value, Mapping) and wanted.kind == "object":
        yield from _object(value, wanted, path, type_of, taker)
    elif isinstance(value, list) and wanted.kind == "list":
        for i, item in enumerate(value):
            yield from unfitting(item, wanted.element or ANY, (*path, i), type_of, taker)
    elif isinstance(value, str) and "${" in value:
        given = _given(value, type_of)
        if not fits(given, wanted):
            yield _wrong_kind(given, wanted, path, taker)
    else:
        yield from _literal(value, wanted, path, taker)


def fits(given: DataType, wanted: DataType) -> bool:
    """Whether a value of one type can be one of the other; what is not known can be anything."""
    if "any" in (given.kind, wanted.kind):
        return True
    if given.kind != wanted.kind:
        return given.kind == "int" and wanted.kind == "number"
    if given.constants is not None and wanted.constants is not None:
        return any(constant in wanted.constants for constant in given.constants)
    if given.kind == "list":
        return fits(given.element or ANY, wanted.element or ANY)
    return all(fits(given.fields.get(name, ANY), kind) for name, kind in wanted.fields.items())


def _given(text: str, type_of: TypeOf) -> DataType:
    try:
        parts = scan(text)
    except TemplateError:
        return ANY
    return type_of(parts[0].text) if len(parts) == 1 and parts[0].is_expression else TEXT


def _object(value: Mapping[str, Json], wanted: DataType, path: Path, type_of: TypeOf, taker: str) -> Iterator[Misfit]:
    missing = [name for name in sorted(wanted.required) if name not in value]
    if missing:
        names = one_of([f"'{name}'" for name in missing], "and")
        slips = [(nearest(key, missing), key) for key in value if key not in wanted.fields]
        meant = next((f"did you mean '{name}' by '{key}'?" for name, key in slips if name and not wanted.is_strict), "")
        hint = meant or f"add {names}"
        yield Misfit("SAGA412", f"{taker} needs {names}", path, hint)
    for key, item in value.items():
        if key in wanted.fields:
            yield from unfitting(item, wanted.fields[key], (*path, key), type_of, taker)
        elif wanted.is_strict:
            hint = did_you_mean(key, wanted.fields) or _taken(wanted)
            yield Misfit("SAGA413", f"{taker} does not take '{key}'", (*path, key), hint, at_key=True)


def _taken(wanted: DataType) -> str:
    names = list(wanted.fields)
    if not names:
        return "it takes nothing"
    return f"it takes {one_of(names, 'and')}" if len(names) <= _SHOWN else f"it takes {', '.join(names[:_SHOWN])}, …"


def _literal(value: Json, wanted: DataType, path: Path, taker: str) -> Iterator[Misfit]:
    given = _literal_type(value)
    if wanted.kind == "number" and given.kind == "int":
        given = wanted
    if given.kind == "number" and wanted.kind == "int" and float(value).is_integer():
        given = INT
    if given.kind != wanted.kind:
        yield _wrong_kind(given, wanted, path, taker)
    elif wanted.constants is not None and value not in wanted.constants:
        words = one_of([shown(each) for each in wanted.constants[:_SHOWN]])
        hint = (
            did_you_mean(value, [c for c in wanted.constants if isinstance(c, str)]) if isinstance(value, str) else ""
        )
        yield Misfit("SAGA411", f"{taker} does not take {shown(value)} here", path, hint or f"it takes {words}")


def _literal_type(value: Json) -> DataType:
    if isinstance(value, Mapping):
        return DataType("object")
    return DataType("list") if isinstance(value, list) else of_value(value)


def _wrong_kind(given: DataType, wanted: DataType, path: Path, taker: str) -> Misfit:
    is_kind, wants = _words(given), _words(wanted)
    if is_kind == wants:
        message = f"{taker} takes {wants} of another kind here"
        return Misfit("SAGA411", message, path, "compare the fields with those in the catalogue")
    return Misfit("SAGA411", f"{taker} takes {wants} here, and this is {is_kind}", path, _conversion(given, wanted))


def _words(kind: DataType) -> str:
    return type_words(_CEL_NAMES.get(kind.kind, kind.kind))


def _conversion(given: DataType, wanted: DataType) -> str:
    names = {"text": "string", "int": "int", "number": "double"}
    simple = {*names, "bool"}
    if wanted.kind in names and given.kind in simple:
        return f"convert it with {names[wanted.kind]}(…)"
    return ""
