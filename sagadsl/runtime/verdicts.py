"""What becomes of a decision about a saga."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sagadsl.machine.commands import Command, Finish
from sagadsl.machine.lifecycles import AT_REST, SAGA
from sagadsl.machine.saga import Saga


@dataclass(frozen=True, slots=True)
class Recorded:
    """The decision is in the saga's log.

    Args:
        status: What the saga is then.
        is_run: Whether an engine has it.
        failed_again: Whether it was set going and has failed at once; one that goes on waiting for a person has not.
    """

    status: str
    is_run: bool = False
    failed_again: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The lifecycle, or the state of the saga, does not allow it; nothing has changed."""

    why: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The decision lies in the store; the engine that runs the saga, on this host, has not answered yet."""

    host: str


Verdict: TypeAlias = Recorded | Refused | Sent


def recorded(saga: Saga, commands: Sequence[Command]) -> Recorded:
    """Return what a decision has come to that a saga has taken.

    Args:
        saga: The saga, after it.
        commands: What it then wants done; nothing if there was no decision.
    """
    waits_for_a_person = saga.status in AT_REST - SAGA.final
    return Recorded(saga.status, failed_again=waits_for_a_person and any(isinstance(c, Finish) for c in commands))


def refused(saga: Saga, message: str) -> Refused:
    """Return the refusal that a machine's `UnexpectedEvent` is, in words for people."""
    return Refused(reason(saga.id, message))


def reason(saga_id: str, message: str) -> str:
    """Return why an event was out of place, without the names of the saga and the event."""
    message = message.removeprefix(f"{saga_id}: ")
    return message.partition(" is out of place: ")[2] or message
