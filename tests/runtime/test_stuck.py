"""A saga that waits for one that waits for a person is told which one that is."""

import asyncio

from sagadsl import ActionError, Engine, Services, compile_saga, load
from sagadsl.runtime.store.memory import MemoryStore
from sagadsl.runtime.stuck import not_undone, stuck, waited_for

LEAF = "name: leaf\ndefaults: {retry: {max_attempts: 1}}\nsteps: [{id: pick, service: s, action: pick, compensation: put}]\n"
BRANCH = "name: branch\nsteps: [{id: leaf, type: saga, saga: leaf, input: {}}]\n"
TREE = """
name: tree
defaults: {retry: {max_attempts: 1}}
states:
  all: {type: map, items: "[1, 2]", max_concurrency: 2, steps: [{id: grow, type: saga, saga: branch, input: {}}], next: sell}
  sell: {service: s, action: sell, next: end}
  end: {type: succeed}
"""


def shop():
    services = Services()

    @services.action("s.pick")
    async def pick():
        return {}

    @services.action("s.put")
    async def put():
        raise ActionError("Broken", "it does not grow back", retryable=False)

    @services.action("s.sell")
    async def sell():
        raise ActionError("NoBuyer", "nobody wants it", retryable=False)

    return services


async def test_it_is_told_which_of_the_sagas_below_waits_for_a_person():
    store = MemoryStore()
    await store.open()
    async with Engine(store, shop()) as engine:
        for text in (LEAF, BRANCH):
            await engine.register(compile_saga(load(text)))
        tree = await engine.start(compile_saga(load(TREE)), {}, "tree")
        async with asyncio.timeout(30):
            while not (rows := await waited_for(store, tree)):
                await asyncio.sleep(0.01)

    assert [row.id for row in rows] == ["tree/grow/1/leaf"]  # one is undone after the other
    assert await waited_for(store, "tree/grow/1") == rows
    assert await waited_for(store, "tree/grow/0") == []
    assert await waited_for(store, "tree/grow/1/leaf") == []
    sagas = await stuck(store, [*rows, await store.row(tree)])
    assert {id_: [(label, error.code) for label, error in not_undone(saga)] for id_, saga in sagas.items()} == {
        row.id: [("pick", "Broken")] for row in rows
    }
