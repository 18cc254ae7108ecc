"""Checks of what decides where a saga goes: conditions that decide nothing, catches that catch nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sagadsl.language import celtokens
from sagadsl.language.checks.context import Context
from sagadsl.language.checks.inference import Inference
from sagadsl.language.definition import ANY_ERROR, Catch, Choice, Path
from sagadsl.language.diagnostics import Diagnostic


def constant_conditions(context: Context) -> Iterator[Diagnostic]:
    """SAGA306 and SAGA308: a condition that is the same in every saga, and the arms that come after a true one."""
    for state in context.reached:
        if isinstance(state, Choice):
            values = _constants(context, state)
            for i, value in values.items():
                hint = "lead there with 'default'" if value else "delete this arm"
                message = f"this condition reads nothing: it is always {str(value).lower()}"
                yield context.at("SAGA306", message, (*state.path, "choices", i, "when"), hint)
            taken = _always_taken(state, values)
            for i in range(taken + 1, len(state.choices)):
                message = f"this arm is never tried: the condition of arm {taken + 1} is always true"
                yield context.at("SAGA308", message, (*state.path, "choices", i), "delete it, or move it up")


def shadowed_catches(context: Context) -> Iterator[Diagnostic]:
    """SAGA307: an error code in a `catch` that an earlier entry of the same state takes."""
    for step in context.steps:
        for i, j, first in _shadowed(step.catch):
            code = step.catch[i].errors[j]
            message = f"'{code}' is never caught here: it is taken by entry {first + 1} of this catch"
            hint = "delete it, or move the entry that says more up"
            yield context.at("SAGA307", message, (*step.path, "catch", i, "errors", j), hint)


def unreached_states(context: Context) -> Iterator[Diagnostic]:
    """SAGA309: a state that only arms and catches which are never taken lead to. What follows it is not told."""
    closed = set(_never_taken(context))
    if not closed:
        return
    reached = context.flow.reachable_without(lambda edge: edge.path in closed)
    lost = {edge.target for edge in context.flow.edges if edge.path in closed} - reached
    for name in sorted(lost & context.flow.reachable):
        message = f"the state '{name}' is never reached: no way that leads to it is ever taken"
        yield context.at_name("SAGA309", message, context.states[name], "lead to it from elsewhere, or delete it")


def open_choices(context: Context) -> Iterator[Diagnostic]:
    """SAGA310: a choice without a default, of which one cannot see that one of its conditions always holds."""
    for state in context.reached:
        if isinstance(state, Choice) and state.default is None:
            case = open_case(state, context.inference)
            if case is not None:
                when = f" when {case}" if case else ""
                message = f"'{state.name}' may lead nowhere, which is the error NoChoice{':' if when else ''}{when}"
                yield context.at_name("SAGA310", message, state, "say with 'default' where it leads then")


def open_case(state: Choice, inference: Inference) -> str | None:
    """Return a case in which no condition of a choice holds, as `Cases.open_case` does."""
    from sagadsl.language.celcases import Cases  # noqa: PLC0415  nearly every choice has a default

    return Cases([arm.when for arm in state.choices], inference.expression).open_case()


def _never_taken(context: Context) -> Iterator[Path]:
    """Yield where the targets stand of all the ways that no saga goes."""
    for state in context.reached:
        if isinstance(state, Choice):
            values = _constants(context, state)
            taken = _always_taken(state, values)
            for i in range(len(state.choices)):
                if i > taken or values.get(i) is False:
                    yield (*state.path, "choices", i, "next")
            if taken < len(state.choices):
                yield (*state.path, "default")
    for step in context.steps:
        shadowed = [i for i, _, _ in _shadowed(step.catch)]
        for i, entry in enumerate(step.catch):
            if shadowed.count(i) == len(entry.errors):
                yield (*step.path, "catch", i, "next")


def _constants(context: Context, state: Choice) -> dict[int, bool]:
    """Return the values of the conditions that read nothing, by their arms."""
    found = {}
    for i, arm in enumerate(state.choices):
        words = celtokens.tokens(arm.when)
        value = None if not words or celtokens.references(words) else _value(context, arm.when)
        if value is not None:
            found[i] = value
    return found


def _always_taken(state: Choice, values: dict[int, bool]) -> int:
    """Return the first arm that every saga takes which comes that far, or the number of arms if there is none."""
    return next((i for i, value in values.items() if value), len(state.choices))


def _value(context: Context, text: str) -> bool | None:
    from sagadsl.language.expressions import EvaluationError  # noqa: PLC0415  hardly any condition is constant

    try:
        return context.nothing.expression(text).test({})
    except EvaluationError:  # of a wrong expression its own check tells, and it decides nothing
        return None


def _shadowed(catch: tuple[Catch, ...]) -> Iterator[tuple[int, int, int]]:
    """Yield each code that an earlier entry takes: the entry it stands in, its place there, and the earlier entry."""
    taken: dict[str, int] = {}
    for i, entry in enumerate(catch):
        for j, code in enumerate(entry.errors):
            first = taken.get(code, taken.get(ANY_ERROR, i))
            if first < i:
                yield i, j, first
        for code in entry.errors:
            taken.setdefault(code, i)
