"""Expressions that cannot be read: what CEL's parser says, and what it means for the author.

The patterns are those of cel-cpp and of its ANTLR grammar. What CEL says may quote the author's text, so every
pattern begins where the message does.
"""

from __future__ import annotations

import re

from sagadsl.language import celwords, lookalikes
from sagadsl.language.celproblem import Rule, Source, at_token
from sagadsl.language.celscope import ExpressionProblem
from sagadsl.language.slips import QUOTES

_INSTEAD = {
    "=": "compare with '=='",
    "&": "write '&&' for and",
    "|": "write '||' for or",
    "and": "write '&&' for and",
    "or": "write '||' for or",
    "not": "write '!' for not",
    "is": "compare with '=='",
    **dict.fromkeys(QUOTES, "write straight quotes, ' or \""),
    "$": "this is an expression already: leave out '${' and '}'",
}
_SPLIT = "compute parts of it in pass states before"
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def _unexpected(_: re.Match[str], source: Source, i: int) -> ExpressionProblem:
    unclosed = next((j for j, word in enumerate(source.words) if word.is_unclosed_string), None)
    if unclosed is not None:
        literal = source.word(unclosed).lstrip("rRbB")
        quote = literal[:3] if literal[:3] in ('"""', "'''") else literal[:1]
        return _syntax(source, "the text that begins here is never closed", f"close it with {quote}", unclosed)
    if i >= len(source.words):
        return _too_early(source)
    word = source.words[i]
    if word.kind == "string" and source.word(i - 1) not in ("", *_operators()):
        return _syntax(source, "text is not expected here", "an operator is missing before it", i)
    if word.kind == "string":
        hint = "write \\\\ for a backslash"
        return _syntax(source, "this text has an escape that means nothing", hint, i)
    before = source.word(i - 1)
    if before == "." and word.kind == "name":
        return _syntax(source, f"'{word.text}' is a reserved word", f"write .`{word.text}`", i)
    if (other := lookalikes.at(word.text)) is not None and word.text not in _INSTEAD:
        return _syntax(source, f"{other.told} is not expected here", other.hint, i)
    hint = _INSTEAD.get(word.text.lower()) or _INSTEAD.get(before.lower()) or _missing_operator(source, i)
    return _syntax(source, f"'{_printable(word.text)}' is not expected here", hint, i)


def _operators() -> tuple[str, ...]:
    return (*celwords.OPERATORS.values(), "(", "[", "{", ",", ":", "?", ".")


def _missing_operator(source: Source, i: int) -> str:
    operands = ("name", "number", "string")
    adjacent = i > 0 and source.words[i].kind in operands and source.words[i - 1].kind in operands
    return "an operator is missing before it" if adjacent else ""


def _too_early(source: Source) -> ExpressionProblem:
    opened: list[str] = []
    for word in source.words:
        if word.kind == "sign" and word.text in _CLOSING:
            opened.append(word.text)
        elif word.kind == "sign" and opened and word.text == _CLOSING[opened[-1]]:
            opened.pop()
    hint = f"'{opened[-1]}' is never closed" if opened else "something has to follow"
    return _syntax(source, "the expression ends too early", hint, len(source.words))


def _needs_colon(_: re.Match[str], source: Source, i: int) -> ExpressionProblem:
    return _syntax(source, "the expression ends too early", "'?' needs ':' and a value for the other case", i)


def _reserved(match: re.Match[str], source: Source, i: int) -> ExpressionProblem:
    return _syntax(source, f"'{match[1]}' is a reserved word and cannot be a name", "", i)


def _syntax(source: Source, message: str, hint: str, i: int) -> ExpressionProblem:
    return source.problem("SAGA401", message, hint, i)


def _whole(message: str, hint: str = "") -> Rule:
    return lambda _, source, __: ExpressionProblem("SAGA401", message, hint, 0, len(source.text))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


SYNTAX: tuple[tuple[str, Rule], ...] = (
    (r"Syntax error: mismatched input '<EOF>' expecting ':'", _needs_colon),
    (r"Syntax error: missing ':' at", at_token("SAGA401", "':' is missing before this")),
    (r"Syntax error", _unexpected),
    (r"reserved identifier: (\S+)", _reserved),
    (r"Exceeded max recursion|CANCELLED: Expression recursion", _whole("the expression is nested too deeply", _SPLIT)),
    (r"INVALID_ARGUMENT: expression size exceeds", _whole("the expression is too long", _SPLIT)),
    (r"compile\(\): incompatible", _whole("the expression holds half of a surrogate pair")),
    (r"Invalid (?:string|bytes) literal", _unexpected),
    (r"[Ii]nvalid u?int literal", at_token("SAGA401", "this integer is beyond 64 bits")),
    (r"[Ii]nvalid double literal", at_token("SAGA401", "this number cannot be read")),
    (r"unsupported syntax", at_token("SAGA401", "this syntax is not part of the language")),
)
