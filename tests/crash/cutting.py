"""A network that breaks again and again between the workers and their PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading

from tests.runtime.proxy import Proxy


@contextlib.contextmanager
def cut_again_and_again(url, seed, pause):
    """Yield a URL of the same database by way of a network that breaks after `pause` seconds at the most, each time.

    Every second time, what the server has said last is lost, so that nobody knows whether a transaction was committed.
    """
    addresses, enough = asyncio.Queue(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_cut(url, seed, pause, addresses, enough)), name="network")
    thread.start()
    try:
        while addresses.empty():
            enough.wait(0.01)
        yield addresses.get_nowait()
    finally:
        enough.set()
        thread.join()


async def _cut(url, seed, pause, addresses, enough):
    moments = random.Random(seed)
    async with Proxy(url) as proxy:
        addresses.put_nowait(proxy.url)
        while not enough.is_set():
            await asyncio.sleep(moments.random() * pause)
            proxy.loses_answers = moments.random() < 0.5
            await asyncio.sleep(moments.random() * 0.02)
            proxy.cut()
            proxy.come_back()
