"""What to do in each state: the definition's states with their templates and conditions compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import TypeAlias

from sagadsl.language.definition import (
    Choice,
    Definition,
    Fail,
    FailWhen,
    Map,
    Parallel,
    Pass,
    State,
    SubSaga,
    Succeed,
    Task,
    Wait,
)
from sagadsl.language.expressions import Environment, Expression
from sagadsl.language.templates import Template
from sagadsl.machine.dispatch import DispatchMachine

_set = object.__setattr__


@dataclass(frozen=True, slots=True)
class Flow:
    """A region as it is compiled: its machine, and the state it begins in."""

    machine: DispatchMachine
    start: str


@dataclass(frozen=True, slots=True)
class _Named:
    """What is read off the state once, because every step of every saga asks for it.

    Attributes:
        name: The state's name.
        output_name: What expressions call its output, as one text for all sagas.
        is_pivot: Whether the saga only goes forward once it has completed.
        keys: The keys that its payload always has, in order; `None` if that is no object.
    """

    name: str = field(init=False, repr=False, compare=False)
    output_name: str = field(init=False, repr=False, compare=False)
    is_pivot: bool = field(init=False, repr=False, compare=False)
    keys: tuple[str, ...] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        state: State = self.state  # type: ignore[attr-defined]  # every plan has one of its own kind
        _set(self, "name", state.name)
        _set(self, "output_name", intern(f"states.{state.name}.output"))
        _set(self, "is_pivot", getattr(state, "kind", None) == "pivot")
        payload = state.payload if isinstance(state, Task) else getattr(state, "input", None)
        _set(self, "keys", tuple(payload) if isinstance(payload, Mapping) else None)


@dataclass(frozen=True, slots=True)
class TaskPlan(_Named):
    """A task."""

    state: Task
    payload: Template
    compensation: Template | None
    fail_when: tuple[tuple[Expression, FailWhen], ...]


@dataclass(frozen=True, slots=True)
class SubSagaPlan(_Named):
    """A state that runs another saga; `payload` is that saga's input."""

    state: SubSaga
    payload: Template
    compensation: Template | None


@dataclass(frozen=True, slots=True)
class ParallelPlan(_Named):
    """A parallel state with its branches."""

    state: Parallel
    branches: Mapping[str, Flow]


@dataclass(frozen=True, slots=True)
class MapPlan(_Named):
    """A map state with its body."""

    state: Map
    items: Expression
    body: Flow


@dataclass(frozen=True, slots=True)
class WaitPlan(_Named):
    """A wait; `until` gives the instant, if that is what it waits for."""

    state: Wait
    until: Expression | None


@dataclass(frozen=True, slots=True)
class ChoicePlan:
    """A choice, each of its conditions with its flow trigger."""

    state: Choice
    arms: tuple[tuple[Expression, str], ...]


@dataclass(frozen=True, slots=True)
class PassPlan(_Named):
    """A state that computes."""

    state: Pass
    output: Template


@dataclass(frozen=True, slots=True)
class SucceedPlan:
    """The end of a saga, of a branch or of a body."""

    state: Succeed
    output: Template


@dataclass(frozen=True, slots=True)
class FailPlan:
    """A state that fails."""

    state: Fail


StepPlan: TypeAlias = TaskPlan | SubSagaPlan | ParallelPlan | MapPlan | WaitPlan
"""The plans of states that take time, and so have a lifecycle."""

Plan: TypeAlias = StepPlan | ChoicePlan | PassPlan | SucceedPlan | FailPlan


class Planner:
    """Makes the plan of each state of a definition.

    Args:
        definition: What is compiled.
        flows: The compiled regions by `(state, region)`.
    """

    def __init__(self, definition: Definition, flows: Mapping[tuple[str, str], Flow]) -> None:
        self.definition = definition
        self.flows = flows
        states = definition.all_states
        self.environment = Environment(
            states,
            item_names=sorted({state.as_ for state in states.values() if isinstance(state, Map)}),
            signal_names=sorted({s.signal for s in states.values() if isinstance(s, Wait) and s.signal is not None}),
        )

    def plan(self, state: State) -> Plan:
        """Return the plan of a state."""
        match state:
            case Task():
                return self._task(state)
            case SubSaga():
                undo = None if state.compensation is None else self._optional(state.compensation.payload)
                return SubSagaPlan(state, self._template(state.input), undo)
            case Parallel():
                return ParallelPlan(state, {name: self.flows[state.name, name] for name in state.branches})
            case Map():
                return MapPlan(state, self._expression(state.items), self.flows[state.name, "body"])
            case Wait():
                return WaitPlan(state, None if state.until is None else self._expression(state.until))
            case Choice():
                arms = enumerate(state.choices)
                return ChoicePlan(
                    state, tuple((self._expression(arm.when), choice_trigger(index)) for index, arm in arms)
                )
            case Pass():
                return PassPlan(state, self._template(state.output))
            case Succeed():
                return SucceedPlan(state, self._template(self._output(state)))
            case Fail():
                return FailPlan(state)
        raise TypeError(f"no plan for a state of type {type(state).__name__}")

    def _task(self, state: Task) -> TaskPlan:
        undo = None if state.compensation is None else self._optional(state.compensation.payload)
        rules = tuple((self._expression(rule.when), rule) for rule in state.fail_when)
        return TaskPlan(state, self._template(state.payload), undo, rules)

    def _output(self, state: Succeed) -> object:
        """Return what a `succeed` gives: its own output, the definition's at the end of the saga, else nothing."""
        if state.output is not None:
            return state.output
        return self.definition.output if state.name in self.definition.states else {}

    def _expression(self, text: str) -> Expression:
        return self.environment.expression(text)

    def _template(self, data: object) -> Template:
        return Template(data, self.environment)

    def _optional(self, data: object) -> Template | None:
        return None if data is None else self._template(data)


def choice_trigger(index: int) -> str:
    """Return the flow trigger of the choice at this index, which counts from 0."""
    return f"choice_{index + 1}"
