"""What an engine gets to see of the store: late, in another order, sometimes not at all, sometimes without knowing."""

from __future__ import annotations

import asyncio

from sagadsl.runtime.store.contract import StoreUnavailableError
from tests.simulation.world import Commit

METHODS = (
    "open", "close", "join", "beat", "engines", "bury", "leave", "commit", "events", "histories", "claim", "claim_one", "owned",
    "release", "post", "letters", "refuse", "answer", "lock", "locks", "row", "find_key", "list", "stale", "stats",
    "save_definition", "definitions", "definition", "delete", "delete_many", "purge",
)  # fmt: skip


class DistantStore:
    """The world's store as one engine has it. Every call is a message there and a message back.

    What was sent arrives whatever becomes of the engine; what an engine is told may be no more than that the store is
    not available, whether anything was done or not. `engine_id` is what the engine has called itself last.
    """

    url = "simulated:"
    shared = True

    def __init__(self, world, reach=None):
        self.world = world
        self.reach = reach or at_once
        self.engine_id = ""
        for name in METHODS:
            setattr(self, name, self._method(name))

    def _method(self, name):
        async def call(*arguments, **options):
            if name == "join":
                self.engine_id = arguments[0].id
            if self.world.is_calm:
                await asyncio.sleep(0)
                return do_now(self.world, self.reach, name, arguments, options)
            answer = asyncio.get_running_loop().create_future()
            answer.add_done_callback(lambda answer: answer.cancelled() or answer.exception())
            self.world.soon(self._arrive, name, arguments, options, answer)
            return await answer

        return call

    def _arrive(self, name, arguments, options, answer):
        world = self.world
        if world.is_out() or world.chance(world.weather.refused):
            self._reply(answer, None, StoreUnavailableError(f"{name}: simulated, nothing was done"))
            return
        try:
            result = do_now(world, self.reach, name, arguments, options)
        except Exception as error:  # noqa: BLE001 - it is for the engine
            self._reply(answer, None, error)
            return
        if world.chance(world.weather.unheard):
            self._reply(answer, None, StoreUnavailableError(f"{name}: simulated, it was done"))
        else:
            self._reply(answer, result, None)

    def _reply(self, answer, result, error):
        self.world.soon(_settle, answer, result, error)


def _settle(answer, result, error):
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)


def at_once(store, name, arguments, options):
    """Call a method of the store in memory, which waits for nothing."""
    try:
        getattr(store, name)(*arguments, **options).send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError(f"{name} waits for something")


def do_now(world, reach, name, arguments, options):
    """Let the store do something, and keep account of what gets into the log."""
    if name != "commit":
        return reach(world.store, name, arguments, options)
    engine_id, writes = arguments
    before = {write.saga_id: length_of(world, write.saga_id) for write in writes}
    owners = {saga_id: owner_of(world, saga_id) for saga_id in before if before[saga_id]}
    try:
        refusals = reach(world.store, name, arguments, options)
    finally:
        for saga_id, length in before.items():
            _take_note(world, engine_id, saga_id, length, owners.get(saga_id))
    for write, refusal in zip(writes, refusals, strict=True):
        if refusal is not None:
            world.note(f"[{engine_id}]", write.saga_id, "REFUSED", type(refusal).__name__, write.event)
    return refusals


def _take_note(world, engine_id, saga_id, length, owner):
    """Take note of the events of a saga behind the first so many, which this engine has just written."""
    for event in at_once(world.store, "histories", ([saga_id],), {}).get(saga_id, ())[length:]:
        if owner not in {None, engine_id}:
            world.complaints.append(f"{saga_id}: {engine_id} writes, but it belongs to {owner}")
        world.commits[saga_id, event.seq] = Commit(world.time, len(world.commits) + 1, engine_id)
        world.note(f"[{engine_id}]", saga_id, event)


def length_of(world, saga_id):
    return len(at_once(world.store, "histories", ([saga_id],), {}).get(saga_id, ()))


def owner_of(world, saga_id):
    return at_once(world.store, "row", (saga_id,), {}).owner
