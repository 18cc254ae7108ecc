"""Random definitions of the whole language, all of them valid: as data, as YAML text, and as `Definition`s.

A definition is a chain of *blocks*; a block is one state, or several that belong together: a choice with its arms, a
task with the handler of its error, a loop, a parallel with its branches. Every block begins in one state and leads to
the next block, so states are reachable, loops can be left, and what is readable afterwards is known. After the pivot
nothing is compensatable. Only warnings remain, and only such as a careless author would get.

    @given(definitions())
    def test_…(definition): ...

Services that answer with the fields `ref` (text), `again` and `declined` (booleans) and `items` (a list) never make
an expression fail.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import yaml
from hypothesis import strategies as st

from sagadsl import Definition, load

T = TypeVar("T")
Choose = Callable[[Sequence[T]], T]
Data = dict[str, Any]

INPUT = {
    "type": "object",
    "required": ["amount", "things", "when"],
    "properties": {
        "amount": {"type": "number"},
        "things": {"type": "array", "items": {"type": "string"}},
        "when": {"type": "string"},
    },
}
AN_INPUT = {"amount": 12.5, "things": ["x", "y", "z"], "when": "2030-01-31T12:00:00Z"}
"""An input that every one of these definitions takes."""

CODES = ["Caught", "Busy", "Broken"]
"""The error codes that they name."""

SIGNALS = ["go", "decided"]


@st.composite
def documents(draw: st.DrawFn, *, max_blocks: int = 4, depth: int = 2) -> Data:
    """Definitions as plain data, as YAML or JSON has it.

    Args:
        draw: Given by hypothesis.
        max_blocks: How long the saga's own flow is at most; regions inside are shorter.
        depth: How deep parallels and maps are nested at most.
    """
    return random_document(lambda options: draw(st.sampled_from(options)), max_blocks, depth)


def texts(**limits: int) -> st.SearchStrategy[str]:
    """The same as text: YAML in block style or in flow style, or JSON."""
    return st.tuples(documents(**limits), st.sampled_from(["block", "flow", "json"])).map(lambda each: written(*each))


def definitions(**limits: int) -> st.SearchStrategy[Definition]:
    """The same, loaded."""
    return documents(**limits).map(lambda data: load(written(data)))


def written(data: Data, style: str = "block") -> str:
    """Return a document as text."""
    if style == "json":
        return json.dumps(data)
    return str(yaml.safe_dump(data, sort_keys=False, default_flow_style=style == "flow"))


def random_document(choose: Choose[Any], max_blocks: int = 4, depth: int = 2) -> Data:
    """Return a definition that is made by choosing; whoever chooses may be hypothesis or a `random.Random`."""
    return _Author(choose).document(max_blocks, depth)


class _Flow:
    """A region that is being written: its states so far, and what can be read from here on."""

    def __init__(self, readable: Sequence[str] = ()) -> None:
        self.states: Data = {}
        self.open: list[tuple[Data, str]] = []
        self.readable = list(readable)

    def add(self, name: str, state: Data, *ways: tuple[Data, str]) -> None:
        """Put a state where the last ones lead; `ways` are the places in which the next state's name will stand."""
        for place, key in self.open:
            place[key] = name
        self.states[name] = state
        self.open = list(ways) or [(state, "next")]

    def handler(self, name: str, state: Data) -> None:
        """Put a state that something else leads to already; it joins the others."""
        self.states[name] = state
        self.open.append((state, "next"))


class _Author:
    def __init__(self, choose: Choose[Any]) -> None:
        self.choose = choose
        self.count = 0
        self.pivot_passed = False
        self.items: list[str] = []

    def document(self, max_blocks: int, depth: int) -> Data:
        number, pivot_at = self.some(1, max_blocks), self.some(-1, max_blocks)
        flow = _Flow()
        for index in range(number):
            self.block(flow, depth, can_be_pivot=index == pivot_at)
        self.end(flow)
        return {"name": "random", "version": self.choose(["1", "2.0.1"]), "input": INPUT, **self.top(flow)}

    def top(self, flow: _Flow) -> Data:
        retry = {"max_attempts": self.some(1, 2), "initial_delay": self.choose([0, "1s"])}
        policy = {
            "order": self.choose(["reverse", "reverse", "parallel"]),
            "on_failure": self.choose(["halt", "continue"]),
        }
        policies: list[Data] = [
            {},
            {"timeout": "1h"},
            {"max_retries": 1, "labels": {"team": "a"}},
            {"defaults": {"timeout": "10s", "retry": retry}},
            {"key": "order-${input.amount}", "description": 'Something: of everything, "quoted"\nand long.'},
            {"locks": ["b-${input.amount}", "a"], "sensitive": ["input.things"]},
        ]
        return {
            **self.choose(policies),
            **self.choose(policies),
            "compensation": {**policy, "retry": {**retry, "jitter": self.choose(["none", "full"])}},
            "start": next(iter(flow.states)),
            "states": flow.states,
        }

    def some(self, least: int, most: int) -> int:
        return int(self.choose(range(least, most + 1)))

    def often(self, value: Data) -> Data:
        return self.choose([value, {}])

    def seldom(self, value: Data) -> Data:
        return self.choose([value, {}, {}, {}])

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def block(self, flow: _Flow, depth: int, *, can_be_pivot: bool = False) -> None:
        if can_be_pivot and not self.pivot_passed:
            self.pivot(flow)
            return
        deep = [self.parallel, self.map] if depth else []
        kinds = [
            self.task,
            self.task,
            self.task,
            self.caught,
            self.loop,
            self.choice,
            self.wait,
            self.sub,
            self.compute,
        ]
        kind = self.choose([*kinds, *deep, *deep])
        if kind in deep:
            kind(flow, depth - 1)
        else:
            kind(flow)

    def end(self, flow: _Flow) -> None:
        flow.add(self.name("end"), {"type": "succeed", **self.often({"output": {"seen": self.template(flow)}})})

    def template(self, flow: _Flow) -> Any:
        reads = [f"${{states.{name}.output.ref}}" for name in flow.readable[-3:]]
        items = [f"${{{name}}}" for name in self.items]
        return self.choose(["plain $${text}", "${input.amount}", "at ${saga.id} ${input.things[0]}", 7, *reads, *items])

    def retry(self) -> Data:
        return {
            "max_attempts": self.some(1, 3),
            "initial_delay": self.choose([0, "500ms", "2s"]),
            **self.seldom({"jitter": "full"}),
            **self.seldom({"on": ["Busy", "Timeout"]}),
            **self.seldom({"max_delay": "3s", "multiplier": 1.5}),
        }

    def role(self, flow: _Flow, name: str) -> Data:
        """How a call is undone, or why it is not."""
        if self.pivot_passed:
            return self.choose([{"kind": "retriable", "retry": {"max_attempts": 2}}, {"kind": "read_only"}])
        ref = f"${{has(states.{name}.output.ref) ? states.{name}.output.ref : ''}}"
        whole = {"service": "other", "action": "undo", "payload": {"ref": ref}, "timeout": "5s"}
        retried = {"action": "undo", "retry": {"max_attempts": self.some(1, 3), "initial_delay": 0}}
        return self.choose(
            [{"compensation": "undo"}, {"compensation": whole}, {"compensation": retried}, {"kind": "read_only"}]
        )

    def failing(self) -> Data:
        """What becomes of a failure that nothing catches."""
        otherwise: list[Any] = ["fail", "continue", {"wait_for": self.choose(SIGNALS)}]
        if not self.pivot_passed:
            otherwise += ["compensate", {"wait_for": self.choose(SIGNALS), "timeout": "1m"}]
        return self.seldom({"on_failure": self.choose(otherwise)})

    def call(self, flow: _Flow, name: str) -> Data:
        declined = [{"when": "output.declined == true", "error": self.choose(CODES), "message": "declined"}]
        return {
            **self.seldom({"type": "task", "description": "Calls # something: 'else'."}),
            "service": "service",
            "action": self.choose(["act", "do_it"]),
            **self.often({"payload": {"value": self.template(flow), "more": [self.template(flow)]}}),
            **self.role(flow, name),
            **self.often({"retry": self.retry()}),
            **self.seldom({"fail_when": declined}),
            **self.seldom({"callback": True}),
            **self.seldom({"timeout": self.choose([3, "1m30s"])}),
        }

    def task(self, flow: _Flow) -> None:
        name = self.name("task")
        state = {**self.call(flow, name), **self.failing()}
        flow.add(name, state)
        self.now_readable(flow, name, state)

    def now_readable(self, flow: _Flow, name: str, state: Data) -> None:
        if state.get("on_failure") != "continue":
            flow.readable.append(name)

    def pivot(self, flow: _Flow) -> None:
        name = self.name("pivot")
        undo = self.often({"compensation": {"action": "undo", "payload": {}}})
        flow.add(name, {"service": "service", "action": "act", "kind": "pivot", "retry": self.retry(), **undo})
        flow.readable.append(name)
        self.pivot_passed = True

    def caught(self, flow: _Flow) -> None:
        """A task, and what is done about its error."""
        name, handler = self.name("task"), self.name("handle")
        codes = self.choose([["Caught"], ["Caught", "Timeout"], ["*"]])
        state = {**self.call(flow, name), "catch": [{"errors": codes, "next": handler}], **self.failing()}
        flow.add(name, state)
        known = {"output": {"code": "${error.code}", "at": "${error.state}"}}
        undone = {"service": "service", "action": "act", **self.role(flow, handler)}
        failing = {"type": "fail", "error": "Broken", "message": "given up"}
        handling = self.choose([{"type": "pass", **known}, undone, failing])
        if handling is failing:
            flow.states[handler] = failing
            self.now_readable(flow, name, state)
        else:
            flow.handler(handler, handling)

    def loop(self, flow: _Flow) -> None:
        """A task that is entered again for as long as its answer says so."""
        name, check = self.name("task"), self.name("again")
        flow.add(name, self.call(flow, name))
        arms = [{"when": f"states.{name}.output.again == true", "next": name}]
        state = {"type": "choice", "choices": arms}
        flow.add(check, state, (state, "default"))
        flow.readable.append(name)

    def choice(self, flow: _Flow) -> None:
        """A choice whose arms join again, or fail; without a default it may fail itself."""
        name, arm, other = self.name("choice"), self.name("task"), self.name("fail")
        when = [f"states.{each}.output.again == true" for each in flow.readable[-1:]] + ["input.amount > 10.0"]
        choices = [{"when": self.choose(when), "next": arm}]
        choices += self.choose([[], [{"when": "size(input.things) > 5", "next": other}]])
        state = {"type": "choice", "choices": choices}
        flow.add(name, state, (state, "default"))
        flow.open = self.choose([flow.open, flow.open, []])
        flow.handler(arm, self.call(flow, arm))
        if len(choices) > 1:
            flow.states[other] = {"type": "fail", "error": "Broken", "message": "too many things"}

    def wait(self, flow: _Flow) -> None:
        name, signal = self.name("wait"), self.choose(SIGNALS)
        late = self.name("late")
        kinds: list[Data] = [
            {"for": self.choose([0, "10s"])},
            {"until": self.choose(["input.when", "timestamp(input.when)"])},
            {"signal": signal},
            {"signal": signal, "timeout": "1m"},
            {"signal": signal, "timeout": "1m", "on_timeout": late},
        ]
        state = {"type": "wait", **self.choose(kinds)}
        flow.add(name, state)
        if "on_timeout" in state:
            flow.handler(late, {"type": "pass"})

    def sub(self, flow: _Flow) -> None:
        name = self.name("sub")
        undo = [{}, {}, {"compensation": {"service": "service", "action": "undo"}}, {"kind": "read_only"}]
        kind = {"kind": "retriable"} if self.pivot_passed else self.choose(undo)
        wanted = {"saga": "another", "input": {"value": self.template(flow)}, **kind}
        state = {"type": "saga", **wanted, **self.seldom({"timeout": "1m", "version": "2"}), **self.failing()}
        flow.add(name, state)
        self.now_readable(flow, name, state)

    def compute(self, flow: _Flow) -> None:
        name = self.name("pass")
        flow.add(name, {"type": "pass", "output": {"ref": self.template(flow), "again": False}})
        flow.readable.append(name)

    def parallel(self, flow: _Flow, depth: int) -> None:
        name = self.name("all")
        branches = {f"{name}_{letter}": self.region(flow, depth) for letter in "abc"[: self.some(1, 3)]}
        state = {"type": "parallel", "branches": branches, **self.failing()}
        flow.add(name, state)
        self.catch_around(flow, state)

    def map(self, flow: _Flow, depth: int) -> None:
        name, item = self.name("each"), self.name("item")
        answers = [f"states.{each}.output.items" for each in flow.readable[-1:] if each.startswith("task")]
        self.items.append(item)
        body = self.region(flow, depth)
        self.items.remove(item)
        state = {
            "type": "map",
            "items": self.choose(["input.things", *answers]),
            "as": item,
            **self.often({"max_concurrency": self.some(1, 2)}),
            **self.seldom({"max_failures": 1}),
            **body,
            **self.failing(),
        }
        flow.add(name, state)
        self.catch_around(flow, state)

    def catch_around(self, flow: _Flow, state: Data) -> None:
        if self.choose([False, False, True]):
            handler = self.name("handle")
            state["catch"] = [{"errors": ["Caught"], "next": handler}]
            flow.handler(handler, {"type": "pass", "output": {"code": "${error.code}"}})

    def region(self, around: _Flow, depth: int) -> Data:
        """Return a branch or a body, with `states` or as straight-line `steps`."""
        flow = _Flow(around.readable)
        if self.choose([True, False, False]):
            for _ in range(self.some(1, 2)):
                self.choose([self.task, self.sub, self.compute])(flow)
            steps = [{"id": name, **state} for name, state in flow.states.items()]
            return {"steps": [{key: value for key, value in step.items() if key != "next"} for step in steps]}
        for _ in range(self.some(1, 2)):
            self.block(flow, depth)
        self.end(flow)
        return {"states": flow.states}
