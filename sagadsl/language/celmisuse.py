"""Expressions that give something else than what is needed where they stand."""

from __future__ import annotations

from collections.abc import Mapping

from sagadsl.language.celscope import ExpressionProblem
from sagadsl.language.celwords import type_words

_NEEDED: Mapping[str, tuple[str, str, str]] = {
    # what is needed: code, sentence, hint
    "bool": ("SAGA407", "this condition gives {}, not true or false", "compare it with something"),
    "list": ("SAGA404", "'items' has to be a list, not {}", "it is what the body is run for, one by one"),
    "instant": (
        "SAGA404",
        "'until' has to be a timestamp, not {}",
        "write timestamp('2030-01-31T12:00:00Z'), or saga.started_at + duration('1h')",
    ),
}


def misfit(text: str, given: str, needed: str) -> ExpressionProblem:
    """Return what to say of an expression whose value has another type than the place needs.

    Args:
        text: The expression.
        given: CEL's name of the type that its value has.
        needed: `bool`, `list` or `instant`.
    """
    code, message, hint = _NEEDED[needed]
    return ExpressionProblem(code, message.format(type_words(given)), hint, 0, len(text))


def no_json(text: str, given: str, part: str) -> ExpressionProblem:
    """Return what to say of an expression whose value JSON cannot hold.

    Args:
        text: The expression.
        given: CEL's name of the type that its value has.
        part: The part of that name that is to blame.
    """
    if part.startswith("MAP"):
        message, hint = "this gives an object whose keys are not text", "put them in quotes, or around them string(…)"
    else:
        message, hint = f"this gives {type_words(part)}{'' if given.startswith(part) else ' inside'}", ""
    return ExpressionProblem("SAGA404", f"{message}, which JSON cannot hold", hint, 0, len(text))
