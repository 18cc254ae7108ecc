"""Checks of expressions: every one is read, and type-checked against what is readable where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sagadsl.language.celcheck import Checker, Refusal, Scope
from sagadsl.language.celproblem import ExpressionProblem
from sagadsl.language.checks.context import Context
from sagadsl.language.checks.graph import arrows
from sagadsl.language.codes import diagnose
from sagadsl.language.definition import Choice, Fail, Pass, Path, State, Succeed, Task
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.places import Site, sites
from sagadsl.language.suggest import did_you_mean
from sagadsl.language.templates import TemplateError, scan, strings_in

_KINDS: dict[type[State], str] = {Choice: "choice", Succeed: "succeed", Fail: "fail"}


def expressions(context: Context) -> Iterator[Diagnostic]:
    """SAGA401 to SAGA407: every expression of the definition, at its very characters."""
    definition = context.definition
    checker = Checker(definition.input_schema, list(definition.states))
    for site in sites(definition):
        scope = _scope(context, site)
        if site.is_condition:
            problems = checker.check(site.value, scope, "bool")
            yield from (_at(context, site.path, 0, problem) for problem in problems)
        else:
            yield from _template(context, checker, site, scope)


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


def _scope(context: Context, site: Site) -> Scope:
    """Return what can be read at a place; everything, in a state that is never entered (which is told)."""
    state, flow = site.state, context.flow
    if state is None:
        return Scope(partial(_refuse_at_ends, context, _default_ends(context)))
    if state.name not in flow.reachable:
        return Scope(partial(_refuse_unknown, context), error=True, output=site.role == "fail_when")
    return Scope(
        partial(_refuse_at, context, site),
        error=site.role == "compensation" or state.name in flow.after_catch,
        output=site.role == "fail_when",
    )


def _default_ends(context: Context) -> list[str]:
    """Return the ends of the saga whose output is the definition's own."""
    states = context.definition.states.items()
    return [n for n, s in states if isinstance(s, Succeed) and s.output is None and n in context.flow.reachable]


def _refuse_at(context: Context, site: Site, name: str) -> Refusal | None:
    here = site.state.name if site.state is not None else ""
    if (refusal := _refuse_unknown(context, name)) is not None:
        return refusal
    if (name == here and site.role == "compensation") or context.flow.completed_before(name, here):
        return None
    if name == here:
        hint = "fail_when reads the answer as 'output'" if site.role == "fail_when" else ""
        return Refusal("SAGA405", f"'{name}' has not completed yet: it cannot read its own output", hint)
    return _not_on_every_path(context, name, here)


def _refuse_at_ends(context: Context, ends: list[str], name: str) -> Refusal | None:
    if (refusal := _refuse_unknown(context, name)) is not None:
        return refusal
    missed = next((end for end in ends if not context.flow.completed_before(name, end)), None)
    return None if missed is None else _not_on_every_path(context, name, missed)


def _refuse_unknown(context: Context, name: str) -> Refusal | None:
    """Refuse what is no state, or no state with an output."""
    states = context.definition.states
    if name not in states:
        return Refusal("SAGA402", f"there is no state '{name}'", did_you_mean(name, states))
    if isinstance(states[name], Task | Pass):
        return None
    kind = _KINDS.get(type(states[name]), "such a")
    return Refusal("SAGA402", f"'{name}' is a {kind} state and has no output", "only task and pass states have one")


def _not_on_every_path(context: Context, name: str, here: str) -> Refusal:
    way = context.flow.way_past(name, here)
    if name in way[:-1]:
        message = f"'{name}' has no output on every path to here: on {arrows(way)} it has failed"
    else:
        message = f"'{name}' has not completed on every path to here: {arrows(way)} does not pass it"
    return Refusal("SAGA405", message, "read it only where it has completed, or lead every path through it")
