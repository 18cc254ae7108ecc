"""Circuit breakers: a service that does not work is left alone for a while.

Counting, opening, and letting one call try are those of the library `interlock`. Added to it is what sagas need: an
attempt that fails while the circuit is open says how long it stays so, and the next one waits for that; and whoever
comes while one call tries waits for what it finds out. So each time that a circuit is open costs a saga one attempt.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from sagadsl.language.bindings import BreakerPolicy
from sagadsl.language.definition import Json
from sagadsl.machine.events import INVALID_PAYLOAD, TIMEOUT, UNAVAILABLE, Failure

CircuitState: TypeAlias = Literal["closed", "open", "half_open"]

TIMED_OUT = Failure(TIMEOUT, in_doubt=True)
"""What a service that has not answered in time is judged by."""

_MOMENT = 0.1  # seconds

_log = logging.getLogger(__name__)


class _ServiceFailedError(Exception):
    """Tells the library of a failure."""


class _NothingLearntError(BaseException):
    """Tells the library that a call has said nothing of the service."""


class Guard:
    """The circuit breaker of one service. It may be asked in any thread and in any event loop.

    Args:
        service: Its name.
        policy: When to open, and for how long.
        now: A clock that does not jump, in seconds.

    Raises:
        ServicesError: The library is not installed.
        ValueError: The policy would never let a call through, or never stop one.
    """

    def __init__(self, service: str, policy: BreakerPolicy, now: Callable[[], float] = time.monotonic) -> None:
        self.service = service
        self.policy = policy
        self._now = now
        self._library = _library()
        self._breaker = self._library.CircuitBreaker(
            name=service, config=_config(self._library, service, policy), clock=_Clock(now), listener=self
        )
        self._moment = min(_MOMENT, policy.reset / 10)
        self._opened_at = 0.0
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = set()
        self._listeners: list[Callable[[str], object]] = []

    def listen(self, opened: Callable[[str], object]) -> Callable[[], None]:
        """Have this called with the service's name whenever the circuit opens, in whatever thread that is.

        Returns:
            What ends it.
        """
        self._listeners.append(opened)
        return lambda: self._listeners.remove(opened)

    @property
    def state(self) -> CircuitState:
        """Whether calls go through (`closed`), fail at once (`open`), or one is to try (`half_open`)."""
        state: CircuitState = self._breaker.state.value
        return "half_open" if state == "open" and not self.remaining else state

    @property
    def remaining(self) -> float:
        """Seconds until a call may try whether the service works again; 0 unless the circuit is open."""
        if self._breaker.state != "open":
            return 0.0
        return max(0.0, self._opened_at + self.policy.reset - self._now())

    @property
    def waiting(self) -> int:
        """How many wait for what the call finds out that tries."""
        return len(self._waiting)

    async def ask(self) -> Leave | Failure:
        """Return leave to call the service, or the failure that takes the place of the call.

        Whoever comes while one call tries waits until it is known what that has found. Whoever comes a moment too
        early waits as well: it has been told when to come, and goes by another clock.
        """
        while True:
            leave = Leave(self, self._breaker)
            try:
                leave.take()
            except self._library.CircuitOpenError as refused:
                left = refused.retry_after
            else:
                return leave
            if left is None:
                await self._verdict()
            elif left > self._moment:
                return self._refusal(left)
            else:
                await asyncio.sleep(left)

    async def _verdict(self) -> None:
        """Wait until some call has ended."""
        loop = asyncio.get_running_loop()
        waiting = (loop, loop.create_future())
        self._waiting.add(waiting)
        try:
            if self._breaker.state == "half_open":  # else it has come before this began to wait
                await waiting[1]
        finally:
            self._waiting.discard(waiting)

    def _refusal(self, left: float) -> Failure:
        seen = self._breaker.snapshot()
        again = f"it is tried again in {max(1, math.ceil(left))}s"
        why = f"{seen.failed_calls} of its last {seen.total_calls} calls failed" if seen.total_calls else "it failed"
        message = f"{self.service} is not called, its circuit is open: {why}, and {again}"
        return Failure(UNAVAILABLE, message, retry_after=left)

    def on_state_change(self, *, name: str, old: str, new: str) -> None:
        """Hear from the library that the circuit has opened or closed."""
        if new == "open":
            self._opened_at = self._now()
        if new != "half_open":
            is_news = (old, new) != ("half_open", "open")  # nor is it an alert that the call that tried has failed
            level = logging.WARNING if is_news else logging.DEBUG
            extra = {"service": name, "circuit": str(new), "was": str(old)}
            _log.log(level, "the circuit of %s is %s", name, new, extra=extra)
        if new == "open":
            for opened in tuple(self._listeners):
                opened(name)

    def wake(self) -> None:
        """Let those who wait ask again."""
        for loop, future in list(self._waiting):
            with suppress(RuntimeError):  # a loop that is closed has nobody who waits
                loop.call_soon_threadsafe(_settle, future)


class Leave:
    """Leave to call a service once.

    The library's own leave is a `with` block, which it finds again by its context: so each has a context of its own,
    and can be ended from wherever the word comes.
    """

    __slots__ = ("_breaker", "_context", "_guard", "_is_over")

    def __init__(self, guard: Guard, breaker: Any) -> None:
        self._guard = guard
        self._breaker = breaker
        self._context = Context()
        self._is_over = False

    def take(self) -> None:
        """Ask the library; it raises what says no."""
        self._context.run(self._breaker.__enter__)

    def judge(self, answer: Json | Failure) -> Json | Failure:
        """Say what came of the call; return it, a failure with the time for which the circuit stays open.

        The first word on a call counts.

        A service that says no works: only a failure that may pass, or that leaves in doubt what has happened, is one
        of the service. A payload that could not be sent says nothing of it.
        """
        if not isinstance(answer, Failure):
            self._end(None)
            return answer
        if answer.code == INVALID_PAYLOAD:
            self._end(_NothingLearntError())
        else:
            self._end(_ServiceFailedError() if answer.retryable or answer.in_doubt else None)
        left = self._guard.remaining
        return replace(answer, retry_after=left) if left > answer.retry_after else answer

    def give_back(self) -> None:
        """Say that the call is over, whether or not anything came of it."""
        self._end(_NothingLearntError())

    def _end(self, error: BaseException | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._context.run(self._breaker.__exit__, None if error is None else type(error), error, None)
        self._guard.wake()


class _Clock:
    """A clock as the library wants it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.monotonic = now


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _config(library: Any, service: str, policy: BreakerPolicy) -> Any:
    """Return the library's settings: so many failures in a row are as many among as many calls."""
    common = {
        "wait_duration_in_open": policy.reset,
        "permitted_calls_in_half_open": 1,
        "slow_call_duration_threshold": math.inf,  # timeouts say what is too slow
    }
    try:
        if policy.failure_rate is None:
            counted = policy.failures
            return library.Config(
                failure_rate_threshold=1.0, minimum_number_of_calls=counted, window_size=counted, **common
            )
        return library.Config(
            failure_rate_threshold=policy.failure_rate,
            minimum_number_of_calls=policy.minimum_calls,
            window_type=library.WindowType.TIME_BASED,
            window_size=math.ceil(policy.window),
            **common,
        )
    except ValueError:
        numbers = "at least 1 failure or call, a failure rate above 0 and up to 1, and more than 0 seconds"
        raise ValueError(f"{service}: a breaker needs {numbers}") from None


def _library() -> Any:
    try:
        import interlock  # noqa: PLC0415 - an extra, which few need
    except ImportError:
        from sagadsl.runtime.services import ServicesError  # noqa: PLC0415 - not needed otherwise

        raise ServicesError("circuit breakers need a library: pip install 'sagadsl[http]'") from None
    return interlock
