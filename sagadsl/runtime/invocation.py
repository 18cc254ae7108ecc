"""Calling an action: in the event loop or in a thread of its own, and telling an answer from a failure."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import signal
import threading
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from sagadsl.language.definition import Json
from sagadsl.language.jsondata import NotJsonError, as_json
from sagadsl.language.number_kinds import typed
from sagadsl.machine.events import Failure
from sagadsl.runtime.failures import failure_of
from sagadsl.runtime.services import Action, ActionContext

INVALID_OUTPUT = "InvalidOutput"
"""The code of an answer that is not JSON data. The action has taken place, so it is in doubt and not repeated."""

_log = logging.getLogger(__name__)


async def invoke(action: Action, payload: Json, context: ActionContext) -> Json | Failure:
    """Call an action and return its answer as JSON data, or why it failed; no answer counts as `{}`."""
    try:
        answering = _begin(action, payload, context)
        del payload, context  # the action may take long, and there may be tens of thousands
        answer = await answering
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return Failure("CancelledError", f"{action.name} was cancelled from within", in_doubt=True)
    except KeyboardInterrupt:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it may be a person's
            raise
        return Failure("KeyboardInterrupt", f"{action.name} raised KeyboardInterrupt")
    except BaseException as error:  # noqa: BLE001 - whatever an action raises is how it failed
        if _log.isEnabledFor(logging.DEBUG):  # where it was raised, and not what it says, which may be sensitive
            frames = "".join(traceback.format_tb(error.__traceback__))
            _log.debug("%s raised %s\n%s", action.name, type(error).__name__, frames)
        return failure_of(error)
    return _checked(action, answer)


def _begin(action: Action, payload: Json, context: ActionContext) -> Awaitable[Any]:
    arguments = action.arguments(payload, context)
    if action.is_async:
        answering: Awaitable[Any] = action.function(**arguments)
        return answering
    return in_thread(partial(action.function, **arguments), name=context.idempotency_key)


def _checked(action: Action, answer: Any) -> Json | Failure:
    try:
        output: Json = {} if answer is None else as_json(answer)
        return output if action.output_schema is None else _typed(output, action.output_schema)
    except Exception as error:  # noqa: BLE001 - the answer is the user's, and so is what reading it may raise
        why = str(error) if isinstance(error, NotJsonError) else "the answer cannot be read"
        return Failure(INVALID_OUTPUT, f"{action.name}: {why}", retryable=False, in_doubt=True)


def _typed(output: Json, schema: Json) -> Json:
    """Return an answer with its numbers of the kinds that its schema names, if a saga can carry them so."""
    try:
        return as_json(typed(output, schema))
    except NotJsonError:  # 1e300 is a whole number too, and not one of 64 bits
        return output


async def in_thread(function: Callable[[], Any], name: str) -> Any:
    """Run a plain function in a daemon thread of its own.

    A pool would be filled by actions that hang, and would hold up the end of the process until they return.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
    context = contextvars.copy_context()

    def settle(answer: Any, error: BaseException | None) -> None:
        if not future.cancelled():
            future.set_result((answer, error))

    def work() -> None:
        answer, error = None, None
        try:
            answer = context.run(function)
        except BaseException as raised:  # noqa: BLE001 - it is raised again where the call is awaited
            ours = isinstance(raised, KeyboardInterrupt | asyncio.CancelledError | StopIteration)
            error = RuntimeError(f"the action raised {type(raised).__name__}") if ours else raised
        try:
            loop.call_soon_threadsafe(settle, answer, error)
        except RuntimeError:
            _log.info("%s: answered after the engine had gone", name)

    threading.Thread(target=work, name=name, daemon=True).start()
    answer, error = await future
    if error is not None:
        raise error
    return answer
