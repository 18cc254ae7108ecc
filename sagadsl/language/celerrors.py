"""What CEL's compiler says, said again for authors of sagas, at the very characters.

`_SYNTAX` and `_MEANING` list what CEL can say. Only the first syntax error of an expression is told: what
follows one is its consequence. The signs are those of cel-cpp and of its ANTLR parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from sagadsl.language import celwords
from sagadsl.language.celtokens import COMPREHENSIONS, Reference, Token, references
from sagadsl.language.suggest import did_you_mean, one_of

_BLOCK = re.compile(r"(?:^INVALID_ARGUMENT: |\n)ERROR: <input>:(-?\d+):(-?\d+): ")
_CONSEQUENCE = "*error*"
_SHOWN_FIELDS = 12
_ROOTS = ("input", "saga", "states", "error", "output")


class ExpressionProblem(NamedTuple):
    """One thing to mend in an expression; `start` and `end` are offsets in its text, in code points."""

    code: str
    message: str
    hint: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """An expression, and what is known of the names in it.

    Args:
        text: The expression.
        words: Its tokens.
        fields: Name of each message type → the names of its fields.
        input_fields: The fields of the saga's input, as far as its schema says.
        state_names: Every state there is.
    """

    text: str
    words: Sequence[Token]
    fields: Mapping[str, Sequence[str]]
    input_fields: Sequence[str]
    state_names: Sequence[str]

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


_Explain: TypeAlias = Callable[[re.Match[str], Source, int], ExpressionProblem]


def explain(raw: str, source: Source) -> list[ExpressionProblem]:
    """Return what CEL's compiler complains of; never nothing.

    Args:
        raw: The text of the error that `cel.Env.compile` raised.
        source: The expression.
    """
    blocks = list(_blocks(raw, source))
    for message, i in blocks:
        if (problem := _first(_SYNTAX, message, source, i)) is not None:
            return [problem]
    found = [
        _first(_MEANING, message, source, i) or _fallback(message, source, i)
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


def _first(rules: Sequence[tuple[str, _Explain]], message: str, source: Source, i: int) -> ExpressionProblem | None:
    for pattern, rule in rules:
        if match := re.match(pattern, message, re.DOTALL):
            return rule(match, source, i)
    return None


def _fallback(message: str, source: Source, i: int) -> ExpressionProblem:
    cleaned = re.sub(r"\(in container '.*?'\)|<input>|\[[A-Z_]+\]|^[A-Z_]+: ", "", message).strip()
    return source.problem("SAGA404", f"this does not work: {' '.join(cleaned.split())}", "", i)


# -- the expression cannot be read ---------------------------------------------------------------------------

_INSTEAD = {
    "=": "compare with '=='",
    "&": "write '&&' for and",
    "|": "write '||' for or",
    "and": "write '&&' for and",
    "or": "write '||' for or",
    "not": "write '!' for not",
    "is": "compare with '=='",
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


def _whole(message: str, hint: str = "") -> _Explain:
    return lambda _, source, __: ExpressionProblem("SAGA401", message, hint, 0, len(source.text))


def _at(code: str, message: str, hint: str = "") -> _Explain:
    return lambda _, source, i: source.problem(code, message, hint, i)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


# What CEL says may quote the author's text, so every pattern begins where the message does.
_SYNTAX: tuple[tuple[str, _Explain], ...] = (
    (r"Syntax error: mismatched input '<EOF>' expecting ':'", _needs_colon),
    (r"Syntax error: missing ':' at", _at("SAGA401", "':' is missing before this")),
    (r"Syntax error", _unexpected),
    (r"reserved identifier: (\S+)", _reserved),
    (r"Exceeded max recursion|CANCELLED: Expression recursion", _whole("the expression is nested too deeply", _SPLIT)),
    (r"INVALID_ARGUMENT: expression size exceeds", _whole("the expression is too long", _SPLIT)),
    (r"compile\(\): incompatible", _whole("the expression holds half of a surrogate pair")),
    (r"Invalid (?:string|bytes) literal", _unexpected),
    (r"[Ii]nvalid u?int literal", _at("SAGA401", "this integer is beyond 64 bits")),
    (r"[Ii]nvalid double literal", _at("SAGA401", "this number cannot be read")),
    (r"unsupported syntax", _at("SAGA401", "this syntax is not part of the language")),
)


# -- the expression can be read, and does not fit what there is -----------------------------------------------


def _undeclared(match: re.Match[str], source: Source, i: int) -> ExpressionProblem:
    name = match[1]
    if source.word(i) == "(" and source.word(i - 1) == name:
        if name in COMPREHENSIONS:
            message = f"{name}() needs a name and what to do with it, as in list.{name}(x, x > 1)"
            return source.problem("SAGA404", message, "", i - 1)
        hint = did_you_mean(name, celwords.FUNCTIONS)
        return source.problem("SAGA402", f"there is no function '{name}'", hint, i - 1)
    found = _reference(source, name, i)
    if found is None:
        return source.problem("SAGA402", f"there is no name '{name}' here", "", i)
    message = f"there is no name '{found.root}' here"
    return ExpressionProblem("SAGA402", message, _name_hint(source, found), found.start, found.end)


def _reference(source: Source, name: str, i: int) -> Reference | None:
    offset = source.words[min(i, len(source.words) - 1)].start
    read = references(source.words)
    covering = [found for found in read if found.start <= offset < found.end]
    named = [found for found in read if found.text == name or found.root == name.partition(".")[0]]
    return next(iter([found for found in covering if found in named] or named), None)


def _name_hint(source: Source, found: Reference) -> str:
    if found.root in source.state_names:
        return f"write states.{found.root}.output"
    if found.root not in _ROOTS and (hint := did_you_mean(found.root, _ROOTS)):
        return hint
    if found.root in source.input_fields:
        return f"write input.{found.root}"
    if not found.parts and found.root not in _ROOTS:
        return f"text has to stand in quotes: '{found.root}'"
    return "the names are input, saga and states.NAME.output"


def _no_field(match: re.Match[str], source: Source, i: int) -> ExpressionProblem:
    name, fields = match[1], source.fields.get(match[2], ())
    at = _field_token(source, name, i)
    hint = did_you_mean(name, fields) or _fields_hint(fields)
    return source.problem("SAGA403", f"there is no field '{name}' in {_owner(source, at)}", hint, at)


def _fields_hint(fields: Sequence[str]) -> str:
    if len(fields) > _SHOWN_FIELDS:
        return f"it has {', '.join(fields[:_SHOWN_FIELDS])}, …"
    return f"it has {one_of(fields, 'and')}" if fields else ""


def _field_token(source: Source, name: str, i: int) -> int:
    """Return the index of the field's name: CEL points at the dot before it, or at the `(` of `has(`."""
    following = range(i, len(source.words))
    return next((j for j in following if source.word(j - 1) == "." and source.word(j).strip("`") == name), i)


def _owner(source: Source, i: int) -> str:
    start = source.words[i].start
    for found in references(source.words):
        spans = [span for span in found.spans if span[0] < start]
        if found.start < start <= found.end and len(spans) < len(found.parts):
            return found._replace(parts=found.parts[: len(spans)]).text
    return f"'{source.word(i - 2)}'" if source.words[max(i - 2, 0)].kind == "name" else "this object"


def _no_selection(match: re.Match[str], source: Source, i: int) -> ExpressionProblem:
    kind = celwords.type_words(match[1])
    hint = "take an element of it first, as in list[0]" if kind.startswith("a list") else ""
    if source.word(i) == "(":  # has(…): the field that it asks for is the last one
        end = next((found.end for found in references(source.words[i + 1 :])), source.words[i].end)
        i = source.index(end - 1) - 1
    return source.problem("SAGA403", f"{kind} has no fields", hint, i, min(i + 1, len(source.words) - 1))


def _no_range(match: re.Match[str], source: Source, i: int) -> ExpressionProblem:
    if match[1] == "dyn":  # CEL's compiler wants to know more of x['a'] than of x.a
        message = "all, exists, filter and map cannot go through a field that stands in brackets"
        return source.problem("SAGA404", message, "write it with a dot, or put dyn(…) around it", i)
    kind = celwords.type_words(match[1])
    return source.problem("SAGA404", f"all, exists, filter and map need a list, not {kind}", "", i)


def _no_overload(match: re.Match[str], source: Source, i: int) -> ExpressionProblem:
    function, types = match[1], celwords.split_types(match[2])
    at = i - 1 if source.word(i) == "(" and source.word(i - 1) == function else i
    return source.problem("SAGA404", celwords.misfit(function, types), _overload_hint(function, types, source, i), at)


def _overload_hint(function: str, types: list[str], source: Source, i: int) -> str:
    sign = celwords.OPERATORS.get(function, function)
    if sign in celwords.MIXABLE and sorted(types) == ["double", "int"]:
        return _mixed_hint(types, source, i)
    if sign in celwords.COMPARISONS and "null_type" in types:
        return "it is never null; has(…) tells whether it is there"
    on_object = bool(types) and celwords.type_words(types[0 if sign == "[…]" else -1]) == "an object"
    if sign == "[…]" and on_object:
        return "read a field with a dot, as in input.amount"
    if sign == "in" and on_object:
        return "ask for a field with has(), as in has(input.amount)"
    return "turn one of them into text with string(…)" if sign == "+" and "string" in types else ""


def _mixed_hint(types: list[str], source: Source, i: int) -> str:
    """Say how to bring a number and an integer together: write the literal, or convert."""
    after = i + 1 + (source.word(i + 1) == "-")
    literal = after if types[1] == "int" else i - 1
    if source.word(literal).isdecimal():
        other = _field_name(source, i - 1 if types[1] == "int" else after)
        return f"{other} is a number: write {source.word(literal)}.0"
    return "turn the integer into a number with double(…)"


def _field_name(source: Source, i: int) -> str:
    """Return the last name of the operand that begins, or ends, with the token at `i`."""
    for found in references(source.words):
        if i < len(source.words) and found.start <= source.words[i].start < found.end:
            return next((part for part in reversed(found.parts) if isinstance(part, str)), found.root)
    return "the other side"


_MEANING: tuple[tuple[str, _Explain], ...] = (
    (r"undeclared reference to '(.*?)'", _undeclared),
    (r"undefined field '(.*?)' not found in struct '(.*?)'", _no_field),
    (r"found no matching overload for '(.*?)' applied to '\((.*)\)'", _no_overload),
    (r"expression of type '(.*?)' cannot be the operand of a select", _no_selection),
    (r"expression of type '(.*?)' cannot be the range", _no_range),
    (r"has\(\) argument", _at("SAGA404", "has() needs a field, as in has(input.amount)")),
    (
        r"\w+\(\) variable name must be",
        _at("SAGA404", "the first argument has to be a name, as in list.all(x, x > 1)"),
    ),
)
