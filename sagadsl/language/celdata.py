"""What is known of data and CEL's checker cannot be told: fields that may be missing, values that are impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from sagadsl.language.celscope import ExpressionProblem
from sagadsl.language.celtokens import Reference, Token, string_value
from sagadsl.language.datatypes import DataType, follow, shown
from sagadsl.language.definition import Json
from sagadsl.language.suggest import did_you_mean, one_of

Known: TypeAlias = Callable[[Reference], tuple[DataType, tuple[str | int, ...]]]
"""Gives the type of a reference's variable, and the path of fields after it."""

_EQUALITY = ("==", "!=")
_LITERALS: dict[str, Json] = {"true": True, "false": False, "null": None}
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})
_GOES_ON = _ARITHMETIC | {".", "["}
_SHOWN = 12


def missing_fields(
    words: Sequence[Token], read: Sequence[Reference], known: Known, in_doubt: str = ""
) -> Iterator[ExpressionProblem]:
    """Yield every field that may be missing where it is read, and is not guarded by `has(…)`, at its first place.

    Args:
        words: The tokens of an expression that compiles.
        read: Its references.
        known: What is known of them.
        in_doubt: The state whose own output may be missing altogether.
    """
    if not any(_may_lack(found, known, in_doubt) for found in read):
        return
    from sagadsl.language.celguards import readings  # noqa: PLC0415  where all is there, nothing needs a guard

    told: set[tuple[str | int, ...]] = set()
    for found, present, asked in readings(words):
        keys = [(found.root, *found.parts[:i]) for i in _may_lack(found, known, in_doubt)]
        key = next((key for key in keys if key not in present), None)
        if key is None or key in told or (asked and len(key) > len(found.parts)):
            continue
        told.add(key)
        yield _missing(found._replace(parts=key[1:]), _is_own(found, in_doubt))


def _may_lack(found: Reference, known: Known, in_doubt: str) -> list[int]:
    """Return how many parts of a reference lead to each field that may be missing."""
    if _is_own(found, in_doubt):
        return [3]
    kind, path = known(found)
    skipped = len(found.parts) - len(path)
    return [skipped + i for i in follow(kind, path).optional]


def _is_own(found: Reference, in_doubt: str) -> bool:
    return bool(in_doubt) and found.parts[:2] == (in_doubt, "output") and len(found.parts) > 2  # noqa: PLR2004  a field


def _missing(found: Reference, is_own: bool) -> ExpressionProblem:
    end = found.spans[len(found.parts) - 1][1]
    guard = f"has({found.text}) ? {found.text} : …"
    if is_own:
        message = f"'{found.parts[0]}' may be undone without having an output: it can have timed out"
        return ExpressionProblem("SAGA506", message, f"guard it: {guard}", found.start, end)
    hint = f"guard it: {guard}, or list '{found.parts[-1]}' under 'required' in its schema"
    return ExpressionProblem("SAGA408", f"{found.text} may be missing", hint, found.start, end)


def wrong_constants(words: Sequence[Token], read: Sequence[Reference], known: Known) -> Iterator[ExpressionProblem]:
    """Yield every literal that something is compared with and can never be.

    Args:
        words: The tokens of an expression that compiles.
        read: Its references.
        known: What is known of them.
    """
    for found in read:
        kind, path = known(found)
        constants = follow(kind, path).type.constants
        if constants is not None:
            yield from _impossible(words, found, constants)


def _impossible(words: Sequence[Token], found: Reference, constants: tuple[Json, ...]) -> Iterator[ExpressionProblem]:
    first = next(i for i, word in enumerate(words) if word.start >= found.start)
    last = next((i for i, word in enumerate(words) if word.start >= found.end), len(words))
    for i in _compared(words, first, last):
        value = _value(words[i])
        if not any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in constants):
            told = [shown(each) for each in constants[:_SHOWN]]
            message = f"{found.text} is never {shown(value)}"
            texts = [each for each in constants if isinstance(each, str)]
            hint = did_you_mean(value, texts) if isinstance(value, str) else ""
            yield ExpressionProblem("SAGA409", message, hint or f"it is {one_of(told)}", words[i].start, words[i].end)


def _compared(words: Sequence[Token], first: int, last: int) -> Iterator[int]:
    """Yield the indexes of the literals that the tokens `[first, last)` are compared with."""
    texts = ["", "", "", *(word.text for word in words), "", "", ""]
    before, after = texts[first + 2 :: -1], texts[last + 3 :]
    if before[0] not in _ARITHMETIC:  # otherwise it is a part of what is compared
        if after[0] in _EQUALITY and _is_literal(words, last + 1) and after[2] not in _GOES_ON:
            yield last + 1
        if after[:2] == ["in", "["]:
            yield from _listed(words, last + 2)
    if before[0] in _EQUALITY and _is_literal(words, first - 2) and not {before[2], after[0]} & _GOES_ON:
        yield first - 2


def _listed(words: Sequence[Token], i: int) -> Iterator[int]:
    """Yield the indexes of the literals in a list that holds nothing else."""
    while _is_literal(words, i) and i + 1 < len(words) and words[i + 1].text in (",", "]"):
        yield i
        i += 2


def _is_literal(words: Sequence[Token], i: int) -> bool:
    if not 0 <= i < len(words):
        return False
    word = words[i]
    return (word.kind == "string" and word.text[0] not in "bB") or word.text in _LITERALS or word.text.isdecimal()


def _value(word: Token) -> Json:
    if word.kind == "string":
        return string_value(word.text)
    return _LITERALS[word.text] if word.text in _LITERALS else int(word.text)
