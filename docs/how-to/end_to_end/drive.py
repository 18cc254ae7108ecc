"""Opens the shop, places orders, kills whoever is at work, again and again, and looks into the books at the end."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from books import close_the_books
from start import HERE, SERVICES, WORKERS, Shop, ShopError

from sagadsl.runtime import Store
from sagadsl.runtime.store.opening import open_store

PLACING = "orders"
PATIENCE = 60.0
"""For how many seconds nothing may happen."""
AT_REST = ("completed", "compensated", "failed", "compensation_failed")


def victims(dice: random.Random) -> Iterator[str]:
    """Yield whom to kill next: everybody once before anybody again."""
    while True:
        yield from dice.sample([*SERVICES, *WORKERS], len(SERVICES) + len(WORKERS))


class Drive:
    """1,000 orders, or however many, and the killing while they run.

    Args:
        shop: Where they are placed.
        orders: How many.
        kills: How often to kill a service or a worker.
        dice: Decides whom, and when.
    """

    def __init__(self, shop: Shop, orders: int, kills: int, dice: random.Random) -> None:
        self.shop = shop
        self.orders = orders
        self.dice = dice
        self.victims = victims(dice)
        # Spread over the orders and not over time: a slow machine is not killed before it has done anything.
        self.moments = sorted(dice.randrange(1 + orders * 9 // 10) for _ in range(kills))
        self.killed: Counter[str] = Counter()

    async def run(self) -> None:
        """Run until everything is at rest.

        Raises:
            ShopError: A process has ended by itself, or nothing happens any more.
        """
        self.shop.start(PLACING, str(HERE / "place.py"), str(self.orders))
        store = open_store(self.shop.store)
        await store.open()
        try:
            await self._watch(store)
        finally:
            await store.close()

    async def _watch(self, store: Store) -> None:
        at_rest, since = 0, time.monotonic()
        while at_rest < self.orders or self.shop.is_running(PLACING):
            await asyncio.sleep(0.05)
            self.shop.keep_up()
            counts = (await store.stats()).by_status
            ended = sum(counts.get(status, 0) for status in AT_REST)
            if ended > at_rest:
                at_rest, since = ended, time.monotonic()
            if time.monotonic() - since > PATIENCE:
                raise ShopError(f"no order has come to rest for {PATIENCE:g} s; {dict(counts)}")
            await self._strike(sum(counts.values()), at_rest)

    async def _strike(self, placed: int, at_rest: int) -> None:
        """Kill somebody if it is time to."""
        if placed > self.orders // 4 and not self.killed[PLACING] and self.shop.is_running(PLACING):
            self._kill(PLACING)
        if self.moments and at_rest >= self.moments[0]:
            self.moments.pop(0)
            await asyncio.sleep(self.dice.random() * 0.1)
            self._kill(next(self.victims))

    def _kill(self, name: str) -> None:
        self.killed[name] += 1
        self.shop.kill(name)


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    return parser.parse_args()


def main() -> None:
    """Drive, and close the books."""
    options = _options()
    if (options.folder / "saga.db").exists():
        sys.exit(f"error: there has been a sale in {options.folder} already; give it another folder")
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever stops us has the shop closed too
    try:
        with Shop(options.folder) as shop:
            drive = Drive(shop, options.orders, options.kills, random.Random(options.seed))  # noqa: S311 - not for secrets
            asyncio.run(drive.run())
    except ShopError as error:
        sys.exit(f"error: {error}")
    print(f"{options.orders} orders in {time.monotonic() - began:.1f} s")
    print("killed    " + ", ".join(f"{name} {count}" for name, count in sorted(drive.killed.items())))
    sys.exit(close_the_books(options.folder, options.orders))


if __name__ == "__main__":
    main()
