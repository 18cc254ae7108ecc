"""`Definition` in, `CompiledSaga` out: one flow machine a region, the lifecycles, and every template compiled once."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sagadsl.language.definition import (
    Catch,
    Choice,
    Definition,
    Fail,
    Json,
    Map,
    OnFailure,
    Parallel,
    Pass,
    State,
    SubSaga,
    Succeed,
    Task,
    Wait,
    regions_of,
)
from sagadsl.language.display import Shown
from sagadsl.language.templates import Template
from sagadsl.machine import lifecycles
from sagadsl.machine.dispatch import DispatchMachine, build_machine, describe, lifecycle_machine
from sagadsl.machine.guests import CallbackError
from sagadsl.machine.plans import Flow, Plan, Planner, choice_trigger

if TYPE_CHECKING:
    from sagadsl.machine.events import Event, SagaStarted
    from sagadsl.machine.saga import Saga

NEXT = "next"
PROCEED = "proceed"
DEFAULT = "default"
TIME_OUT = "time_out"

SAGA_MACHINE = lifecycle_machine(lifecycles.SAGA)
STEP_MACHINE = lifecycle_machine(lifecycles.STEP)


@dataclass(slots=True, eq=False)
class Lifecycles:
    """The lifecycle machines of one definition's sagas: the shared ones, until somebody asks for them.

    A callback that is put on a definition's lifecycle is then called for the sagas of this definition alone.
    """

    saga: DispatchMachine = SAGA_MACHINE
    step: DispatchMachine = STEP_MACHINE

    def own_saga(self) -> DispatchMachine:
        """Return a saga lifecycle that this definition has to itself."""
        if self.saga is SAGA_MACHINE:
            self.saga = lifecycle_machine(lifecycles.SAGA)
        return self.saga

    def own_step(self) -> DispatchMachine:
        """Return a step lifecycle that this definition has to itself."""
        if self.step is STEP_MACHINE:
            self.step = lifecycle_machine(lifecycles.STEP)
        return self.step


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CompiledSaga(Shown):
    """A definition as machines. One is made per definition; running sagas share it.

    Args:
        definition: What it was made from.
        flow: The `transitions` machine over the saga's own states; it moves `Cursor.state`.
        regions: The machines of the regions inside states, by `(state, branch)`; a map's region is its `body`.
        plans: What to do in each state.
        key: The business key, or `None`.
        locks: The names of the semantic locks.
        signals: The names of the signals that it may wait for.
        reads_saga: Whether some expression may read the variable `saga`.
        hash: SHA-256 of the definition's meaning, in hex: the same text laid out differently has the same.
        lifecycles: The machines that move `Saga.status` and `Execution.status`.
    """

    definition: Definition
    flow: DispatchMachine
    regions: Mapping[tuple[str, str], Flow]
    plans: Mapping[str, Plan]
    key: Template | None
    locks: tuple[Template, ...]
    signals: frozenset[str]
    reads_saga: bool
    hash: str
    lifecycles: Lifecycles = field(default_factory=Lifecycles)

    @property
    def saga_lifecycle(self) -> DispatchMachine:
        """The machine of `Saga.status`; callbacks put on it are for this definition's sagas."""
        return self.lifecycles.own_saga()

    @property
    def step_lifecycle(self) -> DispatchMachine:
        """The machine of `Execution.status`; callbacks put on it are for this definition's steps."""
        return self.lifecycles.own_step()

    def new(self, saga_id: str) -> Saga:
        """Return a saga of this definition in which nothing has happened yet."""
        from sagadsl.machine.saga import Saga  # noqa: PLC0415 - the two know each other

        return Saga(self, saga_id)

    def started(self, input: Json) -> SagaStarted:  # noqa: A002 - the saga's own word for it
        """Return the event that begins a saga with this input, once it has been checked, converted and copied.

        Raises:
            InputError: The input does not fit the definition's schema.
        """
        from sagadsl.language.inputs import prepare_input  # noqa: PLC0415 - a machine that only replays needs none
        from sagadsl.machine.events import SagaStarted  # noqa: PLC0415 - events know no definitions

        definition = self.definition
        return SagaStarted(prepare_input(definition, input), definition.name, definition.version, self.hash)

    def __repr__(self) -> str:
        return f"CompiledSaga({self.definition.name!r}, version={self.definition.version!r})"

    def replay(self, saga_id: str, events: Iterable[Event]) -> Saga:
        """Return the saga to which these events happened; `Saga.outstanding` says what is still to be done.

        Raises:
            UnexpectedEvent: The events are not those of a saga of this definition.
            CallbackError: Every event was taken, but callbacks that somebody put on the machines have failed on the
                way. The error has the saga.
        """
        saga = self.new(saga_id)
        errors: list[Exception] = []
        for event in events:
            try:
                saga.apply(event)
            except CallbackError as error:
                errors += error.errors
        if errors:
            raise CallbackError(saga, list(saga.outstanding.values()), errors) from errors[0]
        return saga

    def describe(self) -> dict[str, Any]:
        """Return the machines as the states and transitions that `transitions` was given."""
        regions = {f"{state}.{name}": describe(flow.machine) for (state, name), flow in self.regions.items()}
        return {
            "name": self.definition.name,
            "version": self.definition.version,
            "hash": self.hash,
            "machines": {
                "flow": describe(self.flow),
                **regions,
                "saga": describe(self.lifecycles.saga),
                "step": describe(self.lifecycles.step),
            },
        }


def compile_saga(definition: Definition) -> CompiledSaga:
    """Compile a definition that `sagadsl.load` returned.

    Raises:
        TypeError: It is not a definition, but perhaps the text or the path of one.
    """
    if not isinstance(definition, Definition):
        raise TypeError(f"compile_saga takes what sagadsl.load returns, not a {type(definition).__name__}")
    regions = {
        (state.name, name): Flow(_machine(f"{state.name}.{name}", region.states, region.start), region.start)
        for state in definition.all_states.values()
        for name, region in regions_of(state).items()
    }
    planner = Planner(definition, regions)
    meaning = json.dumps(_meaning(definition), ensure_ascii=False)
    return CompiledSaga(
        definition=definition,
        flow=_machine(definition.name, definition.states, definition.start),
        regions=regions,
        plans={name: planner.plan(state) for name, state in definition.all_states.items()},
        key=None if definition.key is None else Template(definition.key, planner.environment),
        locks=tuple(Template(lock, planner.environment) for lock in definition.locks),
        signals=frozenset(_signals(definition)),
        reads_saga="saga" in meaning,
        hash=sha256(meaning.encode()).hexdigest(),
    )


def catch_trigger(index: int) -> str:
    """Return the flow trigger of the catch at this index, which counts from 0."""
    return f"catch_{index + 1}"


def _signals(definition: Definition) -> Iterable[str]:
    for state in definition.all_states.values():
        rule: OnFailure | None = getattr(state, "on_failure", None)
        if rule is not None and rule.signal is not None:
            yield rule.signal
        if isinstance(state, Wait) and state.signal is not None:
            yield state.signal


def _machine(name: str, states: Mapping[str, State], start: str) -> DispatchMachine:
    return build_machine(
        name,
        [{"name": state.name, "final": isinstance(state, Succeed | Fail)} for state in states.values()],
        [
            {"trigger": trigger, "source": state.name, "dest": dest}
            for state in states.values()
            for trigger, dest in _exits(state)
        ],
        start,
    )


def _exits(state: State) -> Iterable[tuple[str, str]]:
    match state:
        case Task() | SubSaga() | Parallel() | Map():
            yield NEXT, state.next
            yield from _ways_out_of_failure(state.next, state.catch, state.on_failure)
        case Choice():
            for index, choice in enumerate(state.choices):
                yield choice_trigger(index), choice.next
            if state.default is not None:
                yield DEFAULT, state.default
        case Wait():
            yield NEXT, state.next
            if state.on_timeout is not None:
                yield TIME_OUT, state.on_timeout
        case Pass():
            yield NEXT, state.next


def _ways_out_of_failure(proceed: str, catches: tuple[Catch, ...], rule: OnFailure | None) -> Iterable[tuple[str, str]]:
    for index, catch in enumerate(catches):
        yield catch_trigger(index), catch.next
    if rule is not None and rule.then == "continue":
        yield PROCEED, proceed


def _meaning(value: Any) -> Json:
    """Return plain data in which everything that is part of a definition's meaning stands, and nothing else."""
    if dataclasses.is_dataclass(value):
        parts = {f.name: _meaning(getattr(value, f.name)) for f in dataclasses.fields(value) if f.compare}
        return {"is": type(value).__name__, **parts}
    if isinstance(value, Mapping):
        return {key: _meaning(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [_meaning(item) for item in value]
    return value
