"""Hearing of what happens to sagas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from sagadsl.machine.commands import Command
from sagadsl.machine.events import Event
from sagadsl.machine.saga import Saga

Listener: TypeAlias = Callable[[Saga, Event, Sequence[Command]], None]
"""Hears of every event, after the saga has taken it, with the commands that follow from it."""
