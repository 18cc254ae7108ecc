"""Checks of what decides where a saga goes: conditions that decide nothing, and catches that catch nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sagadsl.language import celtokens
from sagadsl.language.checks.context import Context
from sagadsl.language.definition import ANY_ERROR, Choice
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.expressions import Environment, EvaluationError


def constant_conditions(context: Context) -> Iterator[Diagnostic]:
    """SAGA306: a condition that reads nothing, and so is the same in every saga."""
    for state in context.reached:
        if isinstance(state, Choice):
            for i, arm in enumerate(state.choices):
                words = celtokens.tokens(arm.when)
                value = None if not words or celtokens.references(words) else _value(arm.when)
                if value is not None:
                    path = (*state.path, "choices", i, "when")
                    hint = "lead there with 'default'" if value else "delete this arm"
                    message = f"this condition reads nothing: it is always {str(value).lower()}"
                    yield context.at("SAGA306", message, path, hint)


def _value(text: str) -> bool | None:
    try:
        return Environment(()).expression(text).test({})
    except EvaluationError:  # of a wrong expression its own check tells, and it decides nothing
        return None


def shadowed_catches(context: Context) -> Iterator[Diagnostic]:
    """SAGA307: an error code in a `catch` that an earlier entry of the same state takes."""
    for step in context.steps:
        taken: dict[str, int] = {}
        for i, entry in enumerate(step.catch):
            for j, code in enumerate(entry.errors):
                first = taken.get(code, taken.get(ANY_ERROR, i))
                if first < i:
                    message = f"'{code}' is never caught here: it is taken by entry {first + 1} of this catch"
                    hint = "delete it, or move the entry that says more up"
                    yield context.at("SAGA307", message, (*step.path, "catch", i, "errors", j), hint)
            taken = {**dict.fromkeys(entry.errors, i), **taken}
