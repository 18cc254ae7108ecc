"""Circuit breakers: a service that does not work is left alone for a while.

Counting and opening are those of the library `circuitbreaker`. Two things are added to it. While the circuit is half
open, one call alone tries; and what comes of a call that began before the circuit opened or closed counts for nothing
any more, since it says nothing of the service as it is now.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any, Literal, TypeAlias, cast

from sagadsl.language.bindings import BreakerPolicy
from sagadsl.language.definition import Json
from sagadsl.machine.events import INVALID_PAYLOAD, TIMEOUT, UNAVAILABLE, Failure

CircuitState: TypeAlias = Literal["closed", "open", "half_open"]

TIMED_OUT = Failure(TIMEOUT, in_doubt=True)
"""What a service that has not answered in time is judged by."""

_log = logging.getLogger(__name__)


class _ServiceFailedError(Exception):
    """Tells the library of a failure."""


class Guard:
    """The circuit breaker of one service.

    Args:
        service: Its name.
        policy: When to open, and for how long.

    Raises:
        ServicesError: The library is not installed.
        ValueError: The policy would never let a call through, or never stop one.
    """

    def __init__(self, service: str, policy: BreakerPolicy) -> None:
        if policy.failures < 1 or policy.reset <= 0:
            raise ValueError(f"{service}: a breaker needs at least 1 failure, and more than 0 seconds")
        self.service = service
        self.policy = policy
        self._breaker = _library().CircuitBreaker(policy.failures, policy.reset, name=service)
        self._era = 0
        self._trying: Leave | None = None

    @property
    def state(self) -> CircuitState:
        """Whether calls go through (`closed`), fail at once (`open`), or one is to try (`half_open`)."""
        return cast("CircuitState", self._breaker.state)

    def ask(self) -> Leave | Failure:
        """Return leave to call the service, or the failure that takes the place of the call."""
        state = self.state
        if state == "open":
            seconds = max(1, self._breaker.open_remaining)
            return self._refusal(f"it failed {self._breaker.failure_count} times, and is tried again in {seconds}s")
        if state == "half_open" and self._trying is not None:
            return self._refusal("one call tries whether it works again")
        leave = Leave(self, self._era)
        if state == "half_open":
            self._trying = leave
        return leave

    def _refusal(self, why: str) -> Failure:
        return Failure(UNAVAILABLE, f"{self.service} is not called, its circuit is open: {why}")

    def take(self, leave: Leave, *, failed: bool) -> None:
        """Count what came of a call."""
        if leave.era != self._era:
            return
        was = self.state
        if failed:
            with suppress(_ServiceFailedError), self._breaker:
                raise _ServiceFailedError
        else:
            self._breaker.reset()
        if self.state != was:
            self._era += 1
            _log.warning("the circuit of %s is %s", self.service, self.state)

    def forget(self, leave: Leave) -> None:
        """Let another call try, if this one did."""
        if self._trying is leave:
            self._trying = None


class Leave:
    """Leave to call a service once.

    Attributes:
        era: How often the circuit had opened or closed when it was given.
    """

    __slots__ = ("_guard", "_is_judged", "era")

    def __init__(self, guard: Guard, era: int) -> None:
        self._guard = guard
        self._is_judged = False
        self.era = era

    def judge(self, answer: Json | Failure) -> None:
        """Say what came of the call; the first word counts.

        A service that says no works: only a failure that may pass, or that leaves in doubt what has happened, is one
        of the service. A payload that could not be sent says nothing of it.
        """
        if self._is_judged or (isinstance(answer, Failure) and answer.code == INVALID_PAYLOAD):
            return
        self._is_judged = True
        failed = isinstance(answer, Failure) and (answer.retryable or answer.in_doubt)
        self._guard.take(self, failed=failed)
        self._guard.forget(self)

    def give_back(self) -> None:
        """Say that the call is over, whether or not anything came of it."""
        self._guard.forget(self)


def _library() -> Any:
    try:
        import circuitbreaker  # noqa: PLC0415 - an extra, which few need
    except ImportError:
        from sagadsl.runtime.services import ServicesError  # noqa: PLC0415 - not needed otherwise

        raise ServicesError("circuit breakers need a library: pip install 'sagadsl[http]'") from None
    return circuitbreaker
