"""The actions that a saga calls, as Python functions registered by name.

    services = Services()

    @services.action("inventory.reserve")
    async def reserve(product_id: str, quantity: int) -> dict[str, str]:
        ...

Parameters are filled from the payload by name. A function with one parameter that is annotated as a `dict` or a
`Mapping`, and is no key of the payload, receives the whole payload. A parameter annotated `ActionContext`
receives the call's context. Plain functions run in threads, so a slow one holds up nobody else.
"""

from __future__ import annotations

import asyncio
import inspect
import typing
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self, TypeVar
from weakref import WeakKeyDictionary

from sagadsl.language.definition import Json
from sagadsl.runtime.action_context import ActionContext

if TYPE_CHECKING:
    from sagadsl.runtime.breakers import CircuitState, Guard

__all__ = ["Action", "ActionContext", "ActionError", "Services", "ServicesError", "UnknownActionError"]

Function = TypeVar("Function", bound=Callable[..., Any])
Closing = Callable[[], Awaitable[None]]


class ActionError(Exception):
    """Raised by an action to fail with a code of its own.

    Args:
        code: The error code that `retry`, `catch` and `fail_when` speak of.
        message: What happened, for people.
        retryable: `False` where trying again cannot help.
        in_doubt: `True` where the action may have taken place all the same; its compensation then runs.
        retry_after: Seconds for which the service is to be left alone: if `retry` has another attempt, it comes no
            sooner. A `timedelta` will do as well.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        retryable: bool = True,
        in_doubt: bool = False,
        retry_after: float | timedelta = 0.0,
    ) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.in_doubt = in_doubt
        self.retry_after = retry_after


class ServicesError(Exception):
    """Services cannot be used as they are set up; the message says why, and what to do."""


class UnknownActionError(LookupError):
    """A definition calls an action that no service offers."""


@dataclass(frozen=True, slots=True)
class Action:
    """One registered function and what is known of its parameters."""

    name: str
    function: Callable[..., Any]
    is_async: bool
    signature: inspect.Signature
    context_parameter: str | None
    whole_payload_parameter: str | None
    output_schema: Json = None

    def arguments(self, payload: Json, context: ActionContext) -> dict[str, Any]:
        """Return what to call the function with.

        Raises:
            ActionError: `InvalidPayload`, for a payload that does not fill the function's parameters.
        """
        values = payload if isinstance(payload, Mapping) else {}
        whole = self.whole_payload_parameter
        if whole is not None and whole not in values:
            arguments = {whole: payload}
        else:
            arguments = {key: value for key, value in values.items() if self._takes(key)}
        if self.context_parameter is not None:
            arguments[self.context_parameter] = context
        self._check(arguments)
        return arguments

    def _takes(self, key: str) -> bool:
        parameters = self.signature.parameters
        if key in parameters:
            return parameters[key].kind not in (
                inspect.Parameter.POSITIONAL_ONLY,
                inspect.Parameter.VAR_POSITIONAL,
            )
        return any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())

    def _check(self, arguments: Mapping[str, Any]) -> None:
        needed = (p for p in self.signature.parameters.values() if p.default is p.empty and p.kind in _NAMED)
        missing = [parameter.name for parameter in needed if parameter.name not in arguments]
        if missing:
            message = f"the payload of {self.name} lacks {', '.join(missing)}"
            raise ActionError("InvalidPayload", message, retryable=False)


_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Services:
    """A registry of actions, each named `service.action`, and what is said of their services."""

    def __init__(self) -> None:
        self._actions: dict[str, Action] = {}
        self._outputs: dict[str, Json] = {}
        self._limits: dict[str, int] = {}
        self._guards: dict[str, Guard] = {}
        self._closing: list[Closing] = []
        self._holders: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()

    def action(self, name: str) -> Callable[[Function], Function]:
        """Register the decorated function as the action `name`, written `service.action`.

        Raises:
            TypeError: There is no name, or nothing to call.
            ValueError: The name is not of that form, or is taken.
        """
        if not isinstance(name, str):
            raise TypeError("an action is registered by name: @services.action('service.action')")
        service, dot, action = name.partition(".")
        if not (dot and service.isidentifier() and action.isidentifier()):
            raise ValueError(f"an action is named 'service.action', not {name!r}")

        def register(function: Function) -> Function:
            self.add(_describe(name, function))
            return function

        return register

    def add(self, action: Action) -> None:
        """Register an action that is more than a function.

        Raises:
            ValueError: Its name is taken.
        """
        if action.name in self._actions:
            raise ValueError(f"the action {action.name!r} is registered already")
        self._actions[action.name] = action
        if action.name in self._outputs:
            self.answers(action.name, self._outputs[action.name])

    def answers(self, action: str, schema: Json) -> None:
        """Say what an action answers, be it registered yet or not: the numbers in it are then of the schema's types.

        Args:
            action: Its name, `service.action`.
            schema: JSON Schema (draft-07) of its answer.
        """
        self._outputs[action] = schema
        if action in self._actions:
            self._actions[action] = replace(self._actions[action], output_schema=schema)

    def include(self, *others: Services) -> Self:
        """Take in all that other services have, and return these.

        Raises:
            ValueError: Two have the same action.
        """
        for other in others:
            for action in other._actions.values():
                self.add(action)
            for name, schema in other._outputs.items():
                self.answers(name, schema)
            self._limits |= other._limits
            self._guards |= other._guards
            self._closing += other._closing
        return self

    @property
    def limits(self) -> Mapping[str, int]:
        """How many actions of a service may be under way at a time, by the services' names."""
        return self._limits

    def limit(self, service: str, at_once: int) -> None:
        """Let an engine have so many actions of a service under way at a time; `Limits.per_service` goes before it.

        Raises:
            ValueError: With so many nothing would ever be called.
        """
        if at_once < 1:
            raise ValueError(f"{service}: with a limit of {at_once} it would never be called")
        self._limits[service] = at_once

    def breaker(
        self,
        service: str,
        failures: int = 5,
        reset: float = 30.0,
        *,
        failure_rate: float | None = None,
        window: float = 60.0,
        minimum_calls: int = 10,
    ) -> None:
        """Give a service a circuit breaker.

        Args:
            service: Its name.
            failures: After how many failures, one after the other, it is not called any more.
            reset: Seconds after which one call tries whether it works again.
            failure_rate: Instead of `failures`, which part of its calls has to fail, above 0 and up to 1.
            window: Seconds of which calls are counted for `failure_rate`.
            minimum_calls: How many calls there have to be for it.

        Raises:
            ServicesError: The library for it is not installed.
            ValueError: One of the numbers is too small.
        """
        from sagadsl.language.bindings import BreakerPolicy  # noqa: PLC0415 - few have one
        from sagadsl.runtime.breakers import Guard  # noqa: PLC0415 - likewise

        self._guards[service] = Guard(service, BreakerPolicy(failures, reset, failure_rate, window, minimum_calls))

    def guard(self, service: str) -> Guard | None:
        """Return the circuit breaker of a service, if it has one."""
        return self._guards.get(service)

    def breakers(self) -> dict[str, CircuitState]:
        """Return the states of the circuit breakers, by the names of their services."""
        return {name: guard.state for name, guard in self._guards.items()}

    def on_release(self, close: Closing) -> None:
        """Have this awaited when nobody in an event loop needs the services any more."""
        self._closing.append(close)

    def hold(self) -> None:
        """Say that somebody in this event loop needs the services until `release`, as an engine does."""
        loop = asyncio.get_running_loop()
        self._holders[loop] = self._holders.get(loop, 0) + 1

    async def release(self) -> None:
        """Undo a `hold`; the last one closes the connections of this event loop."""
        loop = asyncio.get_running_loop()
        self._holders[loop] = self._holders.get(loop, 1) - 1
        if self._holders[loop] <= 0:
            for close in self._closing:
                await close()

    async def __aenter__(self) -> Self:
        self.hold()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.release()

    def find(self, service: str, action: str) -> Action:
        """Return the action.

        Raises:
            UnknownActionError: It is not registered.
        """
        try:
            return self._actions[f"{service}.{action}"]
        except KeyError:
            raise UnknownActionError(f"no service offers the action '{service}.{action}'") from None

    def __contains__(self, name: object) -> bool:
        return name in self._actions

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions)

    def __len__(self) -> int:
        return len(self._actions)


def _describe(name: str, function: Callable[..., Any]) -> Action:
    signature = inspect.signature(function)
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise ValueError(f"{name}: parameters are passed by name, and {parameter.name!r} only takes a position")
    hints = _hints(function)
    context = next((p for p in signature.parameters if hints.get(p) is ActionContext), None)
    others = [p for p in signature.parameters if p != context]
    whole = others[0] if len(others) == 1 and _is_mapping(hints.get(others[0])) else None
    is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
    return Action(name, function, is_async, signature, context, whole)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    target = function if inspect.isroutine(function) else type(function).__call__
    try:
        return typing.get_type_hints(target)
    except (NameError, TypeError):  # an annotation that only a type checker can resolve
        return dict(getattr(target, "__annotations__", {}))


def _is_mapping(hint: Any) -> bool:
    origin = typing.get_origin(hint) or hint
    return isinstance(origin, type) and issubclass(origin, Mapping)
