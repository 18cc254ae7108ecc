"""Replaying a story in which values are masked: whether its events can have happened, whatever was behind the masks.

Where a value is masked, nothing is known of it, and neither of what an expression makes of it. The machine is the one
that `verify` walks with, over data that it does not know. Of all the ways that it could go, the events say which one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sagadsl.language.definition import Definition, Json
from sagadsl.machine.events import Event, from_json
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.machine.verification.copies import copy_saga
from sagadsl.machine.verification.oracle import CycleCut, Facts, Oracle, Script, Unknown
from sagadsl.machine.verification.standing_in import with_unknown_data
from sagadsl.runtime.observe.sensitive_places import MASK

_DATA = ("input", "output", "payload")
"""What events hold of what services, people and other sagas have said."""

_MOST_PASSES = 100
_MOST_EVENTS = 2_000
"""More would take minutes: a saga is copied before each."""

_MOST_WAYS = 100
"""Ways that are followed at the same time; events nearly always tell at once which one was taken."""


class _Way(NamedTuple):
    saga: Saga
    facts: Facts


class MaskedReplay:
    """Replays the masked stories of one definition."""

    def __init__(self, definition: Definition) -> None:
        self._oracle = Oracle(_MOST_PASSES)
        self._compiled = with_unknown_data(definition, self._oracle)

    def ends(self, saga_id: str, events: Sequence[Mapping[str, Any]]) -> list[Saga]:
        """Return the sagas to which these events can have happened; none where they cannot have, as far as is known.

        Args:
            saga_id: The saga's id.
            events: Its events, each as JSON data that `from_json` reads, with masks in them.
        """
        if len(events) > _MOST_EVENTS:
            return []
        ways = [_Way(self._compiled.new(saga_id), {})]
        for number, data in enumerate(events, 1):
            event = from_json({**data, **{n: unknown(data[n], f"{n} {number}") for n in _DATA if n in data}})
            ways = [following for way in ways for following in self._following(way, event)]
            if not 0 < len(ways) <= _MOST_WAYS:
                return []
        return [way.saga for way in ways]

    def _following(self, way: _Way, event: Event) -> Iterator[_Way]:
        scripts: list[Script] = [()]
        while scripts:
            saga = copy_saga(way.saga)
            self._oracle.begin(scripts.pop(), way.facts)
            try:
                saga.apply(event)
            except (UnexpectedEvent, CycleCut):
                scripts.extend(self._oracle.others())
                continue
            scripts.extend(self._oracle.others())
            yield _Way(saga, self._oracle.facts)


def unknown(data: Any, origin: str) -> Any:
    """Return data with an `Unknown` for every text that has a mask in it."""
    match data:
        case dict():
            return {name: unknown(value, f"{origin}.{name}") for name, value in data.items()}
        case list():
            return [unknown(value, f"{origin}[{i}]") for i, value in enumerate(data)]
        case str() if MASK in data:
            return Unknown(origin)
    return data


def agree(claimed: Json, found: Any) -> bool:
    """Whether data with masks in it can be what was found, where that is known."""
    if isinstance(found, Unknown) or (isinstance(claimed, str) and MASK in claimed):
        return True
    if isinstance(claimed, dict) and isinstance(found, Mapping):
        return claimed.keys() == found.keys() and all(agree(claimed[name], found[name]) for name in claimed)
    if isinstance(claimed, list) and isinstance(found, list):
        return len(claimed) == len(found) and all(map(agree, claimed, found))
    return type(claimed) is type(found) and bool(claimed == found)
