"""What a saga is, once its text has been read: frozen values, defaults filled in, nothing to look up.

Nothing here reads text, checks or runs. `sagadsl.load` builds a `Definition`; `sagadsl.compile_saga` turns it
into machines. Durations are seconds (`float`). Payloads and outputs are plain JSON data in which any string
may still hold `${…}` templates; conditions are CEL source text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from sagadsl.language.display import Shown
from sagadsl.language.policies import (
    ANY_ERROR,
    NO_RETRY,
    Catch,
    Choose,
    Compensation,
    CompensationPolicy,
    FailWhen,
    Jitter,
    Json,
    Kind,
    OnFailure,
    Path,
    Retry,
)
from sagadsl.language.records import record

__all__ = [
    "ANY_ERROR",
    "NO_RETRY",
    "Catch",
    "Choice",
    "Choose",
    "Compensation",
    "CompensationPolicy",
    "Definition",
    "Fail",
    "FailWhen",
    "Invariant",
    "Jitter",
    "Json",
    "Kind",
    "Map",
    "OnFailure",
    "Parallel",
    "Pass",
    "Path",
    "Region",
    "Retry",
    "State",
    "SubSaga",
    "Succeed",
    "Task",
    "Wait",
    "regions_of",
    "walk",
]


@record(kw_only=True)
class State:
    """What every state has. Its name is unique in the whole definition.

    `path` is where it stands in its document, and is no part of what it means.
    """

    name: str
    description: str | None = None
    path: Path = field(default=(), compare=False, repr=False)

    @property
    def successors(self) -> tuple[str, ...]:
        """The names of the states that can come next, each once, in the order of the text."""
        return ()


@record(kw_only=True)
class Task(State):
    """Calls one action of one service."""

    service: str
    action: str
    payload: Json
    next: str
    timeout: float
    retry: Retry = NO_RETRY
    kind: Kind | None = None
    compensation: Compensation | None = None
    fail_when: tuple[FailWhen, ...] = ()
    catch: tuple[Catch, ...] = ()
    on_failure: OnFailure | None = None
    callback: bool = False

    @property
    def successors(self) -> tuple[str, ...]:
        """See `State.successors`."""
        return _next_and_caught(self.next, self.catch)


@record()
class Region:
    """A flow of its own inside a state: a branch, or the body of a map. It ends in a `succeed` of its own."""

    start: str
    states: Mapping[str, State]


@record(kw_only=True)
class Parallel(State):
    """Runs all branches side by side and goes on when all have ended. Its output is `{branch: output}`."""

    branches: Mapping[str, Region]
    next: str
    kind: Kind | None = None
    catch: tuple[Catch, ...] = ()
    on_failure: OnFailure | None = None

    @property
    def successors(self) -> tuple[str, ...]:
        """See `State.successors`."""
        return _next_and_caught(self.next, self.catch)


@record(kw_only=True)
class Map(State):
    """Runs its body for each element of the list that the CEL expression `items` gives.

    Args:
        as_: What the body calls the element; its place is `index`.
        max_concurrency: How many items run at once, or `None` for all.
        max_failures: How many items may fail without the state failing.

    Its output is the list of the items' outputs in the items' order, `None` for one that failed.
    """

    items: str
    body: Region
    next: str
    as_: str = "item"
    max_concurrency: int | None = None
    max_failures: int = 0
    kind: Kind | None = None
    catch: tuple[Catch, ...] = ()
    on_failure: OnFailure | None = None

    @property
    def successors(self) -> tuple[str, ...]:
        """See `State.successors`."""
        return _next_and_caught(self.next, self.catch)


@record(kw_only=True)
class Wait(State):
    """Waits `for_` seconds, `until` the instant that a CEL expression gives, or for a `signal`: one of the three.

    With `signal`, `timeout` (seconds) leads to `on_timeout`, or without one into the error `Timeout`. The signal's
    payload is the state's output.
    """

    next: str
    for_: float | None = None
    until: str | None = None
    signal: str | None = None
    timeout: float | None = None
    on_timeout: str | None = None

    @property
    def successors(self) -> tuple[str, ...]:
        """See `State.successors`."""
        return tuple(dict.fromkeys(name for name in (self.next, self.on_timeout) if name is not None))


@record(kw_only=True)
class SubSaga(State):
    """Runs another saga. Compensating this state compensates that saga, or runs `compensation` if there is one."""

    saga: str
    input: Json
    next: str
    version: str | None = None
    timeout: float | None = None
    kind: Kind | None = None
    compensation: Compensation | None = None
    catch: tuple[Catch, ...] = ()
    on_failure: OnFailure | None = None

    @property
    def successors(self) -> tuple[str, ...]:
        """See `State.successors`."""
        return _next_and_caught(self.next, self.catch)


@record(kw_only=True)
class Choice(State):
    """Goes where the first true condition says; without one, to `default` or into the error `NoChoice`."""

    choices: tuple[Choose, ...]
    default: str | None = None

    @property
    def successors(self) -> tuple[str, ...]:
        """See `State.successors`."""
        names = [choice.next for choice in self.choices]
        return tuple(dict.fromkeys(names if self.default is None else [*names, self.default]))


@record(kw_only=True)
class Pass(State):
    """Computes data and calls nobody."""

    output: Json
    next: str

    @property
    def successors(self) -> tuple[str, ...]:
        """See `State.successors`."""
        return (self.next,)


@record(kw_only=True)
class Succeed(State):
    """The saga has completed. Its output is `output`, or the definition's own where that is `None`."""

    output: Json | None = None


@record(kw_only=True)
class Fail(State):
    """Fails here with the code `error`, and compensates as for any failure."""

    error: str
    message: str = ""


def _next_and_caught(name: str, catch: tuple[Catch, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((name, *(entry.next for entry in catch))))


def regions_of(state: State) -> Mapping[str, Region]:
    """Return the regions inside a state by name: a parallel state's branches, a map's `body`, otherwise none."""
    if isinstance(state, Parallel):
        return state.branches
    return {"body": state.body} if isinstance(state, Map) else {}


def walk(states: Mapping[str, State]) -> Iterator[State]:
    """Return every state at any depth, each before the states inside it, in the order of the text."""
    waiting = list(states.values())[::-1]
    while waiting:
        state = waiting.pop()
        yield state
        inner = [inside for region in regions_of(state).values() for inside in region.states.values()]
        waiting.extend(inner[::-1])


@record()
class Invariant:
    """A promise: whenever the saga ends in the status `when`, the CEL condition `require` holds over step states."""

    name: str
    when: str
    require: str


@record(kw_only=True)
class Definition(Shown):
    """A whole saga.

    Args:
        name: The saga's name.
        states: The states of the saga's own flow by name, in the order of the text; `all_states` has those inside
            branches and bodies as well.
        start: The name of the first state.
        version: A running saga keeps the version it started with.
        input_schema: JSON Schema of the input, or `None` for any object.
        output: Template of the output when the `succeed` state gives none.
        timeout: Seconds for the whole saga, or `None`.
        max_retries: How often a failed saga may be retried as a whole.
        compensation: Order and failure policy of the undo.
        key: Template of the business key, or `None`.
        locks: Templates of the semantic locks that the saga holds while it lives.
        sensitive: Paths whose values are masked wherever people look.
        invariants: Promises that `verify` checks.
        language: The language version the text was written in.
        file: Name of the file it came from, for messages; no part of what it means.
        text: What was read, so that a store can keep it with the sagas that run it; no part of what it means either.
    """

    name: str
    states: Mapping[str, State]
    start: str
    version: str = "1"
    description: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    input_schema: Json | None = None
    output: Json = field(default_factory=dict)
    timeout: float | None = None
    max_retries: int = 3
    compensation: CompensationPolicy = field(default_factory=CompensationPolicy)
    key: Json | None = None
    locks: tuple[str, ...] = ()
    sensitive: tuple[Path, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    language: str = "1.0"
    file: str | None = field(default=None, compare=False)
    text: str | None = field(default=None, compare=False, repr=False)

    @property
    def all_states(self) -> Mapping[str, State]:
        """Every state at any depth by its name, which is unique, in the order of the text."""
        return {state.name: state for state in walk(self.states)}
