"""The compiled saga that is verified: a definition's own machines, with plans over unknown data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sagadsl.language.definition import Choice, Definition, Json, Region, State, Succeed, regions_of
from sagadsl.language.expressions import Environment, Expression
from sagadsl.language.library import Catalogue
from sagadsl.language.templates import Template
from sagadsl.machine.compiler import CompiledSaga, compile_saga
from sagadsl.machine.plans import (
    ChoicePlan,
    MapPlan,
    PassPlan,
    Plan,
    SubSagaPlan,
    SucceedPlan,
    TaskPlan,
    WaitPlan,
)
from sagadsl.machine.verification.oracle import Oracle
from sagadsl.machine.verification.symbolic import (
    Reads,
    SymbolicCondition,
    SymbolicInstant,
    SymbolicItems,
    SymbolicTemplate,
)
from sagadsl.machine.verification.vocabulary import Vocabulary

_FAR = 1 << 30


def with_unknown_data(definition: Definition, oracle: Oracle, catalogue: Catalogue | None = None) -> CompiledSaga:
    """Compile a definition so that its sagas ask the oracle about what they would read.

    It is compiled anew, so that no callback that somebody has put on a machine is called while a saga is verified.

    Args:
        definition: The definition.
        oracle: Answers.
        catalogue: What the actions answer, where that is known.
    """
    compiled = compile_saga(definition)
    planner = _Planner(definition, oracle, Vocabulary(definition, catalogue))
    names = tuple(Template(f"lock {number}", Environment(())) for number, _ in enumerate(compiled.locks, 1))
    plans = {name: planner.plan(plan) for name, plan in compiled.plans.items()}
    return replace(compiled, plans=plans, key=None, locks=names)


class _Planner:
    def __init__(self, definition: Definition, oracle: Oracle, vocabulary: Vocabulary) -> None:
        self._oracle, self._vocabulary, self._output = oracle, vocabulary, definition.output
        self._outer = definition.states
        self._distances = distances(Region(definition.start, definition.states))

    def plan(self, plan: Plan) -> Plan:
        """Return the plan over unknown data."""
        match plan:
            case TaskPlan(state=state):
                rules = tuple((self._verdict(each, state), rule) for each, rule in plan.fail_when)
                payload = self._template(plan.payload, state.payload, state, "payload")
                return replace(plan, payload=payload, compensation=self._undo(plan), fail_when=rules)
            case SubSagaPlan(state=state):
                payload = self._template(plan.payload, state.input, state, "input")
                return replace(plan, payload=payload, compensation=self._undo(plan))
            case MapPlan(state=state):
                reads = self._vocabulary.of_condition(state.items, state)
                return replace(plan, items=SymbolicItems(plan.items, reads, state.name, self._oracle))
            case WaitPlan(state=state) if plan.until is not None:
                reads = self._vocabulary.of_condition(plan.until.text, state)
                return replace(plan, until=SymbolicInstant(plan.until, reads, state.name, self._oracle))
            case ChoicePlan():
                return self._choice(plan)
            case PassPlan(state=state):
                return replace(plan, output=self._template(plan.output, state.output, state, "output"))
            case SucceedPlan(state=state):
                return replace(plan, output=self._template(plan.output, self._end(state), state, "output"))
        return plan

    def _end(self, state: Succeed) -> Json:
        if state.output is not None:
            return state.output
        return self._output if state.name in self._outer else {}

    def _undo(self, plan: TaskPlan | SubSagaPlan) -> Template | None:
        undo = plan.state.compensation
        if plan.compensation is None or undo is None:
            return None
        return self._template(plan.compensation, undo.payload, plan.state, "compensation payload")

    def _choice(self, plan: ChoicePlan) -> Plan:
        """Return the choice; of its arms, the one that ends soonest is preferred."""
        state = plan.state
        ways = [self._distances.get(arm.next, _FAR) for arm in state.choices]
        best = min(range(len(ways)), key=lambda i: ways[i])
        if state.default is not None and self._distances.get(state.default, _FAR) <= ways[best]:
            best = len(ways)
        arms = []
        for index, (condition, trigger) in enumerate(plan.arms):
            reads = self._vocabulary.of_condition(condition.text, state)
            arms.append((self._condition(condition, reads, state, prefers=index == best), trigger))
        return replace(plan, arms=tuple(arms))

    def _verdict(self, condition: Expression, state: State) -> Expression:
        """Return a condition of `fail_when`; each attempt has an answer of its own, so nothing is remembered."""
        reads = replace(self._vocabulary.of_condition(condition.text, state), again=False)
        return SymbolicCondition(condition, reads, state.name, self._oracle, is_verdict=True)

    def _condition(self, real: Expression, reads: Reads, state: State, *, prefers: bool) -> Expression:
        return SymbolicCondition(real, reads, state.name, self._oracle, prefers=prefers)

    def _template(self, real: Template, data: Json, state: State, what: str) -> Template:
        return SymbolicTemplate(real, self._vocabulary.of_template(data, state), state.name, what, self._oracle)


def distances(region: Region) -> Mapping[str, int]:
    """Return how many states lie between each state and the nearest good end of its region, at any depth.

    A state from which no `succeed` can be reached has no distance; so has a choice or a step whose own regions
    cannot end well.
    """
    found: dict[str, int] = {}
    for state in region.states.values():
        for inner in regions_of(state).values():
            found |= distances(inner)
    own = {name: 0 for name, state in region.states.items() if isinstance(state, Succeed)}
    while True:
        nearer = {
            name: 1 + min(own[each] for each in _ways(state) if each in own)
            for name, state in region.states.items()
            if name not in own and any(each in own for each in _ways(state)) and _can_end(state, found)
        }
        if not nearer:
            return found | own
        own |= nearer


def _ways(state: State) -> tuple[str, ...]:
    """Return where a state leads when nothing fails."""
    if isinstance(state, Choice):
        return state.successors
    following = getattr(state, "next", None)
    return () if following is None else (following,)


def _can_end(state: State, inner: Mapping[str, int]) -> bool:
    return all(region.start in inner for region in regions_of(state).values())
