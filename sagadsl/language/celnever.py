"""What CEL's checker lets pass and no saga could ever use: forms that mean nothing here, constants without a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sagadsl.language.celscope import ExpressionProblem
from sagadsl.language.celtokens import LITERALS, Reference, Token
from sagadsl.language.celtypes import PACKAGE
from sagadsl.language.expressions import Environment, EvaluationError, variable

_CONVERSIONS = frozenset({"timestamp", "duration", "int", "uint", "double", "bool"})
_PATTERN = "matches"


def never(
    text: str, words: Sequence[Token], read: Sequence[Reference], nothing: Environment
) -> Iterator[ExpressionProblem]:
    """Yield what can never work in an expression that compiles.

    Args:
        text: The expression.
        nothing: Evaluates what reads nothing.
        words: Its tokens.
        read: Its references.
    """
    yield from _types(words, read)
    yield from _whole_outputs(words, read)
    if read:
        for i, word in enumerate(words):
            if word.kind == "string" and (constant := _constant(words, i)) is not None:
                yield from _without_value(nothing, constant, words[i - 2].start, words[i + 1].end)
    elif not any(_is_type(words, i) for i in range(len(words))):
        yield from _without_value(nothing, text, words[0].start, words[-1].end)


def _types(words: Sequence[Token], read: Sequence[Reference]) -> Iterator[ExpressionProblem]:
    """Objects of a named type: there are none, and the names that CEL is given for its checks are nobody else's."""
    for found in read:
        if found.root == PACKAGE:
            yield ExpressionProblem("SAGA402", f"there is no name '{found.root}' here", "", found.start, found.end)
    for i, word in enumerate(words):
        if _is_type(words, i) and word.text != PACKAGE and not any(each.root == PACKAGE for each in read):
            message = f"there is no type '{word.text}' to make an object of"
            hint = "an object has no name before its brace, as in {'amount': 1}"
            yield ExpressionProblem("SAGA402", message, hint, word.start, word.end)


def _is_type(words: Sequence[Token], i: int) -> bool:
    return words[i].kind == "name" and words[i].text not in LITERALS and [w.text for w in words[i + 1 : i + 2]] == ["{"]


def _whole_outputs(words: Sequence[Token], read: Sequence[Reference]) -> Iterator[ExpressionProblem]:
    """`has(states.x.output)`: to CEL that is a variable and no field, and what it gives is the output itself."""
    asked = {words[_past_brackets(words, i + 1)].start for i, word in enumerate(words[:-1]) if word.text == "has"}
    for found in read:
        if found.start in asked and found.root in ("states", "signals") and not variable(found)[1]:
            message = f"has() asks for a field of {found.text}, not for all of it"
            yield ExpressionProblem("SAGA404", message, f"write has({found.text}.FIELD)", found.start, found.end)


def _past_brackets(words: Sequence[Token], i: int) -> int:
    while i < len(words) - 1 and words[i].text in ("(", "."):
        i += 1
    return i


def _constant(words: Sequence[Token], i: int) -> str | None:
    """Return an expression that has a value only if a call with nothing but this literal has one."""
    before, after = [word.text for word in words[max(i - 2, 0) : i]], [word.text for word in words[i + 1 : i + 2]]
    if len(before) < 2 or before[1] != "(" or after != [")"]:  # noqa: PLR2004  a name and its bracket
        return None
    if before[0] == _PATTERN:
        return f"''.{_PATTERN}({words[i].text})"
    return f"{before[0]}({words[i].text})" if before[0] in _CONVERSIONS else None


def _without_value(nothing: Environment, text: str, start: int, end: int) -> Iterator[ExpressionProblem]:
    try:
        nothing.expression(text).evaluate({})
    except EvaluationError as error:
        message = f"this never has a value: {error.reason}" if error.reason else str(error)
        yield ExpressionProblem("SAGA404", message, "", start, end)
