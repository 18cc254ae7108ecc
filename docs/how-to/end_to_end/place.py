"""Places orders: begins a saga for each, and leaves them to the workers. Killed, it is just started again."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from pathlib import Path

from notification import services as notification
from orders import id_of, order

from sagadsl import Engine, Services, compile_saga, load, load_services
from sagadsl.runtime import Limits

HERE = Path(__file__).parent
AT_A_TIME = 50


async def place(store: str, count: int) -> None:
    """Begin the sagas of so many orders; those that have been begun before are left as they are."""
    services = Services().include(load_services(HERE / "services.yaml"), notification)
    # Placing is not carrying out: little is done here, and what is not finished is the workers' when this ends.
    async with Engine(store, services, limits=Limits(actions=10)) as engine:
        saga = compile_saga(load(HERE / "order.yaml"))
        await engine.register(saga)
        for first in range(0, count, AT_A_TIME):
            numbers = range(first, min(first + AT_A_TIME, count))
            await asyncio.gather(*(engine.start(saga, order(n), saga_id=id_of(n)) for n in numbers))


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--store", default="sqlite:///saga.db")
    options = parser.parse_args()
    asyncio.run(place(options.store, options.count))
