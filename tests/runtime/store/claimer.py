"""A process of its own that claims sagas until there are none left: `python claimer.py URL ENGINE HOW_MANY_ENGINES`.

It waits until as many engines have joined, so that all of them claim at the same time, and prints what it got.
"""

import asyncio
import json
import sys

from sagadsl.runtime.store.contract import EngineRow, Write
from sagadsl.runtime.store.opening import open_store
from tests.runtime.store.writing import NOW, step


async def main(url, engine, how_many):
    store = open_store(url)
    await store.open()
    await store.join(EngineRow(engine, "host", engine, NOW))
    while len(await store.engines()) < how_many:
        await asyncio.sleep(0.01)
    claimed, won = [], []
    while rows := await store.claim(engine, now=NOW, limit=3):
        claimed += [row.id for row in rows]
        refusals = await store.commit(engine, [Write(row.id, step(2, engine)) for row in rows])
        won += [row.id for row, refusal in zip(rows, refusals, strict=True) if refusal is None]
    await store.close()
    sys.stdout.write(json.dumps({"claimed": claimed, "won": won}))


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
