"""What CEL's compiler says, said again for authors of sagas, at the very characters.

`celsyntax` and `celmeaning` list what it can say. Only the first syntax error of an expression is told: what
follows one is its consequence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sagadsl.language.celmeaning import MEANING
from sagadsl.language.celproblem import Rule, Source
from sagadsl.language.celscope import ExpressionProblem
from sagadsl.language.celsyntax import SYNTAX

_BLOCK = re.compile(r"(?:^INVALID_ARGUMENT: |\n)ERROR: <input>:(-?\d+):(-?\d+): ")
_CONSEQUENCE = "*error*"


def explain(raw: str, source: Source) -> list[ExpressionProblem]:
    """Return what CEL's compiler complains of; never nothing.

    Args:
        raw: The text of the error that `cel.Env.compile` raised.
        source: The expression.
    """
    blocks = list(_blocks(raw, source))
    for message, i in blocks:
        if (problem := _first(SYNTAX, message, source, i)) is not None:
            return [problem]
    found = [
        _first(MEANING, message, source, i) or _fallback(message, source, i)
        for message, i in blocks
        if _CONSEQUENCE not in message
    ]
    return found or [_fallback(raw, source, 0)]


def _blocks(raw: str, source: Source) -> Iterator[tuple[str, int]]:
    """Yield every message with the index of the token that it is about."""
    _, *parts = _BLOCK.split(raw)
    if not parts:
        yield raw, 0
    for line, column, rest in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        message = rest.partition("\n | ")[0].removesuffix(" [INVALID_ARGUMENT]").strip()
        yield message, source.index(source.offset(int(line), int(column)))


def _first(rules: Sequence[tuple[str, Rule]], message: str, source: Source, i: int) -> ExpressionProblem | None:
    for pattern, rule in rules:
        if match := re.match(pattern, message, re.DOTALL):
            return rule(match, source, i)
    return None


def _fallback(message: str, source: Source, i: int) -> ExpressionProblem:
    cleaned = re.sub(r"\(in container '.*?'\)|<input>|\[[A-Z_]+\]|^[A-Z_]+: ", "", message).strip()
    return source.problem("SAGA404", f"this does not work: {' '.join(cleaned.split())}", "", i)
