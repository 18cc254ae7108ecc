"""Structured logs: a record for everything that happens to sagas, and whose attempt each other record belongs to.

Records carry what they are about in `extra`, so that any handler can use it. The names are those of `FIELDS`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from sagadsl.language.definition import Json
from sagadsl.machine.commands import Command, Finish
from sagadsl.machine.events import (
    CompensationFailed,
    CompensationRequested,
    Event,
    Failure,
    RetryRequested,
    SagaTimedOut,
    StepFailed,
    StepResolved,
    StepSkipped,
    TimerFired,
)
from sagadsl.machine.saga import Saga
from sagadsl.runtime.about import about
from sagadsl.runtime.calls import Ask, Call
from sagadsl.runtime.engine_life import EngineLife
from sagadsl.runtime.observe.masking import masked_event, masked_failure
from sagadsl.runtime.services import ActionContext

LOGGER: Final = "sagadsl.sagas"
"""The logger of what happens to sagas."""

FIELDS: Mapping[str, str] = {
    "saga_id": "The saga's id.",
    "saga": "The name of its definition.",
    "version": "The definition's version.",
    "event": "The type of the event; see [Events and commands](protocol.md).",
    "seq": "Its number in the saga.",
    "status": "The saga's status after it.",
    "step": "The state.",
    "region": "Which item of a map; absent outside maps.",
    "execution": "1 the first time the saga enters the state, then 2, 3, …",
    "attempt": "The attempt at the action, or at its compensation, from 1.",
    "idempotency_key": "The key that the action was called with; on records that are written while it runs.",
    "by": "Who has decided.",
    "why": "And why.",
    "error_code": "Why something failed.",
    "error_message": "The same for people.",
    "in_doubt": "Whether it may have taken place all the same.",
    "retry_after": "Seconds for which whoever failed asks to be left alone; absent where it does not.",
    "duration": "Seconds from the saga's start until it came to rest.",
}
"""What a record of `LOGGER` may carry, and what it means."""

_LEVELS: Mapping[type[Any], int] = {
    StepFailed: logging.WARNING,
    CompensationFailed: logging.WARNING,
    SagaTimedOut: logging.WARNING,
    RetryRequested: logging.WARNING,
    CompensationRequested: logging.WARNING,
    StepResolved: logging.WARNING,
    StepSkipped: logging.WARNING,
    TimerFired: logging.DEBUG,
}
_LEVEL_OF_STATUS = {
    "completed": logging.INFO,
    "compensated": logging.WARNING,
    "failed": logging.ERROR,
    "compensation_failed": logging.ERROR,
}
_DECIDED = ("by", "why")

_log = logging.getLogger(LOGGER)
_attempt: ContextVar[ActionContext | None] = ContextVar("sagadsl_attempt", default=None)


def log_sagas(engine: EngineLife) -> Callable[[], None]:
    """Log everything that happens to an engine's sagas; what is returned ends that.

    Whatever is logged while an action runs, by whomever, belongs to its attempt from now on; see `AttemptFilter`.
    """
    engine.surround(_in_attempt)
    return engine.listen(log_event)


def log_event(saga: Saga, event: Event, commands: Sequence[Command]) -> None:
    """Log an event, and that the saga has come to rest; an engine's listener."""
    level = _LEVELS.get(type(event), logging.INFO)
    if _log.isEnabledFor(level):
        data = _about(saga, masked_event(event, saga.definition, saga))
        _log.log(level, "%s %s: %s", saga.definition.name, saga.id, _told(data), extra=data)
    for command in commands:
        if isinstance(command, Finish):
            _log_end(saga, event, command)


def _log_end(saga: Saga, event: Event, end: Finish) -> None:
    data: dict[str, Any] = {
        **about(saga),
        "seq": event.seq,
        "status": end.status,
        "duration": event.at - (saga.started_at or event.at),
        **_failure(masked_failure(end.error, saga)),
    }
    if end.state is not None:
        data["step"] = end.state
    because = f" because of {data['error_code']}" if "error_code" in data else ""
    level = _LEVEL_OF_STATUS[end.status]
    _log.log(level, "%s %s: %s%s", saga.definition.name, saga.id, end.status, because, extra=data)


def _about(saga: Saga, event: Event) -> dict[str, Any]:
    decided = {name: value for name in _DECIDED if (value := getattr(event, name, ""))}
    return about(saga, event) | {"status": saga.status} | decided | _failure(getattr(event, "error", None))


def _failure(error: Failure | None) -> dict[str, Any]:
    if error is None:
        return {}
    data: dict[str, Any] = {"error_code": error.code, "error_message": error.message, "in_doubt": error.in_doubt}
    return data | ({"retry_after": error.retry_after} if error.retry_after else {})


def _told(data: Mapping[str, Any]) -> str:
    where = f" at {data['step']}" if "step" in data else ""
    attempt = f", attempt {data['attempt']}" if data.get("attempt", 1) > 1 else ""
    why = f", {data['error_code']}: {data['error_message']}" if data.get("error_message") else ""
    return f"{data['event']}{where}{attempt}{why or (', ' + data['error_code'] if 'error_code' in data else '')}"


async def _in_attempt(call: Call, context: ActionContext, ask: Ask) -> Json | Failure:
    """Note whose attempt it is, for as long as it lasts and in this task alone."""
    before = _attempt.set(context)
    try:
        return await ask(call, context)
    finally:
        _attempt.reset(before)


class AttemptFilter(logging.Filter):
    """Gives records that are written while an action runs the saga, the step and the attempt that they belong to.

    Put it on a handler (`handler.addFilter(AttemptFilter())`); it lets every record through.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add to the record what it does not say itself."""
        context = _attempt.get()
        if context is not None and not hasattr(record, "saga_id"):
            record.saga_id, record.step = context.saga_id, context.state
            record.attempt, record.idempotency_key = context.attempt, context.idempotency_key
        return True


class JsonFormatter(logging.Formatter):
    """Writes a record as an object in one line: `time`, `level`, `logger`, `message`, and whatever it carries."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        data: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        data |= {name: value for name, value in vars(record).items() if name not in _USUAL and name not in data}
        if record.exc_info:
            data["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            data["stack"] = record.stack_info
        return json.dumps(data, default=str)


_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def json_handler(stream: TextIO | None = None) -> logging.Handler:
    """Return a handler that writes objects, a line each, to a stream or else to standard error."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(AttemptFilter())
    return handler


def log_as_json(stream: TextIO | None = None) -> None:
    """Write all that this process logs as JSON: warnings of everybody, and what happens to sagas besides."""
    logging.basicConfig(level=logging.WARNING, handlers=[json_handler(stream)], force=True)
    logging.getLogger("sagadsl").setLevel(logging.INFO)
