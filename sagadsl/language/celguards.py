"""What an expression has made sure of where it reads something: the fields that `has(…)` guards there.

`has(x.y) ? x.y : 0`, `has(x.y) && x.y > 1` and `!has(x.y) || x.y > 1` never read a field that is missing. The guard may
stand behind what it guards, as in CEL: where one side of `&&` is false, or one of `||` true, it does not matter that
the other has no value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from sagadsl.language.celtokens import Reference, Token, references, string_value

Key: TypeAlias = tuple[str | int, ...]
"""A variable and the fields after it: `("input", "card", "number")`."""

_Range: TypeAlias = tuple[int, int]  # of tokens, the second exclusive
_NOTHING: frozenset[Key] = frozenset()
_OPENING = {"(": ")", "[": "]", "{": "}"}


class Reading(NamedTuple):
    """A reference, the fields that are there for certain where it is read, and whether it only asks with `has`."""

    reference: Reference
    present: frozenset[Key]
    asked: bool = False


def readings(words: Sequence[Token]) -> list[Reading]:
    """Return every reference of an expression that can be read, in the order of the text."""
    guards = _Guards(words)
    if guards.found:
        guards.read((0, len(words)), _NOTHING)
    return [guards.readings.get(each.start, Reading(each, _NOTHING)) for each in guards.found.values()]


class _Guards:
    def __init__(self, words: Sequence[Token]) -> None:
        self._words = words
        self._closing = _closing(words)
        self.found = {each.start: each for each in references(words)}
        self.readings: dict[int, Reading] = {}

    def read(self, part: _Range, present: frozenset[Key]) -> None:
        """Note every reference in a part of the expression, given what is there for certain."""
        part = self._bare(part)
        if (three := self._conditional(part)) is not None:
            condition, yes, no = three
            self.read(condition, present)
            self.read(yes, present | self._known(condition, holds=True))
            self.read(no, present | self._known(condition, holds=False))
            return
        for sign, holds in (("||", False), ("&&", True)):
            operands = self._split(part, sign)
            if len(operands) > 1:
                self._read_all(operands, present, holds=holds)
                return
        self._read_leaf(part, present)

    def _read_all(self, operands: list[_Range], present: frozenset[Key], *, holds: bool) -> None:
        """Note the operands of `&&` or `||`: each counts only where all the others leave it to decide.

        Asking for a field of what may itself be missing fails, and decides nothing: that guards only what follows.
        """
        known = [self._known(operand, holds=holds) for operand in operands]
        sure = [frozenset(key for key in keys if _is_sure(key)) for keys in known]
        times = Counter(key for keys in sure for key in keys)
        shared = frozenset(key for key, count in times.items() if count > 1)
        everything = frozenset(times)
        earlier = _NOTHING
        for operand, own, own_sure in zip(operands, known, sure, strict=True):
            self.read(operand, present | earlier | (everything - own_sure) | shared)
            earlier |= own

    def _read_leaf(self, part: _Range, present: frozenset[Key]) -> None:
        i, end = part
        while i < end:
            word = self._words[i]
            if word.kind == "sign" and word.text in _OPENING:
                asked = i > 0 and self._words[i - 1].text == "has"
                self._read_inside(i, present, asked=asked)
                i = self._closing[i]
            elif word.start in self.found:
                self.readings[word.start] = Reading(self.found[word.start], present)
            i += 1

    def _read_inside(self, opening: int, present: frozenset[Key], *, asked: bool) -> None:
        inside = (opening + 1, self._closing[opening])
        if asked and inside[0] < inside[1]:
            start = self._words[inside[0]].start
            if start in self.found:
                self.readings[start] = Reading(self.found[start], present, asked=True)
            return
        for argument in self._split(inside, ","):
            entry = self._split(argument, ":") if self._words[opening].text == "{" else [argument]
            self.read(entry[0], present)
            if len(entry) > 1:  # the key and the value of an object, whose value may hold `? :` again
                self.read((entry[1][0], argument[1]), present)

    def _known(self, part: _Range, *, holds: bool) -> frozenset[Key]:
        """Return what is there for certain if this part is true, or if it is false."""
        part = self._bare(part)
        start, end = part
        if self._conditional(part) is not None:
            return _NOTHING
        for sign, together in (("||", not holds), ("&&", holds)):
            operands = self._split(part, sign)
            if len(operands) > 1:
                known = [self._known(operand, holds=holds) for operand in operands]
                return frozenset.union(*known) if together else frozenset.intersection(*known)
        if end - start > 1 and self._words[start].text == "!" and self._is_operand((start + 1, end)):
            return self._known((start + 1, end), holds=not holds)
        return self._asked_for(part) if holds else _NOTHING

    def _asked_for(self, part: _Range) -> frozenset[Key]:
        """Return what `has(…)`, or `'field' in …`, says is there. What it is a field of, it takes for granted."""
        start, end = part
        words = self._words[start : min(start + 3, end)]
        if len(words) < 3:  # noqa: PLR2004  the shortest are `has ( x` and `'y' in x`
            return _NOTHING
        found = self.found.get(words[2].start)
        if found is None:
            return _NOTHING
        if words[0].text == "has" and self._closing.get(start + 1) == end - 1:
            return frozenset([(found.root, *found.parts)])
        if words[0].kind == "string" and words[1].text == "in" and found.end == self._words[end - 1].end:
            return frozenset([(found.root, *found.parts, string_value(words[0].text))])
        return _NOTHING

    def _is_operand(self, part: _Range) -> bool:
        """Whether `!` before this part takes all of it: another `!`, brackets, or one call."""
        start, end = part
        while start < end and self._words[start].text == "!":
            start += 1
        opening = start if self._words[min(start, end - 1)].text == "(" else start + 1
        return self._closing.get(opening) == end - 1

    def _bare(self, part: _Range) -> _Range:
        start, end = part
        while end - start > 1 and self._words[start].text == "(" and self._closing.get(start) == end - 1:
            start, end = start + 1, end - 1
        return start, end

    def _conditional(self, part: _Range) -> tuple[_Range, _Range, _Range] | None:
        question, depth = -1, 0
        for i in self._outer(part):
            sign = self._words[i].text
            if sign == "?" and question < 0:
                question = i
            elif sign == "?":
                depth += 1
            elif sign == ":" and question >= 0 and depth:
                depth -= 1
            elif sign == ":" and question >= 0:
                return (part[0], question), (question + 1, i), (i + 1, part[1])
        return None

    def _split(self, part: _Range, sign: str) -> list[_Range]:
        parts, begun = [], part[0]
        for i in self._outer(part):
            if self._words[i].kind == "sign" and self._words[i].text == sign:
                parts.append((begun, i))
                begun = i + 1
        return [*parts, (begun, part[1])]

    def _outer(self, part: _Range) -> Iterator[int]:
        """Yield the indexes of the tokens of a part that stand in none of its brackets."""
        i, end = part
        while i < end:
            yield i
            i = self._closing.get(i, i) + 1


def _is_sure(key: Key) -> bool:
    """Whether asking for a field never fails: what it is a field of is a variable, and always there."""
    return len(key) == 1 + {"states": 3, "signals": 2}.get(str(key[0]), 1)


def _closing(words: Sequence[Token]) -> dict[int, int]:
    """Return the index of the closing bracket for that of each opening one; of one never closed, the end."""
    closing, opened = {}, []
    for i, word in enumerate(words):
        if word.kind == "sign" and word.text in _OPENING:
            opened.append(i)
        elif word.kind == "sign" and opened and word.text == _OPENING[words[opened[-1]].text]:
            closing[opened.pop()] = i
    return {**closing, **dict.fromkeys(opened, len(words))}
