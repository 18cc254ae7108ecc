"""The promises that a definition makes of itself: `invariants`, held against every state in which a saga can end.

`steps.NAME.status` is the status of the step's latest execution, `pending` where it was never begun. Of a step in the
body of a map, each item has its own; the promise has to hold for every item.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sagadsl.language.celtokens import references, tokens
from sagadsl.language.definition import Definition, Invariant, Map, Parallel, SubSaga, Task, Wait
from sagadsl.language.expressions import Environment, EvaluationError, Expression
from sagadsl.machine.lifecycles import STEP
from sagadsl.machine.saga import Saga

_STEPS = (Task, SubSaga, Parallel, Map, Wait)


class Promises:
    """The promises of one definition, compiled.

    Args:
        definition: The definition.

    Attributes:
        steps: The steps that each promise names.
    """

    def __init__(self, definition: Definition) -> None:
        environment = Environment(())
        self._promises = [(each, environment.expression(each.require)) for each in definition.invariants]
        self._steps = [state.name for state in definition.all_states.values() if isinstance(state, _STEPS)]
        self.steps = tuple(self._named(each) for each in definition.invariants)

    def broken(self, saga: Saga) -> Iterator[tuple[str, str]]:
        """Yield the name of each promise that this saga breaks, and how."""
        for promise, expression in self._promises:
            if promise.when == saga.status:
                told = next(filter(None, (self._told(expression, each) for each in self._views(saga))), None)
                if told is not None:
                    yield f"promise {promise.name}", told

    def _told(self, expression: Expression, statuses: Mapping[str, str]) -> str | None:
        """Return what is wrong, or `None` where the promise is kept."""
        try:
            if expression.test({"steps": {name: {"status": status} for name, status in statuses.items()}}):
                return None
        except EvaluationError as error:
            return str(error)
        named = sorted(name for name in _names(expression.text) if name in statuses)
        told = ", ".join(f"{name} is {statuses[name]}" for name in named)
        return f"`{expression.text}` does not hold: {told}" if told else f"`{expression.text}` does not hold"

    def _views(self, saga: Saga) -> Iterator[dict[str, str]]:
        """Yield the statuses as each item of a map sees them; once, where there is no map."""
        regions = sorted({region for _, region in saga.latest}, key=len)
        inner = [region for region in regions if not any(_is_inside(other, region) for other in regions)]
        for region in inner or [""]:
            statuses = dict.fromkeys(self._steps, STEP.initial)
            for place in [each for each in regions if each == region or _is_inside(region, each)]:
                statuses |= {name: step.status for (name, where), step in saga.latest.items() if where == place}
            yield statuses

    def _named(self, promise: Invariant) -> frozenset[str]:
        return _names(promise.require) or frozenset(self._steps)


def _names(text: str) -> frozenset[str]:
    """Return the steps that a promise names; none where it reads `steps` as a whole."""
    read = [found for found in references(tokens(text)) if found.root == "steps"]
    if any(not found.parts for found in read):
        return frozenset()
    return frozenset(str(found.parts[0]) for found in read)


def _is_inside(region: str, around: str) -> bool:
    """Whether a region is further inside than another: `2/0` than `2`, and every one than the saga's own."""
    return region != around and (not around or region.startswith(f"{around}/"))
