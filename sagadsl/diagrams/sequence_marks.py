"""Puts a run on a sequence: how each call went, what was undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sagadsl.diagrams.marking import headline, state_marks, undo_marks
from sagadsl.diagrams.model import Mark
from sagadsl.diagrams.run import RunPicture
from sagadsl.diagrams.sequence_model import Fragment, Item, Message, Remark, Section, Sequence
from sagadsl.diagrams.sequence_undo import COMPENSATED
from sagadsl.language.definition import Definition


def marked(sequence: Sequence, run: RunPicture | None, definition: Definition) -> dict[str, Any]:
    """Return what a picture of the sequence has: the `sequence` and the `remarks`, with the run on them if any."""
    if run is None:
        return {"sequence": sequence}
    items = tuple(_item(item, run, definition) for item in sequence.items)
    return {"sequence": replace(sequence, items=items), "remarks": (headline(run, definition),)}


def _item(item: Item, run: RunPicture, definition: Definition) -> Item:
    if isinstance(item, Fragment):
        return replace(item, sections=tuple(_section(section, run, definition) for section in item.sections))
    if isinstance(item, Remark) and item.way is not None:
        return item if item.way in run.ways else replace(item, emphasis="faded")
    marks = _marks(item, run, definition)
    if isinstance(item, Remark) and item.text == COMPENSATED and run.status != COMPENSATED:
        return replace(item, emphasis="faded")
    return replace(item, marks=marks, emphasis="faded" if item.state and not marks else "usual")


def _section(section: Section, run: RunPicture, definition: Definition) -> Section:
    """Return a section with the run on it; what it says of no state stands back if the run did not come there."""
    items = [_item(item, run, definition) for item in section.items]
    known = [item for item in items if not isinstance(item, Fragment) and item.state]
    missed = section.way is not None and section.way not in run.ways
    if missed or (known and not any(item.marks for item in known)):
        items = [_pale(item) for item in items]
    return replace(section, items=tuple(items))


def _pale(item: Item) -> Item:
    return item if isinstance(item, Fragment) or item.marks else replace(item, emphasis="faded")


def _marks(item: Message | Remark, run: RunPicture, definition: Definition) -> tuple[Mark, ...]:
    state = definition.all_states.get(item.state)
    if state is None:
        return ()
    steps = run.by_state.get(state.name, ())
    if isinstance(item, Message) and item.kind == "undo":
        return undo_marks(steps)
    return state_marks(state.name, state, steps, run)
