"""A saga without its services: every action answers at once, or fails as the script says, in virtual time.

It is the driver of `virtual.py`, told by the options of a command line; `scenarios/` is told by files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sagadsl.language.definition import Json
from sagadsl.machine.commands import Compensate, CompensateChild, Invoke
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import TIMEOUT, Failure
from sagadsl.machine.saga import Saga
from sagadsl.runtime.answers import Call
from sagadsl.runtime.listening import Listener
from sagadsl.runtime.outcome import Outcome
from sagadsl.runtime.virtual import MAX_EVENTS, Answer, CircleError, VirtualRun, stand_ins

__all__ = ["SIMULATED_FAILURE", "PlannedFailure", "Script", "SimulationError", "simulate", "stand_ins"]

SIMULATED_FAILURE = "SimulatedFailure"


class SimulationError(Exception):
    """The simulation cannot go on; the message says why and what to do."""


@dataclass(slots=True)
class PlannedFailure:
    """An action, or a compensation, that fails.

    Args:
        state: Whose action.
        undo: Whether it is the compensation that fails.
        code: With which error code; `Timeout` lets the step's timeout pass.
        times: How often, or `None` for always.
    """

    state: str
    undo: bool = False
    code: str = SIMULATED_FAILURE
    times: int | None = None


@dataclass(slots=True)
class Script:
    """What a simulation is told.

    Args:
        failures: What fails.
        outputs: What the action of a state answers; others answer stand-ins such as `<book_hotel.ref>`.
        signals: Signals that have been sent, with their payloads.
    """

    failures: Sequence[PlannedFailure] = ()
    outputs: Mapping[str, Json] = field(default_factory=dict)
    signals: Sequence[tuple[str, Json]] = ()


def simulate(
    compiled: CompiledSaga,
    input: Json,  # noqa: A002 - the saga's own word for it
    script: Script,
    *,
    saga_id: str,
    start_at: float,
    on_event: Listener | None = None,
) -> Outcome:
    """Run a saga from start to rest and return its outcome.

    Args:
        compiled: What to run.
        input: Its input, checked already (`prepare_input`).
        script: What fails, and what is answered.
        saga_id: The saga's id.
        start_at: The instant at which it starts, in seconds since 1970.
        on_event: Hears of every event.

    Raises:
        SimulationError: The saga waits for a signal that nobody sends, or goes in a circle.
    """
    run = VirtualRun(compiled, _Answers(compiled, script), saga_id=saga_id, start_at=start_at, on_event=on_event)
    try:
        for name, payload in script.signals:
            run.send(name, payload)
        run.start(input)
        while not run.is_at_rest and run.step():
            pass
    except CircleError:
        raise SimulationError(_circle(run.saga)) from None
    if not run.is_at_rest:
        raise SimulationError(_stuck(run.saga))
    return run.outcome


class _Answers:
    """What each call is answered: as the script says, or a stand-in."""

    def __init__(self, compiled: CompiledSaga, script: Script) -> None:
        self.outputs = {**stand_ins(compiled), **script.outputs}
        self.failures = [replace(failure) for failure in script.failures]

    def __call__(self, command: Call) -> Answer:
        undo = isinstance(command, Compensate | CompensateChild)
        for failure in self.failures:
            if (failure.state, failure.undo) == (command.state, undo) and failure.times != 0:
                if failure.times is not None:
                    failure.times -= 1
                return _failure(command, failure.code)
        output = Answer(self.outputs.get(command.state, {}))
        return Answer(report=output) if isinstance(command, Invoke) and command.callback else output


def _failure(command: Call, code: str) -> Answer:
    if code == TIMEOUT and hasattr(command, "timeout"):
        return Answer(after=None)
    return Answer(Failure(code, "as the simulation was told", in_doubt=code == TIMEOUT))


def _stuck(saga: Saga) -> str:
    awaited = [(e.label, e.awaits) for e in saga.latest.values() if e.awaits is not None]
    label, signal = awaited[0] if awaited else (saga.state, "…")
    return f"{label} waits for the signal {signal!r}, which nobody sends: give it with --signal {signal}"


def _circle(saga: Saga) -> str:
    return (
        f"{saga.definition.name} has not ended after {MAX_EVENTS} events and goes in a circle at {saga.state!r}: "
        "give the outputs that lead it out with --output STATE=JSON"
    )
