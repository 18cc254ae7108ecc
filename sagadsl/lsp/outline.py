"""The states of a definition as a tree, for an editor's outline."""

from __future__ import annotations

from dataclasses import dataclass, field

from sagadsl.language.definition import Path
from sagadsl.lsp.positions import Span
from sagadsl.lsp.scope import about_state
from sagadsl.lsp.structure import StateAt
from sagadsl.lsp.view import View


@dataclass(slots=True)
class Entry:
    """A saga, a state or a branch: `whole` are all its characters, `name_span` those of its name."""

    name: str
    detail: str
    whole: Span
    name_span: Span
    inside: list[Entry] = field(default_factory=list)


def outline(view: View) -> list[Entry]:
    """Return the states, those of a branch or of a map inside it."""
    entries: list[Entry] = []
    places: dict[Path, list[Entry]] = {(): entries}
    for state in view.states:
        siblings = places.get(state.region)
        if siblings is None:
            siblings = _branch(view, places, state.region)
        entry = _entry(view, state)
        siblings.append(entry)
        places[state.path] = entry.inside
    return entries


def _entry(view: View, state: StateAt) -> Entry:
    name = view.name_span(state)
    return Entry(state.name, about_state(state), _whole(view, state.path, name), name)


def _branch(view: View, places: dict[Path, list[Entry]], path: Path) -> list[Entry]:
    """Add a branch to the state that it belongs to, which stands two steps above it."""
    name = view.key_span(path)
    entry = Entry(str(path[-1]), "branch", _whole(view, path, name), name)
    places[path[:-2]].append(entry)
    places[path] = entry.inside
    return entry.inside


def _whole(view: View, path: Path, name: Span) -> Span:
    value = view.span_of(path)
    return Span(min(name.start, value.start), max(name.end, value.end)) if _joined(name, value) else name


def _joined(name: Span, value: Span) -> bool:
    """Whether a value stands where its name does; that of an alias stands elsewhere."""
    return value.start >= name.end or (value.start <= name.start and name.end <= value.end)
