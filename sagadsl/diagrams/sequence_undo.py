"""The failing alternative of a sequence: what is undone, in the reverse of the order in which it is done."""

from __future__ import annotations

from collections.abc import Iterator

from sagadsl.diagrams.sequence_model import Fragment, Item, Message, Remark, Section
from sagadsl.language.definition import Definition, Map, State, SubSaga, Task, regions_of, walk

COMPENSATED = "compensated"


def undo_items(definition: Definition) -> Iterator[Item]:
    """Yield the undo of every step that has one, the last first; nothing if none has."""
    mapped, before = _mapped(definition), _before_the_pivot(definition)
    found = [_undo(state, in_map=state.name in mapped) for state in definition.all_states.values()]
    undone = [message for message in reversed(found) if message is not None and message.state in before]
    if not undone:
        return
    at_once = definition.compensation.order == "parallel"
    order = "all at once" if at_once else "in the reverse order of their completion"
    yield Remark(f"undoes the steps that were done, {order}")
    if at_once and len(undone) > 1:
        yield Fragment("par", tuple(Section(message.state, (message,)) for message in undone))
    else:
        yield from undone
    yield Remark(COMPENSATED)


def _mapped(definition: Definition) -> set[str]:
    """Return the names of the states that are inside a map."""
    return {
        inner.name
        for state in definition.all_states.values()
        if isinstance(state, Map)
        for region in regions_of(state).values()
        for inner in walk(region.states)
    }


def _before_the_pivot(definition: Definition) -> set[str]:
    """Return the names of the states that the saga can come to while it can still go back."""
    reached: set[str] = set()
    waiting = [definition.start]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            state = definition.states[name]
            caught = tuple(catch.next for catch in getattr(state, "catch", ()))
            waiting += caught if getattr(state, "kind", None) == "pivot" else state.successors
    return {inner.name for inner in walk({name: definition.states[name] for name in reached})}


def _undo(state: State, *, in_map: bool) -> Message | None:
    each = ", for each item" if in_map else ""
    doubt = ", if it is in doubt" if getattr(state, "kind", None) == "pivot" else ""
    undo = getattr(state, "compensation", None)
    if isinstance(state, Task | SubSaga) and undo is not None:
        text = f"{undo.action}: undoes {state.name}{doubt}{each}"
        return Message("saga", f"service {undo.service}", text, "undo", state.name)
    if isinstance(state, SubSaga):
        text = f"compensate: undoes {state.name}{doubt}{each}"
        return Message("saga", f"other saga {state.saga}", text, "undo", state.name)
    return None
