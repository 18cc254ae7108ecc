"""Every place in which a definition names one of its states: what is found, gone to and renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from sagadsl.language import celtokens, templates
from sagadsl.language.definition import Json, Path
from sagadsl.lsp.positions import Span
from sagadsl.lsp.structure import TRANSITIONS, StateAt, Use, expressions_of, paths_like, value_at
from sagadsl.lsp.view import View

_WRAPPING = re.compile(r"[rRbB]{0,2}(?:\"\"\"|'''|[\"'`])")


class Mention(NamedTuple):
    """A state's name somewhere: as the state's own, as where a transition leads, or in an expression."""

    state: str
    role: Literal["name", "transition", "expression"]
    span: Span


def mentions(view: View) -> list[Mention]:
    """Return every mention, each place once, in the order of the text; also of names that no state has."""
    found = {mention.span: mention for mention in reversed(list(uses(view)))}
    return sorted(found.values(), key=lambda mention: mention.span)


def mention_at(view: View, offset: int) -> Mention | None:
    """Return the mention at an offset."""
    return next((mention for mention in mentions(view) if mention.span.holds(offset)), None)


def mentions_of(view: View, state: str) -> list[Mention]:
    """Return every mention of one state."""
    return [mention for mention in mentions(view) if mention.state == state]


def uses(view: View) -> Iterator[Mention]:
    """Yield every mention as often as it counts: what an alias repeats comes again, at the place that it repeats."""
    yield from _starts(view)
    for state in view.states:
        yield Mention(state.name, "name", view.name_span(state))
        for pattern in TRANSITIONS:
            for path, name in paths_like(state.data, pattern):
                yield from _transition(view, (*state.path, *path), name)
        yield from _in_expressions(view, state)
    yield from _in_expressions(view, None)


def _starts(view: View) -> Iterator[Mention]:
    for region in dict.fromkeys([(), *(state.region for state in view.states)]):
        for path, name in paths_like(value_at(view.data, region), ("start",)):
            yield from _transition(view, (*region, *path), name)


def _transition(view: View, path: Path, name: Json) -> Iterator[Mention]:
    if isinstance(name, str) and name:
        yield Mention(name, "transition", view.span_in(path, 0, len(name)))


def _in_expressions(view: View, state: StateAt | None) -> Iterator[Mention]:
    for path, value, use in expressions_of(state, view.data):
        for where, start, text in sources(path, value, use):
            yield from _in_expression(view, where, start, text)


def sources(path: Path, value: Json, use: Use) -> Iterator[tuple[Path, int, str]]:
    """Yield the expressions of a place: path of the text that each stands in, offset in it, source."""
    if use == "condition":
        if isinstance(value, str):
            yield path, 0, value
    else:
        yield from templates.expressions_in(value, path)


def _in_expression(view: View, path: Path, start: int, text: str) -> Iterator[Mention]:
    for found in celtokens.references(celtokens.tokens(text)):
        name = found.parts[0] if found.parts else None
        if found.root == "states" and isinstance(name, str):
            begin, end = found.spans[0]
            wrapping = _WRAPPING.match(text, begin, end)
            begin = wrapping.end() if wrapping else begin
            yield Mention(name, "expression", view.span_in(path, start + begin, start + begin + len(name)))
