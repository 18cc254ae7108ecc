"""What the services of a scenario answer: each key's behaviours in order, and stand-ins where nothing is said."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping

from sagadsl.language.definition import Json
from sagadsl.machine.commands import CompensateChild, Invoke, StartChild
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.runtime.answers import Call
from sagadsl.runtime.scenarios.labels import is_undo, step_label
from sagadsl.runtime.scenarios.model import Behaviour
from sagadsl.runtime.virtual import Answer, stand_ins


class ScriptedServices:
    """Answers the calls of one run.

    Args:
        compiled: The saga that calls.
        services: What happens at the calls of each key.

    Attributes:
        stood_in: The states whose action has answered a stand-in that somebody may read.
    """

    def __init__(self, compiled: CompiledSaga, services: Mapping[str, tuple[Behaviour, ...]]) -> None:
        self.stood_in: set[str] = set()
        self._stand_ins = stand_ins(compiled)
        self._behaviours = {key: _unrolled(behaviours) for key, behaviours in services.items()}

    def __call__(self, call: Call) -> Answer:
        """Return what becomes of a call; the most particular key that names it says so."""
        for key in _keys(call):
            if key in self._behaviours:
                behaviour = next(self._behaviours[key], None)
                return self._default(call) if behaviour is None else _answer(call, behaviour)
        return self._default(call)

    def _default(self, call: Call) -> Answer:
        output: Json = {} if is_undo(call) else self._stand_ins.get(call.state, {})
        if output:
            self.stood_in.add(call.state)
        return _answer(call, Behaviour("succeeds", output))


def _keys(call: Call) -> Iterator[str]:
    """Yield the keys that may say what becomes of a call, the most particular one first."""
    mark = "~" if is_undo(call) else ""
    yield mark + step_label(call.state, call.region, call.execution)
    yield mark + step_label(call.state, call.region, 1)
    yield mark + call.state
    if not isinstance(call, StartChild | CompensateChild):
        yield f"{call.service}.{call.action}"


def _unrolled(behaviours: tuple[Behaviour, ...]) -> Iterator[Behaviour]:
    for behaviour in behaviours:
        if behaviour.times is None:
            while True:
                yield behaviour
        for _ in range(behaviour.times):
            yield behaviour


def _answer(call: Call, behaviour: Behaviour) -> Answer:
    answer = _plain(behaviour)
    if not (isinstance(call, Invoke) and call.callback):
        return answer
    if behaviour.report is not None:
        return Answer({}, behaviour.takes, _plain(behaviour.report))
    return Answer({}, 0.0, answer) if behaviour.kind == "succeeds" else answer


def _plain(behaviour: Behaviour) -> Answer:
    if behaviour.kind == "silent":
        return Answer(after=None)
    result = behaviour.failure if behaviour.failure is not None else copy.deepcopy(behaviour.output)
    return Answer(result, behaviour.takes)
