"""The sample sagas, each with services that are loaded anew, and ways to make those services misbehave."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import json
import math
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from sagadsl import compile_saga, load
from sagadsl.runtime import ActionContext, ActionError, Clock, Engine, Outcome, Services, VirtualClock
from sagadsl.runtime.services import Action
from sagadsl.runtime.store.memory import MemoryStore

FOLDER = Path(__file__).parents[2] / "definitions"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml") if "." not in path.stem)
INPUTS = sorted(path.name.removesuffix(".json") for path in (FOLDER / "inputs").glob("*.json"))

compiled = functools.cache(lambda name: compile_saga(load(FOLDER / f"{name}.yaml")))


def tasks_of(name: str) -> dict[str, Any]:
    """Return the tasks of a definition by name, without asking the code under test."""
    document = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    states = document.get("states") or {step["id"]: step for step in document["steps"]}
    return {state: body for state, body in states.items() if "action" in body}


def load_module(stem: str) -> ModuleType:
    """Load a module of the definitions' folder anew; it finds its siblings, as in `sagadsl run`."""
    spec = importlib.util.spec_from_file_location(f"definitions_{stem}", FOLDER / f"{stem}.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(FOLDER))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(FOLDER))
    return module


Call = Callable[[Any, ActionContext], Any]
Intercept = Callable[[Call, Any, ActionContext], Any]


def intercepted(services: Services, intercept: Intercept) -> Services:
    """Return the same services, except that every call goes through `intercept`."""
    outside = Services()
    for name in services:
        outside.action(name)(_detour(services.find(*name.split(".")), intercept))
    return outside


def _detour(action: Action, intercept: Intercept) -> Callable[..., Any]:
    async def call(payload: Any, context: ActionContext) -> Any:
        answer = action.function(**action.arguments(payload, context))
        return await answer if action.is_async else answer

    async def detour(whole_payload: dict[str, Any], context: ActionContext) -> Any:
        return await intercept(call, whole_payload, context)

    return detour


class Fault:
    """Makes the action of one state fail, a number of times or always.

    Args:
        state: Whose action; with `undo`, whose compensation.
        times: How often.
        after: The action takes place and its answer is lost, so that the step is in doubt.
        retryable: Whether trying again makes sense.
    """

    def __init__(
        self,
        state: str,
        times: float = math.inf,
        *,
        undo: bool = False,
        after: bool = False,
        retryable: bool = False,
    ) -> None:
        self.state, self.times, self.undo, self.after, self.retryable = state, times, undo, after, retryable
        self.struck = 0

    def hits(self, context: ActionContext) -> bool:
        """Whether it is the turn of this call to fail."""
        mine = context.state == self.state and (context.undoes is not None) == self.undo
        return mine and self.struck < self.times

    async def __call__(self, call: Call, payload: Any, context: ActionContext) -> Any:
        if not self.hits(context):
            return await call(payload, context)
        self.struck += 1
        if self.after:
            await call(payload, context)
        raise ActionError("Injected", "the test says so", retryable=self.retryable, in_doubt=self.after)


async def twice(call: Call, payload: Any, context: ActionContext) -> Any:
    """Make every call twice, as a broker that delivers at least once may do."""
    first = await call(payload, context)
    second = await call(payload, context)
    if context.undoes is None:  # an undo says whether there was something to undo: the second time, there is not
        assert first == second
    return second


def chain(intercepts: tuple[Intercept, ...]) -> Intercept:
    """Let every call go through all of these, one inside the other."""

    async def through_all(call: Call, payload: Any, context: ActionContext) -> Any:
        for intercept in intercepts:
            call = functools.partial(intercept, call)
        return await call(payload, context)

    return through_all


class World:
    """One sample saga with fresh services."""

    def __init__(self, name: str, *intercepts: Intercept, clock: Clock | None = None) -> None:
        self.name = name
        self.module = load_module(f"{name}_services")
        services = self.module.services
        self.services = intercepted(services, chain(intercepts)) if intercepts else services
        self._clock = clock or VirtualClock()
        self._store = MemoryStore()
        self._engines: dict[asyncio.AbstractEventLoop, Engine] = {}
        self._news = asyncio.Event()

    @property
    def engine(self) -> Engine:
        """The engine of the event loop that runs; all of them have one store."""
        loop = asyncio.get_running_loop()
        if loop not in self._engines:
            self._engines[loop] = Engine(self._store, self.services, clock=self._clock, on_event=self._hear)
        return self._engines[loop]

    async def start(self, saga_input: Any) -> str:
        """Begin the saga; return its id."""
        return await self.engine.start(compiled(self.name), saga_input)

    async def run(self, saga_input: Any) -> Outcome:
        """Run the saga to its end."""
        return await self.engine.wait(await self.start(saga_input))

    async def until(self, saga_id: str, state: str, status: str) -> None:
        """Let the saga go on until a step has this status."""
        async with asyncio.timeout(10):
            while {step.state: step.status for step in (await self.engine.get(saga_id)).steps}[state] != status:
                self._news.clear()
                await self._news.wait()

    def _hear(self, *_: Any) -> None:
        self._news.set()

    def balances(self) -> dict[tuple[str, str], Any]:
        """What every account holds."""
        return self.module.ledger.balances()

    def records(self) -> list[tuple[str, str]]:
        """Every record in force, as its kind and its identifier."""
        registers = [value for value in vars(self.module).values() if type(value).__name__ == "Register"]
        return sorted((record["kind"], name) for each in registers for name, record in each.in_force().items())

    def state(self) -> tuple[Any, Any]:
        """Everything that the services remember and others can see."""
        return self.balances(), self.records()

    def totals(self) -> Counter[str]:
        """How much there is of every unit; no saga may change that."""
        totals: Counter[str] = Counter()
        for (_, unit), amount in self.balances().items():
            totals[unit] += amount
        return totals


def read_input(name: str) -> Any:
    """Read one of the inputs beside the definitions."""
    return json.loads((FOLDER / "inputs" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def folder() -> Path:
    return FOLDER


@pytest.fixture(scope="session")
def world() -> type[World]:
    return World


@pytest.fixture(scope="session")
def fault() -> type[Fault]:
    return Fault


@pytest.fixture(scope="session")
def repeated() -> Intercept:
    return twice


@pytest.fixture(scope="session")
def books() -> ModuleType:
    return load_module("_books")


@pytest.fixture(scope="session")
def input_of() -> Callable[[str], Any]:
    return read_input


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test that asks for them every sample, every input, or every task, alone or with an undo."""
    tasks = [(name, task, "compensation" in body) for name in NAMES for task, body in tasks_of(name).items()]
    values: dict[str, list[Any]] = {
        "saga_name": NAMES,
        "input_name": INPUTS,
        "task": [(name, task) for name, task, _ in tasks],
        "undoable_task": [(name, task) for name, task, undoable in tasks if undoable],
    }
    for fixture in values.keys() & set(metafunc.fixturenames):
        metafunc.parametrize(fixture, values[fixture], ids=lambda v: v if isinstance(v, str) else ".".join(v))
