"""Reads CEL text as far as the rest needs: its tokens, and which variables and fields it refers to.

CEL's own compiler judges an expression; it tells nobody where the expression's names stand. This does, and it
knows what is code and what is only text in quotes. The lexical rules are those of the CEL specification
(https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# A string that is never closed runs to the end of its line (of the text where it is triple-quoted), so that
# no text is read twice; `Token.is_unclosed_string` tells it from a closed one.
_STRING = (
    r"(?:[rR][bB]?|[bB][rR])(?:\"\"\"[\s\S]*?(?:\"\"\"|\Z)|'''[\s\S]*?(?:'''|\Z)|\"[^\"\n\r]*\"?|'[^'\n\r]*'?)"
    r"|[bB]?(?:\"\"\"(?:[^\\]|\\[\s\S])*?(?:\"\"\"|\\?\Z)|'''(?:[^\\]|\\[\s\S])*?(?:'''|\\?\Z)"
    r"|\"(?:[^\"\\\n\r]|\\[^\n\r])*[\"\\]?|'(?:[^'\\\n\r]|\\[^\n\r])*['\\]?)"
)
_TOKEN = re.compile(
    r"(?P<space>[\t\n\f\r ]+|//[^\n]*)"
    rf"|(?P<string>{_STRING})"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*|`[^`\n]*`)"
    r"|(?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[uU]?)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[\s\S])"
)
_ESCAPE = r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))"
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LAST_CODE_POINT = 0x10FFFF

COMPREHENSIONS = frozenset({"all", "exists", "exists_one", "map", "filter"})
LITERALS = frozenset({"true", "false", "null", "in"})
_DOTTED = {"states": 2, "signals": 1}  # the parts of the names of such variables
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")


class Token(NamedTuple):
    """One word of an expression; `start` and `end` are offsets in code points."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def is_unclosed_string(self) -> bool:
        """Whether this is text in quotes whose closing quote is missing."""
        return self.kind == "string" and not _is_closed(self.text)


class Reference(NamedTuple):
    """A variable and the fields and indexes selected from it, as `input.items[0].sku`.

    `parts` are the field names (`str`) and indexes (`int`) after the root, `spans` where each of them stands,
    `start` and `end` the place of the whole. What follows a computed index is not part of it.
    """

    root: str
    parts: tuple[str | int, ...]
    start: int
    end: int
    spans: tuple[tuple[int, int], ...]

    @property
    def text(self) -> str:
        """The reference as one would write it."""
        return self.root + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.parts)


def next_token(text: str, at: int) -> Token | None:
    """Return the token (white space and comments included) that begins at `at`, or `None` at the end."""
    match = _TOKEN.match(text, at)
    return None if match is None else Token(match.lastgroup or "sign", match[0], match.start(), match.end())


def tokens(text: str) -> list[Token]:
    """Return the tokens of an expression, without white space and comments."""
    return [
        Token(match.lastgroup or "sign", match[0], match.start(), match.end())
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "space"
    ]


def references(words: Sequence[Token]) -> list[Reference]:
    """Return every reference to a variable, in the order of the text.

    The variable of a comprehension (`x` in `list.all(x, x > 1)`) is none, and neither is a function's name.
    """
    return [_reference(words, i) for i in _free(words) if _is_root(words, i)]


def variable(found: Reference) -> tuple[str, tuple[str | int, ...]]:
    """Split a reference into its variable, as evaluation scopes name it, and the path of fields after it."""
    length = _DOTTED.get(found.root, 0)
    if len(found.parts) < length or (found.root == "states" and found.parts[1] != "output"):
        length = 0
    return ".".join(map(str, (found.root, *found.parts[:length]))), found.parts[length:]


def string_value(literal: str) -> str:
    """Return the text that a closed string literal stands for."""
    prefix = literal[: re.search("['\"]", literal).start()]  # type: ignore[union-attr]  # it has quotes
    body = literal[len(prefix) :]
    quotes = 3 if len(body) >= 6 and body[:3] in ('"""', "'''") else 1  # noqa: PLR2004  # two times three quotes
    body = body[quotes:-quotes]
    return body if "r" in prefix.lower() else re.sub(_ESCAPE, _unescape, body)


def _unescape(match: re.Match[str]) -> str:
    *hexadecimal, octal, other = match.groups()
    digits = next((group for group in hexadecimal if group), None)
    if digits is None and octal is None:
        return _ESCAPED.get(other, other)
    code = int(digits, 16) if digits is not None else int(octal, 8)
    return chr(code) if code <= _LAST_CODE_POINT else match[0]


def _is_closed(literal: str) -> bool:
    body = literal.lstrip("rRbB")
    quotes = body[:3] if body[:3] in ('"""', "'''") else body[:1]
    if len(body) < 2 * len(quotes) or not body.endswith(quotes):
        return False
    if len(literal) > len(body) and "r" in literal[: len(literal) - len(body)].lower():
        return True
    inside = body[len(quotes) : -len(quotes)]
    return (len(inside) - len(inside.rstrip("\\"))) % 2 == 0


def _is_root(words: Sequence[Token], i: int) -> bool:
    token = words[i]
    if token.kind != "name" or token.text in LITERALS:
        return False
    if i > 0 and words[i - 1].text == "." and _ends_operand(words, i - 2):
        return False
    return not (i + 1 < len(words) and words[i + 1].text == "(")


def _ends_operand(words: Sequence[Token], i: int) -> bool:
    """Whether a `.` after the token at `i` selects from it (a leading `.x` is the variable `x`)."""
    if i < 0:
        return False
    token = words[i]
    if token.kind == "name":
        return token.text != "in"
    return token.kind in ("string", "number") or token.text in _CLOSING


def _reference(words: Sequence[Token], i: int) -> Reference:
    root, end = words[i], words[i].end
    parts: list[str | int] = []
    spans: list[tuple[int, int]] = []
    i += 1
    while (step := _selection(words, i)) is not None:
        part, span, i = step
        parts.append(part)
        spans.append(span)
        end = words[i - 1].end
    return Reference(root.text, tuple(parts), root.start, end, tuple(spans))


def _selection(words: Sequence[Token], i: int) -> tuple[str | int, tuple[int, int], int] | None:
    """Read `.field`, `["field"]` or `[0]` at `i`: the part, its place, and where to go on; else `None`."""
    if i + 1 >= len(words):
        return None
    sign, word = words[i].text, words[i + 1]
    if sign == "." and word.kind == "name":
        called = i + 2 < len(words) and words[i + 2].text == "("
        return None if called else (word.text.strip("`"), (word.start, word.end), i + 2)
    if sign == "[" and i + 2 < len(words) and words[i + 2].text == "]":
        part = _index(word)
        return None if part is None else (part, (word.start, word.end), i + 3)
    return None


def _index(word: Token) -> str | int | None:
    if word.kind == "number" and word.text.isdecimal():
        return int(word.text)
    if word.kind == "string" and not word.is_unclosed_string and word.text[0] not in "bB":
        return string_value(word.text)
    return None


def _free(words: Sequence[Token]) -> Iterator[int]:
    """Yield the index of every token that is no variable of a comprehension around it."""
    bound: dict[str, int] = {}  # how many comprehensions around a token have a variable of this name
    opened: list[str] = []  # for each bracket around it, the variable that is bound inside
    for i, word in enumerate(words):
        if word.kind == "sign" and word.text in _CLOSING and opened:
            bound[opened.pop()] -= 1
        reaches_past = i > 0 and words[i - 1].text == "."  # a leading dot, as in .x
        if reaches_past or not bound.get(word.text):
            yield i
        if word.kind == "sign" and word.text in _OPENING:
            opened.append(_variable_of(words, i))
            bound[opened[-1]] = bound.get(opened[-1], 0) + 1


def _variable_of(words: Sequence[Token], i: int) -> str:
    """Return the variable of the comprehension whose bracket is at `i`, or nothing."""
    if i < 2 or words[i - 2].text != "." or words[i - 1].text not in COMPREHENSIONS:  # noqa: PLR2004  `.map`
        return ""
    following = words[i + 1 : i + 3]
    return following[0].text if [w.text for w in following[1:]] == [","] and following[0].kind == "name" else ""
