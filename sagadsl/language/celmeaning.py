"""Expressions that can be read and do not fit what there is: names, fields and types.

The patterns are those of cel-cpp's type checker; each begins where the message does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sagadsl.language import celwords
from sagadsl.language.celproblem import Rule, Source, at_token
from sagadsl.language.celscope import ExpressionProblem
from sagadsl.language.celtokens import COMPREHENSIONS, Reference, references
from sagadsl.language.slips import function_meant
from sagadsl.language.suggest import did_you_mean, one_of

_SHOWN_FIELDS = 12
_ROOTS = ("input", "saga", "states", "error", "output")


def _undeclared(match: re.Match[str], source: Source, i: int) -> ExpressionProblem:
    name = match[1]
    if source.word(i) == "(" and source.word(i - 1) == name:
        if name in COMPREHENSIONS:
            message = f"{name}() needs a name and what to do with it, as in list.{name}(x, x > 1)"
            return source.problem("SAGA404", message, "", i - 1)
        hint = function_meant(name) or did_you_mean(name, celwords.FUNCTIONS)
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
    if "steps" in source.variables and found.root in source.state_names:
        return f"write steps.{found.root}.status"
    if "output" in source.variables and not any(each.root == "output" for each in references(source.words)):
        return f"did you mean output.{found.root}?"
    if found.root in source.state_names:
        return f"write states.{found.root}.output"
    if found.root not in _ROOTS and (hint := did_you_mean(found.root, (*_ROOTS, *source.variables))):
        return hint
    if found.root in source.input_fields:
        return f"write input.{found.root}"
    if not found.parts and found.root not in _ROOTS:
        return f"text has to stand in quotes: '{found.root}'"
    return f"the names are {one_of(('input', 'saga', 'states.NAME.output', *source.variables), 'and')}"


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
    if source.word(i + 1).lower() in ("length", "len", "size", "count"):
        hint = "write size(…)"
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


MEANING: tuple[tuple[str, Rule], ...] = (
    (r"undeclared reference to '(.*?)'", _undeclared),
    (r"undefined field '(.*?)' not found in struct '(.*?)'", _no_field),
    (r"found no matching overload for '(.*?)' applied to '\((.*)\)'", _no_overload),
    (r"expression of type '(.*?)' cannot be the operand of a select", _no_selection),
    (r"expression of type '(.*?)' cannot be the range", _no_range),
    (r"has\(\) argument", at_token("SAGA404", "has() needs a field, as in has(input.amount)")),
    (
        r"\w+\(\) variable name must be",
        at_token("SAGA404", "the first argument has to be a name, as in list.all(x, x > 1)"),
    ),
)
