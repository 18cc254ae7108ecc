"""Services that fail, dawdle and fall silent, and keep a ledger that survives every crash.

They are good services all the same: a repeat under the same key is not done again, and what has been undone is not
done any more. But one that is busy may say no without looking whether it has done it before.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from sagadsl.runtime.services import ActionContext, ActionError, Services
from tests.simulation.loop import PROCESS
from tests.strategies import CODES

ACTIONS = ("service.act", "service.do_it")
UNDOING = ("service.undo", "other.undo")


@dataclass(frozen=True)
class Request:
    """What an engine has asked of a service, and when."""

    at: float
    engine_id: str
    action: str
    saga_id: str
    attempt: int
    key: str
    undoes: str | None


@dataclass
class Ledger:
    """What was done and undone, by the key of the action, with its answer; `requests` is all that was asked."""

    done: dict = field(default_factory=dict)
    undone: dict = field(default_factory=dict)
    requests: list = field(default_factory=list)


class Branch:
    """The services of a world."""

    def __init__(self, world):
        self.world = world
        self.ledger = Ledger()

    def services(self, store):
        """The actions as the engine that has this store calls them."""
        services = Services()
        for name in (*ACTIONS, *UNDOING):
            services.action(name)(self._action(name, store))
        return services

    def _action(self, name, store):
        async def call(payload: dict, context: ActionContext):
            return await self._call(name, context, store.engine_id)

        return call

    async def _call(self, name, context, engine_id):
        world = self.world
        key, undoes = context.idempotency_key, context.undoes
        request = Request(world.time, engine_id, name, context.saga_id, context.attempt, key, undoes)
        self.ledger.requests.append(request)
        world.note(f"{PROCESS.get().name} calls {name} for {key}#{context.attempt}")
        answer = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda answer: answer.cancelled() or answer.exception())
        way = world.way() * (3 if world.chance(0.05) else 1)
        world.later(way, self._arrive, request, answer)
        return await answer

    def _arrive(self, request, answer):
        world = self.world
        result, error = self._deal_with(request)
        world.note(f"{request.action} for {request.key}#{request.attempt}: {error or result}")
        if not world.chance(world.weather.silent):
            dawdling = 4 * world.rng.random() if world.chance(0.3) else 0.0
            world.later(world.way() + dawdling, _settle, answer, result, error)

    def _deal_with(self, request):
        """Do it, or not; return what is answered, or the error that is raised."""
        is_undo, known = request.undoes is not None, self.ledger.undone if request.undoes else self.ledger.done
        subject = request.undoes or request.key
        if subject not in known:
            if not is_undo and subject in self.ledger.undone:
                return None, ActionError("Broken", "it has been undone", retryable=False)
            if self.world.chance(self.world.weather.failing):
                return self._fail(known, subject)
            known[subject] = self._answer()
        elif self.world.chance(self.world.weather.failing / 2):
            busy = ActionError("Busy", "too busy to look it up", retryable=self.world.rng.random() < 0.5)
            return None, self.world.rng.choice([ConnectionError("it was done, but nobody hears of it"), busy])
        return known[subject], None

    def _fail(self, known, subject):
        rng = self.world.rng
        if rng.random() < 0.3:
            known[subject] = self._answer()
            return None, rng.choice([ConnectionError("hung up"), ActionError("Busy", "who knows", in_doubt=True)])
        return None, ActionError(rng.choice(CODES), "no", retryable=rng.random() < 0.8)

    def _answer(self):
        world = self.world
        again = world.chance(world.weather.again)
        items = world.rng.choice([[], ["i"], ["i", "j"]])
        return {"ref": "r", "again": again, "declined": again, "items": items}


def _settle(answer, result, error):
    if answer.done():
        return
    if error is None:
        answer.set_result(dict(result))
    else:
        answer.set_exception(error)
