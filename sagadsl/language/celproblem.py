"""An expression as those know it who say what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

from sagadsl.language.celscope import ExpressionProblem
from sagadsl.language.celtokens import Token
from sagadsl.language.records import record


@record()
class Source:
    """An expression, and what is known of the names in it.

    Args:
        text: The expression.
        words: Its tokens.
        fields: Name of each message type → the names of its fields.
        input_fields: The fields of the saga's input, as far as its schema says.
        state_names: Every state there is.
        variables: The variables that can be read only in this place.
    """

    text: str
    words: Sequence[Token]
    fields: Mapping[str, Sequence[str]]
    input_fields: Sequence[str]
    state_names: Sequence[str]
    variables: Collection[str] = ()

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a 1-based line and column as CEL counts them, within the text."""
        lines = self.text.split("\n")
        before = sum(len(text) + 1 for text in lines[: max(line, 1) - 1])
        return min(before + max(column, 1) - 1, len(self.text))

    def index(self, offset: int) -> int:
        """Return the index of the token at or after an offset; the number of tokens at the end."""
        return next((i for i, word in enumerate(self.words) if word.end > offset), len(self.words))

    def word(self, i: int) -> str:
        """Return the text of a token, or nothing beyond the first and the last."""
        return self.words[i].text if 0 <= i < len(self.words) else ""

    def problem(self, code: str, message: str, hint: str, i: int, last: int | None = None) -> ExpressionProblem:
        """Return a problem with the tokens from `i` to `last`; with the last one if there is none at `i`."""
        i = min(max(i, 0), len(self.words) - 1)
        end = self.words[i if last is None else last].end
        return ExpressionProblem(code, message, hint, self.words[i].start, end)


Rule: TypeAlias = Callable[[re.Match[str], Source, int], ExpressionProblem]
"""Explains what a pattern matched in a message of CEL, which is about the token of that index."""


def at_token(code: str, message: str, hint: str = "") -> Rule:
    """Return a rule that says the same whatever the match, at the token."""
    return lambda _, source, i: source.problem(code, message, hint, i)
