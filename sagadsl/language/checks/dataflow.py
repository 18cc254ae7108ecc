"""Checks of expressions: every one is read, and type-checked against what is readable where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial

from sagadsl.language.celcheck import Checker, Expect
from sagadsl.language.celscope import ExpressionProblem, Scope
from sagadsl.language.checks.context import Context
from sagadsl.language.checks.scopes import Scopes
from sagadsl.language.codes import diagnose
from sagadsl.language.datatypes import ANY, DataType
from sagadsl.language.definition import Map, Path
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.places import Role, Site, sites
from sagadsl.language.template_text import TemplateError, scan, strings_in

_EXPECTED: Mapping[Role, Expect] = {
    "choice": "bool",
    "fail_when": "bool",
    "invariant": "bool",
    "items": "list",
    "until": "instant",
}
# An output that is read nowhere needs no type. One whose name is written with escapes is read as anything.
_OUTPUT = re.compile(r"states\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)")


def expressions(context: Context) -> Iterator[Diagnostic]:
    """SAGA401 to SAGA413 and SAGA506: every expression of the definition, at its very characters."""
    scopes = Scopes(context)
    checker = Checker(context.inference.input, list(context.states), _outputs(context), scopes.signals)
    for site in sites(context.definition):
        scope = scopes.at(site)
        if site.is_condition:
            problems = checker.check(site.value, scope, _EXPECTED[site.role])
            yield from (_at(context, site.path, 0, problem) for problem in problems)
        else:
            wrong = list(_template(context, checker, site, scope))
            yield from wrong or _misfits(context, checker, site, scope)
        _note_item(context, checker, site, scope)


def _misfits(context: Context, checker: Checker, site: Site, scope: Scope) -> Iterator[Diagnostic]:
    if context.catalogue is not None:
        from sagadsl.language.checks.fitting import misfits  # noqa: PLC0415  without a catalogue anything fits

        yield from misfits(context, site, partial(checker.type_of, scope=scope))


def _outputs(context: Context) -> dict[str, DataType]:
    read = {*_OUTPUT.findall(context.document.text)} & context.states.keys()
    named = [name for name in context.states if name in read]  # in the order of the text
    known = {name: context.inference.output(name) for name in named}
    return {name: kind for name, kind in known.items() if kind is not ANY}


def _note_item(context: Context, checker: Checker, site: Site, scope: Scope) -> None:
    """Remember what CEL knows of the items of a map, before its body is looked at."""
    if isinstance(site.state, Map) and site.role == "items" and context.inference.item(site.state) is ANY:
        context.inference.note_item(site.state, checker.type_of(site.value, scope).element or ANY)


def _template(context: Context, checker: Checker, site: Site, scope: Scope) -> Iterator[Diagnostic]:
    for path, text in strings_in(site.value, site.path):
        if "${" not in text:
            continue
        try:
            parts = scan(text)
        except TemplateError as error:
            place = context.document.place_in_scalar(path, error.start, error.end)
            yield diagnose("SAGA406", str(error), place, error.hint)
            continue
        for part in parts:
            if part.is_expression:
                problems = checker.check(part.text, scope)
                yield from (_at(context, path, part.start, problem) for problem in problems)


def _at(context: Context, path: Path, offset: int, problem: ExpressionProblem) -> Diagnostic:
    place = context.document.place_in_scalar(path, offset + problem.start, offset + problem.end)
    return diagnose(problem.code, problem.message, place, problem.hint)
