"""Whether a scenario fits the definition that it is about: its states, its actions, its signals, its input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sagadsl.language.definition import Definition, Map, Parallel, Path, State, SubSaga, Task, Wait, regions_of
from sagadsl.language.problems import Problem
from sagadsl.language.suggest import nearest, one_of
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.runtime.scenarios.labels import Label, parse_label
from sagadsl.runtime.scenarios.shape import behaviours

_CALLING = (Task, SubSaga)
_STEPS = (Task, SubSaga, Parallel, Map, Wait)


def meaning_problems(data: Mapping[str, Any], compiled: CompiledSaga) -> Iterator[Problem]:
    """Yield everything in which scenarios of the right shape do not fit the saga; inputs are checked elsewhere."""
    checker = _Checker(compiled)
    for path, key, behaviour, is_last in behaviours(data):
        if path[-1] in (key, 0):  # once for each key
            yield from checker.served(key, path if path[-1] == key else path[:-1])
        if not is_last and "never_answers" in behaviour:
            message = "what comes after 'never_answers' never happens"
            yield Problem("SAGA727", message, (*path, "never_answers"), "key", "let it be the last entry")
        if "reports" in behaviour and not checker.reports(key):
            message = f"nothing is reported for '{key}': it is no state with 'callback'"
            yield Problem("SAGA728", message, (*path, "reports"), "key", "write 'succeeds' or 'fails' instead")
    for index, scenario in enumerate(data["scenarios"]):
        yield from checker.signals(scenario, ("scenarios", index))
        yield from checker.expected(scenario["expect"], ("scenarios", index, "expect"))


class _Checker:
    def __init__(self, compiled: CompiledSaga) -> None:
        self.definition = compiled.definition
        self.known_signals = compiled.signals
        self.states = self.definition.all_states
        self.depths = dict(_depths(self.definition))
        self.actions = set(_actions(self.definition))

    def served(self, key: str, path: Path) -> Iterator[Problem]:
        """What is wrong with a key of `services`."""
        if "." in key:
            if key not in self.actions:
                yield self._unknown(f"no action '{key}'", key, sorted(self.actions), path, "key")
            return
        yield from self._step(key, path, "key", _CALLING, whole_map=True)

    def reports(self, key: str) -> bool:
        """Whether what a key of `services` is about is reported later."""
        label = parse_label(key)
        state = None if label is None or label.undo else self.states.get(label.state)
        tasks = [task for task in self.states.values() if isinstance(task, Task) and task.callback]
        return state in tasks if state is not None else any(f"{t.service}.{t.action}" == key for t in tasks)

    def signals(self, scenario: Mapping[str, Any], path: Path) -> Iterator[Problem]:
        """What is wrong with the signals of a scenario."""
        for index, signal in enumerate(scenario.get("signals", [])):
            here: Path = (*path, "signals", index)
            name = signal["name"]
            if name not in self.known_signals:
                found = self._unknown(f"no signal '{name}'", name, sorted(self.known_signals), (*here, "name"))
                yield found._replace(code="SAGA729", message=f"{self.definition.name} waits for no signal '{name}'")
            if "at" in signal and "after" in signal:
                message = "a signal is sent 'at' a time after the start or 'after' the saga waits for it, not both"
                yield Problem("SAGA704", message, (*here, "after"), "key", "keep one of them")

    def expected(self, expect: Mapping[str, Any], path: Path) -> Iterator[Problem]:
        """What is wrong with the steps that an expectation names."""
        actions = expect.get("actions", [])
        here: Path = (*path, "actions") if isinstance(actions, list) else (*path, "actions", "contains")
        for index, name in enumerate(actions if isinstance(actions, list) else actions["contains"]):
            yield from self._step(name, (*here, index), "value", _CALLING)
        for name in expect.get("payloads", {}):
            yield from self._step(name, (*path, "payloads", name), "key", _CALLING)
        for name in expect.get("steps", {}):
            yield from self._step(name, (*path, "steps", name), "key", _STEPS)

    def _step(
        self, text: str, path: Path, part: Any, kinds: tuple[type[State], ...], *, whole_map: bool = False
    ) -> Iterator[Problem]:
        label = parse_label(text)
        state = None if label is None else self.states.get(label.state)
        if label is None or state is None:
            names = [name for name, other in self.states.items() if isinstance(other, kinds)]
            yield self._unknown(f"no state '{text.lstrip('~')}'", text.lstrip("~"), names, path, part)
        elif not isinstance(state, kinds):
            calling = [name for name, other in self.states.items() if isinstance(other, kinds)]
            message = f"'{state.name}' is a state that {'calls nobody' if kinds is _CALLING else 'takes no time'}"
            yield Problem("SAGA724", message, path, part, f"expected one of {', '.join(calling)}")
        elif label.undo and (kinds is _STEPS or not _is_undoable(state)):
            message = f"'{state.name}' has no compensation" if kinds is not _STEPS else "a step is named without '~'"
            yield Problem("SAGA725", message, path, part)
        else:
            yield from self._item(label, path, part, whole_map=whole_map)

    def _item(self, label: Label, path: Path, part: Any, *, whole_map: bool) -> Iterator[Problem]:
        given = len(label.region.split("/")) if label.region else 0
        depth = self.depths[label.state]
        if given == depth or (whole_map and not given):
            return
        example = "/".join([label.state, *["0"] * depth])
        message = f"'{label.state}' is {'inside' if depth else 'not inside'} a map"
        yield Problem("SAGA726", message, path, part, f"write {example}" if depth else f"write {label.state}")

    def _unknown(self, what: str, word: str, known: list[str], path: Path, part: Any = "value") -> Problem:
        near = nearest(word, known)
        listed = f"expected {one_of(known)}" if known else "there are none"
        hint = f"did you mean '{near}'?" if near else listed
        return Problem("SAGA723", f"{self.definition.name} has {what}", path, part, hint)


def _is_undoable(state: State) -> bool:
    return isinstance(state, SubSaga) or getattr(state, "compensation", None) is not None


def _actions(definition: Definition) -> Iterator[str]:
    for state in definition.all_states.values():
        if isinstance(state, Task):
            yield f"{state.service}.{state.action}"
        undo = getattr(state, "compensation", None)
        if undo is not None:
            yield f"{undo.service}.{undo.action}"


def _depths(definition: Definition) -> Iterator[tuple[str, int]]:
    """Yield each state's name and how many maps it is inside of."""
    waiting = [(state, 0) for state in definition.states.values()]
    while waiting:
        state, depth = waiting.pop()
        yield state.name, depth
        inner = depth + isinstance(state, Map)
        waiting += [(inside, inner) for region in regions_of(state).values() for inside in region.states.values()]
