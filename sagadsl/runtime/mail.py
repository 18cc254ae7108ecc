"""What sagas, and those who ask something of them, send each other through the store.

A letter's body is JSON data: `{"event": …}` for something that happens to the saga, or `{"child": …}` for how a saga
that it runs has ended.
"""

from __future__ import annotations

from dataclasses import asdict

from sagadsl.language.definition import Json
from sagadsl.machine.commands import CompensateChild, StartChild
from sagadsl.machine.events import CANCELLED, Event, Failure, from_json, to_json
from sagadsl.machine.lifecycles import SAGA
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.answers import answered


def of_event(event: Event) -> Json:
    """Return the letter by which an event reaches a saga that another engine runs."""
    return {"event": to_json(event)}


def of_child(saga: Saga) -> Json:
    """Return the letter that tells a saga how one that it runs has ended."""
    error = None if saga.error is None else asdict(saga.error)
    return {"child": saga.id, "status": saga.status, "output": saga.output, "error": error}


def read(saga: Saga, body: Json) -> Event:
    """Return the event that a letter means to a saga.

    Raises:
        UnexpectedEvent: It means nothing to the saga as it is now.
        ValueError: It is no letter.
    """
    if not isinstance(body, dict):
        raise ValueError(f"not a letter: {body!r}")  # noqa: TRY004 - the value is wrong, whatever its type
    if "event" in body:
        return from_json({key: value for key, value in body["event"].items() if key not in {"seq", "at"}})
    return _child_ended(saga, body)


def _child_ended(saga: Saga, body: dict[str, Json]) -> Event:
    calls = (c for c in saga.outstanding.values() if isinstance(c, StartChild | CompensateChild))
    call = next((call for call in calls if call.child_id == body["child"]), None)
    if call is None:
        raise UnexpectedEvent(f"{saga.id}: nobody waits for {body['child']}")
    if isinstance(call, CompensateChild) and body["status"] != "compensated":
        raise UnexpectedEvent(f"{saga.id}: {body['child']} has yet to be undone")  # it ended before it was told to be
    if body["status"] not in SAGA.final:
        raise ValueError(f"{body['child']} is {body['status']}, and has not ended")
    answer: Json | Failure = body["output"]
    if isinstance(call, StartChild) and body["status"] == "compensated":
        error = body["error"] or {"code": CANCELLED}
        answer = Failure(error["code"], error.get("message", ""), retryable=False)
    return answered(call, answer)
