"""A scenario played on the pure machine in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sagadsl.language.definition import Json
from sagadsl.machine.commands import Compensate, Invoke, StartChild
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.saga import Saga
from sagadsl.runtime.answers import Call
from sagadsl.runtime.listening import Listener
from sagadsl.runtime.outcome import Outcome
from sagadsl.runtime.scenarios.answering import ScriptedServices
from sagadsl.runtime.scenarios.labels import call_label
from sagadsl.runtime.scenarios.model import SAGA_ID, Scenario, Signal
from sagadsl.runtime.virtual import CircleError, VirtualRun

MAX_EVENTS = 2_000
"""More than this is a saga that goes in a circle; a scenario is small enough to be read."""


@dataclass(frozen=True, slots=True)
class Played:
    """What happened in a scenario.

    Args:
        outcome: What became of the saga.
        actions: The steps whose actions were called, and `~STEP` for those that were undone, in that order.
        payloads: What each of them received.
        took: Seconds from the start to the last thing that happened.
        remarks: What whoever reads the outcome should know besides.
    """

    outcome: Outcome
    actions: tuple[str, ...]
    payloads: dict[str, Json]
    took: float
    remarks: tuple[str, ...]


def play(scenario: Scenario, compiled: CompiledSaga, on_event: Listener | None = None) -> Played:
    """Play a scenario to its end: until the saga rests, or nothing happens by itself any more.

    Args:
        scenario: What happens.
        compiled: The saga that it happens to.
        on_event: Hears of every event.
    """
    services = ScriptedServices(compiled, scenario.services)
    run = VirtualRun(
        compiled,
        services,
        saga_id=SAGA_ID,
        start_at=scenario.starts_at,
        on_event=on_event,
        max_events=MAX_EVENTS,
    )
    remarks = list(_run(run, scenario))
    outcome = run.outcome
    if outcome.error is not None and outcome.error.code == "InvalidPayload" and services.stood_in:
        named = ", ".join(sorted(services.stood_in))
        remarks.append(f"stand-ins were answered for what the scenario does not say; give the output of {named}")
    calls = _first_calls(run.calls)
    return Played(
        outcome=outcome,
        actions=tuple(calls),
        payloads={label: _payload(call) for label, call in calls.items()},
        took=run.events[-1].at - scenario.starts_at,
        remarks=tuple(remarks),
    )


def _run(run: VirtualRun, scenario: Scenario) -> Iterator[str]:
    """Run to the end; yield what is strange about it."""
    signals = _Signals(run, scenario.signals)
    try:
        run.start(scenario.input)
        signals.send_awaited()
        while not run.is_at_rest and run.step():
            signals.send_awaited()
    except CircleError:
        yield f"the saga goes in a circle: it has not ended after {MAX_EVENTS} events"
        return
    if not run.is_at_rest:
        yield from _what_is_missing(run.saga)


def _what_is_missing(saga: Saga) -> Iterator[str]:
    awaited = [execution for execution in saga.latest.values() if execution.awaits is not None]
    for execution in awaited:
        yield f"{execution.label} waits for the signal '{execution.awaits}', which the scenario does not send"
    if not awaited:
        yield "the saga waits for an answer that the scenario never gives"


class _Signals:
    """Sends the signals: those with a time at that time, the others when the saga waits for them."""

    def __init__(self, run: VirtualRun, signals: tuple[Signal, ...]) -> None:
        self._run = run
        self._left = [signal for signal in signals if signal.at is None]
        self._served: set[tuple[str, int]] = set()
        for signal in signals:
            if signal.at is not None:
                run.send(signal.name, signal.payload, signal.at)

    def send_awaited(self) -> None:
        """Send the first signal that is left of each name that the saga has begun to wait for."""
        for execution in self._run.saga.latest.values():
            wait = (execution.label, execution.attempts.number)
            signal = next((s for s in self._left if s.name == execution.awaits), None)
            if signal is not None and wait not in self._served:
                self._served.add(wait)
                self._left.remove(signal)
                self._run.send(signal.name, signal.payload, signal.after)


def _first_calls(calls: list[Call]) -> dict[str, Call]:
    """Return the first attempt of each step, and of each undo, in the order in which they were called."""
    first: dict[str, Call] = {}
    for call in calls:
        first.setdefault(call_label(call), call)
    return first


def _payload(call: Call) -> Json:
    if isinstance(call, StartChild):
        return call.input
    return call.payload if isinstance(call, Invoke | Compensate) else None
