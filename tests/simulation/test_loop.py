"""The virtual loop keeps what the simulation relies on: order, time, and processes that stop between two steps."""

import asyncio
import gc

import pytest

from tests.simulation.loop import PROCESS, Process, StalledError, run


def test_time_stands_still_while_anything_can_run_and_jumps_when_nothing_can():
    seen = []

    async def sleeper(seconds):
        await asyncio.sleep(seconds)
        seen.append((seconds, asyncio.get_running_loop().time()))

    async def main():
        await asyncio.gather(*(sleeper(seconds) for seconds in (86_400.0 * 400, 0.5, 7.25, 0)))

    run(main())

    assert seen == [(0, 0), (0.5, 0.5), (7.25, 7.25), (86_400.0 * 400, pytest.approx(86_400.0 * 400))]


def test_where_nothing_will_ever_happen_nobody_waits():
    async def main():
        await asyncio.Event().wait()

    with pytest.raises(StalledError):
        run(main())


def test_a_process_that_is_killed_takes_no_further_step_and_cleans_up_nothing():
    seen = []

    async def work():
        try:
            for n in range(10):
                seen.append(n)
                await asyncio.sleep(1)
        finally:
            seen.append("cleaned up")

    async def main():
        process = Process("p")
        process.spawn(work())
        await asyncio.sleep(2.5)
        process.kill()
        await asyncio.sleep(100)
        return [*seen]

    assert run(main()) == [0, 1, 2]


def test_what_a_task_of_a_process_begins_dies_with_it():
    seen = []

    async def child(name):
        await asyncio.sleep(5)
        seen.append(name)

    async def parent():
        began = [asyncio.ensure_future(child("task"))]
        asyncio.get_running_loop().call_later(5, seen.append, "timer")
        await asyncio.gather(*began)

    async def main():
        process = Process("p")
        process.spawn(parent())
        other = asyncio.ensure_future(child("of the world"))
        await asyncio.sleep(1)
        process.kill()
        await other
        await asyncio.sleep(10)

    run(main())

    assert seen == ["of the world"]


def test_a_frozen_process_goes_on_where_it_was_and_finds_that_time_has_passed():
    seen = []

    async def work():
        loop = asyncio.get_running_loop()
        while True:
            seen.append(loop.time())
            await asyncio.sleep(1)

    async def main():
        process = Process("p")
        process.spawn(work())
        await asyncio.sleep(1.5)
        process.freeze()
        await asyncio.sleep(10)
        process.wake()
        await asyncio.sleep(1.2)
        process.kill()

    run(main())

    assert seen == [0, 1, 11.5, 12.5]


def test_what_is_taken_back_while_a_process_is_frozen_does_not_happen():
    seen = []

    async def work():
        loop = asyncio.get_running_loop()
        timer = loop.call_later(2, seen.append, "taken back")
        loop.call_later(1, timer.cancel)
        await asyncio.sleep(5)

    async def main():
        process = Process("p")
        process.spawn(work())
        await asyncio.sleep(0.5)
        process.freeze()
        await asyncio.sleep(10)
        process.wake()
        await asyncio.sleep(10)

    run(main())

    assert seen == []


def test_what_the_world_does_for_a_process_is_done_whether_it_lives_or_not():
    seen = []

    async def work(future):
        asyncio.get_running_loop().call_later(3, seen.append, "asked for by the process")
        await future
        seen.append("heard of it")

    async def main():
        loop = asyncio.get_running_loop()
        process, future = Process("p"), loop.create_future()
        process.spawn(work(future))
        loop.call_later(2, future.set_result, None)
        loop.call_later(2, seen.append, "done in the world")
        await asyncio.sleep(1)
        process.kill()
        await asyncio.sleep(10)
        assert PROCESS.get() is None

    run(main())

    assert seen == ["done in the world"]


def test_who_waits_in_the_world_is_woken_even_by_a_process_that_dies_then():
    seen = []

    async def waiter(event):
        await event.wait()
        await asyncio.sleep(1)
        seen.append(PROCESS.get())

    async def work(event):
        event.set()

    async def main():
        event, process = asyncio.Event(), Process("p")
        waiting = asyncio.ensure_future(waiter(event))
        process.spawn(work(event))
        await asyncio.sleep(0.5)
        process.kill()
        await waiting

    run(main())

    assert seen == [None]


def test_when_a_world_has_ended_nothing_of_it_is_left_to_complain(recwarn):
    def main_of_one():
        async def stubborn():
            try:
                await asyncio.Event().wait()
            finally:
                asyncio.get_running_loop().call_soon(print)
                await asyncio.sleep(1)

        async def main():
            Process("p").spawn(stubborn())
            await asyncio.sleep(1)

        return main()

    run(main_of_one())
    gc.collect()

    assert not recwarn.list


def test_tasks_and_futures_have_the_same_order_in_a_set_every_time():
    async def main():
        loop = asyncio.get_running_loop()
        made = {(asyncio.ensure_future(asyncio.sleep(0)) if n % 3 else loop.create_future()): n for n in range(200)}
        return [made[each] for each in set(made)]

    clutter = [object() for _ in range(1000)]
    first = run(main())
    del clutter

    assert run(main()) == first
