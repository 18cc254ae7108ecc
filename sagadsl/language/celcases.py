"""Which cases a list of conditions leaves open, as far as their text shows.

A condition is taken apart into comparisons: of a term with constants (`input.total > 1000`, `input.kind in ['a']`), of
two terms (`input.a < input.b`), and terms that are true or false. Each term has as many cases as its constants tell
apart: below the first one, the first one itself, between it and the next … What is no such comparison may be true or
false. A case in which all conditions are false is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, pairwise, product
from math import ceil, floor, inf, prod
from typing import Any, NamedTuple, TypeAlias, TypeGuard

from sagadsl.language import celparts, celtokens
from sagadsl.language.celtokens import Token
from sagadsl.language.datatypes import DataType, Limits, shown

_MOST_WORLDS = 20_000
_SHOWN = 2
_DEEPEST = 40
_LITERALS: Mapping[str, Constant] = {"true": True, "false": False, "null": None}
_SPACED = frozenset({"+", "-", "*", "/", "%", "?", ":", "&&", "||", "in", *("==", "!=", "<", "<=", ">", ">=")})
_FLIPPED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_SIGNS: Mapping[str, Callable[[int, int], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_ORDERING = frozenset({"<", "<=", ">", ">="})
_LESS, _SAME, _MORE = 0, 1, 2

Constant: TypeAlias = bool | int | float | str | None
World: TypeAlias = Mapping[str, int]
"""A case of each term, by its text."""

_Span: TypeAlias = tuple[float, float]
_Formula: TypeAlias = Callable[[World], bool]
TypeOf: TypeAlias = Callable[[str], DataType]


class _Axis(NamedTuple):
    """The cases of a term, in words; `open` are those that there can be, and each constant has a place among them."""

    words: Mapping[int, str]
    open: Sequence[int]
    places: Mapping[tuple[bool, Constant], int] = {}

    def place(self, constant: Constant) -> int:
        """Return where a constant is."""
        return self.places[isinstance(constant, bool), constant]

    def span(self, place: int) -> _Span | None:
        """Return between which numbers a case lies; both are the same for a number, and `None` for what is none."""
        numbers = {at: each for (is_bool, each), at in self.places.items() if not is_bool and _is_number(each)}
        if place in numbers:
            return numbers[place], numbers[place]
        last = max(self.places.values(), default=0) + 1
        if place % 2 or last not in self.words:  # no number, or anything but the constants
            return None
        low = numbers.get(place - 1) if place else -inf
        high = numbers.get(place + 1) if place != last else inf
        return None if low is None or high is None else (low, high)


class Cases:
    """The cases of some conditions.

    Args:
        conditions: Expressions that are right.
        type_of: Gives what is known of a term.
    """

    def __init__(self, conditions: Sequence[str], type_of: TypeOf) -> None:
        self._type_of = type_of
        self._compared: dict[str, list[Constant]] = {}
        self._ordered: set[str] = set()
        self._pairs: dict[str, tuple[str, str]] = {}
        self._formulas = [self._formula(celtokens.tokens(text), 0) for text in conditions]
        self._axes = {term: self._axis(term) for term in self._compared}
        self._axes |= {term: _of_pair(*pair, ordered=term in self._ordered) for term, pair in self._pairs.items()}

    def open_case(self) -> str | None:
        """Return a case in which no condition holds, in words; `None` for none, "" where they are too many to know."""
        axes = {term: axis.open for term, axis in self._axes.items()}
        if prod(map(len, axes.values())) > _MOST_WORLDS:
            return ""
        for places in product(*axes.values()):
            world = dict(zip(axes, places, strict=True))
            if not any(formula(world) for formula in self._formulas) and self._is_possible(world):
                told = (self._axes[term].words[place] for term, place in world.items())
                return " and ".join(islice(told, _SHOWN))
        return None

    def _is_possible(self, world: World) -> bool:
        """Whether terms compare with each other as they do with constants."""
        for term, (left, right) in self._pairs.items():
            if left in world and right in world:
                spans = self._axes[left].span(world[left]), self._axes[right].span(world[right])
                if world[term] not in _comparisons(*spans, ordered=_MORE in self._axes[term].words):
                    return False
        return True

    # -- reading ---------------------------------------------------------------------------------------------------

    def _formula(self, words: Sequence[Token], depth: int) -> _Formula:
        words = celparts.bare(words)
        if depth > _DEEPEST:
            return self._opaque(words)
        parts = celparts.conditional(words)
        if parts is not None:
            asked, then, otherwise = (self._formula(part, depth + 1) for part in parts)
            return lambda world: then(world) if asked(world) else otherwise(world)
        for sign, together in (("||", any), ("&&", all)):
            operands = celparts.operands(words, sign)
            if len(operands) > 1:
                return _joined([self._formula(each, depth + 1) for each in operands], together)
        if words and words[0].text == "!":
            negated = self._formula(words[1:], depth + 1)
            return lambda world: not negated(world)
        return self._comparison(words)

    def _comparison(self, words: Sequence[Token]) -> _Formula:
        place = next((i for i in celparts.outer(words) if words[i].text in _SIGNS or words[i].text == "in"), None)
        if place is None:
            return self._opaque(words)
        left, sign, right = words[:place], words[place].text, words[place + 1 :]
        if sign == "in":
            return self._membership(words, left, right)
        constants = _constant(left), _constant(right)
        if constants[1] is not None and constants[0] is None:
            return self._with_constant(_text(left), sign, constants[1][0])
        if constants[0] is not None and constants[1] is None:
            return self._with_constant(_text(right), _FLIPPED[sign], constants[0][0])
        return self._opaque(words) if constants[0] is not None else self._of_two(_text(left), sign, _text(right))

    def _with_constant(self, term: str, sign: str, constant: Constant) -> _Formula:
        self._compared.setdefault(term, []).append(constant)
        if sign in _ORDERING:
            self._ordered.add(term)
        return lambda world: _SIGNS[sign](world[term], self._axes[term].place(constant))

    def _membership(self, words: Sequence[Token], left: Sequence[Token], right: Sequence[Token]) -> _Formula:
        items = celparts.operands(right[1:-1], ",") if right and right[0].text == "[" else []
        constants = [found for found in map(_constant, items) if found is not None]
        if not items or len(constants) < len(items) or _constant(left) is not None:
            return self._opaque(words)
        formulas = [self._with_constant(_text(left), "==", found[0]) for found in constants]
        return _joined(formulas, any)

    def _of_two(self, left: str, sign: str, right: str) -> _Formula:
        if f"{right} <=> {left}" in self._pairs:
            left, sign, right = right, _FLIPPED[sign], left
        term = f"{left} <=> {right}"
        self._pairs[term] = left, right
        if sign in _ORDERING:
            self._ordered.add(term)
        return lambda world: _SIGNS[sign](world[term], _SAME)

    def _opaque(self, words: Sequence[Token]) -> _Formula:
        """Take a term for what is true or false."""
        constant = _constant(words)
        if constant is not None:
            return lambda _: constant[0] is True
        return self._with_constant(_text(words), "==", True)

    def _axis(self, term: str) -> _Axis:
        constants = self._compared[term]
        if all(isinstance(each, bool) for each in constants):
            return _Axis({0: f"{term} is false", 1: f"{term} is true"}, [0, 1], {(True, False): 0, (True, True): 1})
        counted = _counted(term)
        kind = self._type_of(term)
        plain = kind.constants is not None and all(isinstance(c, str | int | float | None) for c in kind.constants)
        if plain:
            return _Line(term, [*constants, *(kind.constants or ())], Limits()).axis({}, kind.constants)
        if counted is None:
            limits = _whole(kind.limits) if kind.kind == "int" else kind.limits
            limits = limits if kind.kind in ("int", "number") else Limits()
        else:
            limits = _whole(self._type_of(counted).limits)
            limits = limits._replace(least=max(limits.least or 0, 0))
        line = _Line(term, constants, limits, whole=counted is not None or kind.kind == "int")
        is_ordered = term in self._ordered or limits != Limits()
        return line.axis(line.gaps() if is_ordered else {0: f"{term} is something else"})


def _joined(formulas: Sequence[_Formula], together: Callable[[Iterable[bool]], bool]) -> _Formula:
    return lambda world: together(each(world) for each in formulas)


class _Line:
    """The constants of a term in order. Each is a case of an odd place; the even ones are below, between and above."""

    def __init__(self, term: str, constants: Iterable[Constant], limits: Limits, *, whole: bool = False) -> None:
        self._term, self._whole, self._limits = term, whole, limits
        ends = (each for each in (limits.least, limits.most) if each is not None)
        known = {(isinstance(each, bool), each): each for each in (*constants, *ends)}
        self._constants = sorted(known.values(), key=_in_order)
        self._places = {(isinstance(each, bool), each): 2 * i + 1 for i, each in enumerate(self._constants)}

    def gaps(self) -> dict[int, str]:
        """Return the cases beside the constants, in words."""
        told, last = [shown(each) for each in self._constants], len(self._constants)
        found = {2 * last: f"{self._term} is more than {told[-1]}", 0: f"{self._term} is less than {told[0]}"}
        for i, (one, other) in enumerate(pairwise(self._constants), 1):
            if not (self._whole and _is_number(one) and _is_number(other) and other - one <= 1):
                found[2 * i] = f"{self._term} is between {told[i - 1]} and {told[i]}"
        return found

    def axis(self, beside: Mapping[int, str], only: Iterable[Constant] | None = None) -> _Axis:
        """Return the cases: the constants and those beside; or, where they are known, the `only` values there are."""
        words = {place: f"{self._term} is {shown(each)}" for (_, each), place in self._places.items()}
        if only is not None:
            return _Axis(words, [self._places[isinstance(each, bool), each] for each in only], self._places)
        words = {**words, **beside}
        return _Axis(words, [place for place in words if self._is_within(place)], self._places)

    def _is_within(self, place: int) -> bool:
        least, most, above, below = self._limits
        if least is not None and place < self._places[False, least] + above:
            return False
        return most is None or place <= self._places[False, most] - below


def _counted(term: str) -> str | None:
    """Return what a term is the size of, or `None` for one that is no size."""
    method = term.endswith(".size()")
    if not method and not (term.startswith("size(") and term.endswith(")")):
        return None
    inner, depth = term[: -len(".size()")] if method else term[len("size(") : -1], 0
    for sign in inner:
        depth += (sign in "([{") - (sign in ")]}")
        if depth < 0 or (method and depth == 0 and sign == " "):
            return None
    return inner


def _whole(limits: Limits) -> Limits:
    """Return the limits of whole numbers, themselves among them."""
    least, most, above, below = limits
    return Limits(
        None if least is None else floor(least) + 1 if above else ceil(least),
        None if most is None else ceil(most) - 1 if below else floor(most),
    )


def _in_order(constant: Constant) -> tuple[int, Any]:
    if constant is None or isinstance(constant, bool):
        return 2, constant is not None and 1 + constant
    return (1, constant) if isinstance(constant, str) else (0, constant)


def _is_number(value: Constant) -> TypeGuard[int | float]:
    return isinstance(value, int | float)


def _comparisons(left: _Span | None, right: _Span | None, *, ordered: bool) -> set[int]:
    """Return how values that lie in these spans may compare, as the places of `_of_pair`."""
    if left is None or right is None:
        return {_LESS, _SAME, _MORE}
    less, more = left[0] < right[1], right[0] < left[1]
    same = left == right if left[0] == left[1] and right[0] == right[1] else less and more
    found = {place for place, may_be in ((_LESS, less), (_SAME, same), (_MORE, more)) if may_be}
    return found if ordered or not more else found | {_LESS}


def _of_pair(left: str, right: str, *, ordered: bool) -> _Axis:
    if not ordered:
        return _Axis({_LESS: f"{left} is not {right}", _SAME: f"{left} is {right}"}, [_SAME, _LESS])
    words = {_LESS: f"{left} is less than {right}", _SAME: f"{left} is {right}", _MORE: f"{left} is more than {right}"}
    return _Axis(words, [_SAME, _LESS, _MORE])


def _text(words: Sequence[Token]) -> str:
    """Return a term as it would be written without blanks, so that it is the same however it is written."""
    texts = [word.text for word in celparts.bare(words)]
    spaced = (f" {text} " if text in _SPACED else text for text in texts)
    return "".join(spaced)


def _constant(words: Sequence[Token]) -> tuple[Constant] | None:
    """Return the constant that an expression is, in a tuple, or `None`."""
    words = celparts.bare(words)
    sign = 1
    if len(words) == 2 and words[0].text == "-" and words[1].kind == "number":  # noqa: PLR2004 - a sign and a number
        sign, words = -1, words[1:]
    if len(words) != 1:
        return None
    word = words[0]
    if word.kind == "number":
        number = _number(word.text)
        return None if number is None else (sign * number,)
    if word.kind == "string" and not word.is_unclosed_string and word.text[:1] not in "bB":
        return (celtokens.string_value(word.text),)
    return (_LITERALS[word.text],) if word.text in _LITERALS else None


def _number(text: str) -> int | float | None:
    text = text.rstrip("uU")
    try:
        return int(text, 16) if text[:2] in ("0x", "0X") else int(text) if text.isdecimal() else float(text)
    except ValueError:  # more digits than there are numbers: its own check tells
        return None
