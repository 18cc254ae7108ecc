"""The whole story of a saga and of the sagas that it ran, for an auditor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from sagadsl.machine.events import Event
from sagadsl.runtime.audit_story import Story, definition_of, masked_story_of, story_of
from sagadsl.runtime.observe.masking import Mask, is_private
from sagadsl.runtime.store.contract import Filter, SagaRow, Store
from sagadsl.runtime.stored import Recollection


async def stories(store: Store, row: SagaRow, *, unmasked: bool = False) -> AsyncIterator[Story]:
    """Yield the story of a saga, and then those of the sagas that it ran and that those ran.

    Args:
        store: Where they are.
        row: The saga.
        unmasked: Whether what definitions call sensitive is told too.

    Raises:
        StoreError: A definition is not in the store.
        DefinitionError: This sagadsl cannot read one.
        UnexpectedEvent: The events of one do not fit it.
    """
    recollection, tell = Recollection(store), story_of if unmasked else masked_story_of
    masks: dict[str | None, list[Mask]] = {}  # of each saga, and of those around it: it was given their values
    family = [row, *[each async for each in _descendants(store, row.id)]]
    for member in family:
        now, events = await _at_once(store, member)
        saga = (await recollection.find(now)).replay(now.id, events)
        told = tell(now, await definition_of(store, now), saga, events)
        around = masks.get(member.parent, [])
        masks[member.id] = [*around, Mask.of(saga)] if is_private(saga) else around
        told = told if unmasked else _without(told, around)
        yield replace(told, runs=[other.id for other in family if other.parent == member.id])


_GIVEN = ("input", "output", "payload", "error", "by", "why")


def _without(story: Story, masks: Sequence[Mask]) -> Story:
    """Return a story without what the sagas around it call sensitive and have handed down."""
    for mask in masks:
        row, events = story.row, [event for event in story.events if isinstance(event, dict)]
        masked = replace(
            story,
            row=replace(
                row,
                key=None if row.key is None else mask.text(row.key),
                error_message=None if row.error_message is None else mask.text(row.error_message),
            ),
            events=[{n: mask.data(v) if n in _GIVEN else v for n, v in event.items()} for event in events],
            output=mask.data(story.output),
        )
        if masked != story:
            story = replace(masked, masked=list(dict.fromkeys([*story.masked, "what it was given"])))
    return story


async def _at_once(store: Store, row: SagaRow) -> tuple[SagaRow, list[Event]]:
    """Return a saga's row and its events as they were at one time; it may be going on."""
    while True:
        before = await store.row(row.id)
        events = await store.events(row.id)
        after = await store.row(row.id)
        if (before.status, before.updated_at) == (after.status, after.updated_at):
            return after, events


async def _descendants(store: Store, saga_id: str) -> AsyncIterator[SagaRow]:
    after: str | None = None
    while True:
        page = await store.list(Filter(parent=saga_id), after=after)
        for row in page.sagas:
            yield row
            async for other in _descendants(store, row.id):
                yield other
        after = page.after
        if after is None:
            return
