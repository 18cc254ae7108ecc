"""`Definition` in, `CompiledSaga` out: the flow machine, the shared lifecycles, and every template compiled once."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

from sagadsl.language.definition import Choice, Definition, Fail, FailWhen, Pass, State, Succeed, Task
from sagadsl.language.expressions import Environment, Expression
from sagadsl.language.templates import Template
from sagadsl.machine import lifecycles
from sagadsl.machine.dispatch import DispatchMachine, build_machine, describe, lifecycle_machine

if TYPE_CHECKING:
    from sagadsl.machine.events import Event
    from sagadsl.machine.saga import Saga

NEXT = "next"
PROCEED = "proceed"
DEFAULT = "default"

SAGA_MACHINE = lifecycle_machine(lifecycles.SAGA)
STEP_MACHINE = lifecycle_machine(lifecycles.STEP)


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """A task with its templates and conditions compiled."""

    state: Task
    payload: Template
    compensation: Template | None
    fail_when: tuple[tuple[Expression, FailWhen], ...]


@dataclass(frozen=True, slots=True)
class ChoicePlan:
    """A choice with its conditions compiled, each with its flow trigger."""

    state: Choice
    arms: tuple[tuple[Expression, str], ...]


@dataclass(frozen=True, slots=True)
class PassPlan:
    """A pass state with its output compiled."""

    state: Pass
    output: Template


@dataclass(frozen=True, slots=True)
class SucceedPlan:
    """The end of a saga with its output compiled."""

    state: Succeed
    output: Template


@dataclass(frozen=True, slots=True)
class FailPlan:
    """A state that fails."""

    state: Fail


Plan: TypeAlias = TaskPlan | ChoicePlan | PassPlan | SucceedPlan | FailPlan


@dataclass(frozen=True, slots=True, eq=False)
class CompiledSaga:
    """A definition as machines. One is made per definition; running sagas share it.

    Args:
        definition: What it was made from.
        flow: The `transitions` machine over the saga's own states; it moves `Saga.state`.
        saga_lifecycle: The machine of every saga's `status`, shared by all definitions.
        step_lifecycle: The machine of every step's `status`, shared by all definitions.
        plans: What to do in each state.
        signals: The names of the signals that it may wait for.
        hash: SHA-256 of the definition's meaning, in hex: the same text laid out differently has the same.
    """

    definition: Definition
    flow: DispatchMachine
    saga_lifecycle: DispatchMachine
    step_lifecycle: DispatchMachine
    plans: Mapping[str, Plan]
    signals: frozenset[str]
    hash: str

    def new(self, saga_id: str) -> Saga:
        """Return a saga of this definition in which nothing has happened yet."""
        from sagadsl.machine.saga import Saga  # noqa: PLC0415 - the two know each other

        return Saga(self, saga_id)

    def replay(self, saga_id: str, events: Iterable[Event]) -> Saga:
        """Return the saga to which these events happened; `Saga.outstanding` says what is still to be done.

        Raises:
            UnexpectedEvent: The events are not those of a saga of this definition.
        """
        saga = self.new(saga_id)
        for event in events:
            saga.apply(event)
        return saga

    def describe(self) -> dict[str, Any]:
        """Return the machines as the states and transitions that `transitions` was given."""
        return {
            "name": self.definition.name,
            "version": self.definition.version,
            "hash": self.hash,
            "machines": {
                "flow": describe(self.flow),
                "saga": describe(self.saga_lifecycle),
                "step": describe(self.step_lifecycle),
            },
        }


def compile_saga(definition: Definition) -> CompiledSaga:
    """Compile a definition that `sagadsl.load` returned."""
    environment = Environment(definition.states)
    return CompiledSaga(
        definition=definition,
        flow=_flow_machine(definition),
        saga_lifecycle=SAGA_MACHINE,
        step_lifecycle=STEP_MACHINE,
        plans={name: _plan(definition, state, environment) for name, state in definition.states.items()},
        signals=frozenset(_signals(definition)),
        hash=_hash(definition),
    )


def catch_trigger(index: int) -> str:
    """Return the flow trigger of the catch at this index, which counts from 0."""
    return f"catch_{index + 1}"


def choice_trigger(index: int) -> str:
    """Return the flow trigger of the choice at this index, which counts from 0."""
    return f"choice_{index + 1}"


def _signals(definition: Definition) -> Iterable[str]:
    for state in definition.states.values():
        if isinstance(state, Task) and state.on_failure is not None and state.on_failure.signal is not None:
            yield state.on_failure.signal


def _flow_machine(definition: Definition) -> DispatchMachine:
    states = definition.states.values()
    return build_machine(
        definition.name,
        [{"name": state.name, "final": isinstance(state, Succeed | Fail)} for state in states],
        [
            {"trigger": trigger, "source": state.name, "dest": dest}
            for state in states
            for trigger, dest in _exits(state)
        ],
        definition.start,
    )


def _exits(state: State) -> Iterable[tuple[str, str]]:
    match state:
        case Task():
            yield NEXT, state.next
            for index, catch in enumerate(state.catch):
                yield catch_trigger(index), catch.next
            if state.on_failure is not None and state.on_failure.then == "continue":
                yield PROCEED, state.next
        case Choice():
            for index, choice in enumerate(state.choices):
                yield choice_trigger(index), choice.next
            if state.default is not None:
                yield DEFAULT, state.default
        case Pass():
            yield NEXT, state.next


def _plan(definition: Definition, state: State, environment: Environment) -> Plan:
    match state:
        case Task():
            undo = state.compensation
            return TaskPlan(
                state,
                Template(state.payload, environment),
                None if undo is None or undo.payload is None else Template(undo.payload, environment),
                tuple((environment.expression(rule.when), rule) for rule in state.fail_when),
            )
        case Choice():
            return ChoicePlan(
                state,
                tuple(
                    (environment.expression(choice.when), choice_trigger(index))
                    for index, choice in enumerate(state.choices)
                ),
            )
        case Pass():
            return PassPlan(state, Template(state.output, environment))
        case Succeed():
            output = definition.output if state.output is None else state.output
            return SucceedPlan(state, Template(output, environment))
        case Fail():
            return FailPlan(state)
    raise TypeError(f"no plan for a state of type {type(state).__name__}")


def _hash(definition: Definition) -> str:
    return sha256(json.dumps(_meaning(definition), ensure_ascii=False).encode()).hexdigest()


def _meaning(value: Any) -> Any:
    """Return plain data in which everything that is part of a definition's meaning stands, and nothing else."""
    if dataclasses.is_dataclass(value):
        parts = {f.name: _meaning(getattr(value, f.name)) for f in dataclasses.fields(value) if f.compare}
        return {"is": type(value).__name__, **parts}
    if isinstance(value, Mapping):
        return {key: _meaning(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [_meaning(item) for item in value]
    return value
