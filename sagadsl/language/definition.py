"""What a saga is, once its text has been read: frozen values, defaults filled in, nothing to look up.

Nothing here reads text, checks or runs. `sagadsl.load` builds a `Definition`; `sagadsl.compile_saga` turns it
into machines. Durations are seconds (`float`). Payloads and outputs are plain JSON data in which any string
may still hold `${…}` templates; conditions are CEL source text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any
"""`None`, `bool`, `int`, `float`, `str`, and lists and string-keyed dicts of those."""

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in its document, as keys and indexes: `("states", "charge", "payload", "amount")`."""

Kind: TypeAlias = Literal["compensatable", "pivot", "retriable", "read_only"]
Jitter: TypeAlias = Literal["none", "full"]

ANY_ERROR = "*"
"""The pseudo-code that stands for every error code."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how fast an action is tried again.

    Args:
        max_attempts: The first attempt included, so 1 means no retry.
        initial_delay: Seconds before the second attempt.
        multiplier: What each further delay is multiplied with.
        max_delay: The longest delay in seconds, or `None` for no limit.
        jitter: `full` draws each delay from `[0, delay]`.
        on: Codes to retry; `None` for every retryable error.
        except_: Codes never to retry.
    """

    max_attempts: int = 3
    initial_delay: float = 1.0
    multiplier: float = 2.0
    max_delay: float | None = None
    jitter: Jitter = "none"
    on: tuple[str, ...] | None = None
    except_: tuple[str, ...] = ()


NO_RETRY = Retry(max_attempts=1)


@dataclass(frozen=True, slots=True)
class Compensation:
    """The action that undoes a step. Without a payload it receives the step's payload and output."""

    service: str
    action: str
    payload: Json | None
    timeout: float
    retry: Retry


@dataclass(frozen=True, slots=True)
class CompensationPolicy:
    """How a whole saga is compensated."""

    order: Literal["reverse", "parallel"] = "reverse"
    on_failure: Literal["halt", "continue"] = "halt"


@dataclass(frozen=True, slots=True)
class FailWhen:
    """Turns an answer into the error `error` when the CEL condition `when` holds for it."""

    when: str
    error: str
    message: str


@dataclass(frozen=True, slots=True)
class Catch:
    """Leads on to `next` when the failed step's error code is one of `errors`."""

    errors: tuple[str, ...]
    next: str

    def takes(self, code: str) -> bool:
        """Whether an error with this code is caught here."""
        return ANY_ERROR in self.errors or code in self.errors


@dataclass(frozen=True, slots=True)
class OnFailure:
    """What happens to the saga when a step has failed for good and nothing caught it.

    `signal` and `timeout` (seconds, `None` to wait for ever) are for `wait_for` alone.
    """

    then: Literal["compensate", "fail", "continue", "wait_for"]
    signal: str | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Choose:
    """One arm of a choice: the first whose CEL condition `when` holds is taken."""

    when: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What every state has. `path` is where it stands in its document, and is no part of what it means."""

    name: str
    description: str | None = None
    path: Path = field(default=(), compare=False, repr=False)

    @property
    def successors(self) -> tuple[str, ...]:
        """The names of the states that can come next, each once, in the order of the text."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
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

    @property
    def successors(self) -> tuple[str, ...]:
        """See `State.successors`."""
        return tuple(dict.fromkeys((self.next, *(catch.next for catch in self.catch))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(State):
    """Goes where the first true condition says; without one, to `default` or into the error `NoChoice`."""

    choices: tuple[Choose, ...]
    default: str | None = None

    @property
    def successors(self) -> tuple[str, ...]:
        """See `State.successors`."""
        names = [choice.next for choice in self.choices]
        return tuple(dict.fromkeys(names if self.default is None else [*names, self.default]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(State):
    """Computes data and calls nobody."""

    output: Json
    next: str

    @property
    def successors(self) -> tuple[str, ...]:
        """See `State.successors`."""
        return (self.next,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed(State):
    """The saga has completed. Its output is `output`, or the definition's own where that is `None`."""

    output: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(State):
    """Fails here with the code `error`, and compensates as for any failure."""

    error: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A whole saga.

    Args:
        name: The saga's name.
        states: Every state by its name, in the order of the text.
        start: The name of the first state.
        version: A running saga keeps the version it started with.
        input_schema: JSON Schema of the input, or `None` for any object.
        output: Template of the output when the `succeed` state gives none.
        timeout: Seconds for the whole saga, or `None`.
        max_retries: How often a failed saga may be retried as a whole.
        compensation: Order and failure policy of the undo.
        language: The language version the text was written in.
        file: Name of the file it came from, for messages; no part of what it means.
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
    compensation: CompensationPolicy = CompensationPolicy()
    language: str = "1.0"
    file: str | None = field(default=None, compare=False)
