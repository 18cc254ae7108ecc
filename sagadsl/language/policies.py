"""The small values that states are made of: retries, compensations, catches, and what a failure leads to.

Durations are seconds (`float`); conditions are CEL source text.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from sagadsl.language.records import record

Json: TypeAlias = Any
"""`None`, `bool`, `int`, `float`, `str`, and lists and string-keyed dicts of those."""

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in its document, as keys and indexes: `("states", "charge", "payload", "amount")`."""

Kind: TypeAlias = Literal["compensatable", "pivot", "retriable", "read_only"]
Jitter: TypeAlias = Literal["none", "full"]

ANY_ERROR = "*"
"""The pseudo-code that stands for every error code."""


@record()
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


@record()
class Compensation:
    """The action that undoes a step. Without a payload it receives the step's payload and output."""

    service: str
    action: str
    payload: Json | None
    timeout: float
    retry: Retry


@record()
class CompensationPolicy:
    """How a whole saga is compensated."""

    order: Literal["reverse", "parallel"] = "reverse"
    on_failure: Literal["halt", "continue"] = "halt"


@record()
class FailWhen:
    """Turns an answer into the error `error` when the CEL condition `when` holds for it."""

    when: str
    error: str
    message: str


@record()
class Catch:
    """Leads on to `next` when the failed step's error code is one of `errors`."""

    errors: tuple[str, ...]
    next: str

    def takes(self, code: str) -> bool:
        """Whether an error with this code is caught here."""
        return ANY_ERROR in self.errors or code in self.errors


@record()
class OnFailure:
    """What happens to the saga when a step has failed for good and nothing caught it.

    `signal` and `timeout` (seconds, `None` to wait for ever) are for `wait_for` alone.
    """

    then: Literal["compensate", "fail", "continue", "wait_for"]
    signal: str | None = None
    timeout: float | None = None


@record()
class Choose:
    """One arm of a choice: the first whose CEL condition `when` holds is taken."""

    when: str
    next: str
