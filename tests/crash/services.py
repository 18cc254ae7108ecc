"""Services that keep a ledger each, and that are slow, fail, hang and lose answers, each time in the same way.

What an attempt does depends on its idempotency key and its number and on nothing else, so that a process that takes
over finds the same world.
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib

from sagadsl import ActionError, Services
from sagadsl.runtime import ActionContext
from tests.crash.ledger import Ledger, ledger_of

NAMES = ("stock", "bank", "post", "desk")
IN_THREADS = "bank"
"""The service whose actions are plain functions, which cannot be cancelled."""

LONGER_THAN_ANY_TIMEOUT = 0.5


def draw(*parts):
    """Return a number from 0 to 1 that looks random and depends on nothing but these parts."""
    return zlib.crc32(repr(parts).encode()) / 2**32


class Service:
    """One service with its ledger."""

    def __init__(self, name, folder):
        self.name = name
        self.ledger = Ledger(ledger_of(folder, name))

    def note(self, what, action, payload, context):
        self.ledger.note(
            what,
            action=action,
            saga=context.saga_id,
            state=context.state,
            attempt=context.attempt,
            key=context.idempotency_key,
            undoes=context.undoes,
            payload=zlib.crc32(json.dumps(payload, sort_keys=True).encode()),
        )

    def handle(self, action, payload, context):
        """Yield how long to be busy, in seconds, and return the answer; on the way, the effect comes about."""
        self.note("called", action, payload, context)
        chance = draw(context.idempotency_key, context.attempt)
        yield 0.04 * draw("busy", context.idempotency_key, context.attempt)
        return (yield from getattr(self, f"_{action}")(chance, action, payload, context))

    def _do(self, chance, action, payload, context, declines=0.03):
        if chance < 0.06:
            raise ActionError("Busy", "come again")
        if chance < 0.06 + declines:
            raise ActionError("Declined", "no", retryable=False)
        if chance > 0.98:
            yield LONGER_THAN_ANY_TIMEOUT
        self.note("did", action, payload, context)
        if chance > 0.95:
            yield LONGER_THAN_ANY_TIMEOUT
        if chance > 0.92:
            raise ConnectionResetError("the answer was lost")
        return {"key": context.idempotency_key}

    def _decline_often(self, chance, action, payload, context):
        return (yield from self._do(chance, action, payload, context, declines=0.4))

    def _insist(self, chance, action, payload, context):
        """Succeed in the end: what comes after the pivot is not declined for good."""
        if chance < 0.4 and context.attempt <= 8:
            raise ActionError("Busy", "come again")
        yield 0.0
        self.note("did", action, payload, context)
        return {"key": context.idempotency_key}

    def _look(self, chance, action, payload, context):
        yield 0.0
        if chance < 0.3:
            raise ActionError("Busy", "come again")
        return {}

    def _accept(self, chance, action, payload, context):
        """Take a job; whoever works at the desk does it later, and reports."""
        yield 0.0
        if chance < 0.1:
            raise ActionError("Busy", "come again")
        self.note("accepted", action, payload, context)
        return {}

    def _undo(self, chance, action, payload, context):
        if chance < 0.08:
            raise ActionError("Busy", "come again")
        if chance < 0.11 and context.attempt == 1:
            raise ActionError("Stuck", "somebody has to look at it", retryable=False)
        self.note("undone", action, payload, context)
        if chance > 0.97:
            yield LONGER_THAN_ANY_TIMEOUT
        if chance > 0.94:
            raise ConnectionResetError("the answer was lost")
        yield 0.0
        return {}


ACTIONS = ("do", "decline_often", "insist", "look", "accept", "undo")


def services_in(folder):
    """Return the services, with their ledgers in this folder."""
    services = Services()
    for name in NAMES:
        service = Service(name, folder)
        for action in ACTIONS:
            make = _in_a_thread if name == IN_THREADS else _async
            services.action(f"{name}.{action}")(make(service, action))
    return services


def _async(service, action):
    async def call(payload: dict, context: ActionContext):
        steps = service.handle(action, payload, context)
        try:
            while True:
                await asyncio.sleep(next(steps))
        except StopIteration as end:
            return end.value

    return call


def _in_a_thread(service, action):
    def call(payload: dict, context: ActionContext):
        steps = service.handle(action, payload, context)
        try:
            while True:
                time.sleep(next(steps))
        except StopIteration as end:
            return end.value

    return call
