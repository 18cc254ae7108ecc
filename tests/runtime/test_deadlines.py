"""Time-outs with one alarm for many."""

from hypothesis import given
from hypothesis import strategies as st

from sagadsl.runtime.clock import ManualClock
from sagadsl.runtime.deadlines import Deadlines


class Timed:
    def __init__(self, over, name):
        self.over, self.name = over, name

    def time_out(self):
        self.over.append(self.name)


class Ringing(Timed):
    def __init__(self, over, name, clock):
        super().__init__(over, name)
        self.clock = clock

    def time_out(self):
        self.over.append((self.name, self.clock.now()))


class Counting(ManualClock):
    alarms = 0

    def call_at(self, instant, callback):
        self.alarms += 1
        return super().call_at(instant, callback)


async def test_a_thousand_calls_with_one_time_out_need_one_alarm_at_a_time():
    clock, over = Counting(), []
    deadlines = Deadlines(clock)
    for number in range(1000):
        deadlines.start(30.0, Timed(over, number))

    assert clock.alarms == 1
    await clock.advance(29.9)
    assert over == []
    await clock.advance(0.2)
    assert over == list(range(1000))


async def test_what_was_stopped_is_not_called_and_leaves_no_alarm_behind():
    clock, over = ManualClock(), []
    deadlines, calls = Deadlines(clock), [Timed(over, "a"), Timed(over, "b")]
    deadlines.start(5.0, calls[0])
    await clock.advance(3)
    deadlines.start(5.0, calls[1])
    deadlines.stop(5.0, calls[0])
    await clock.advance(4)
    assert over == []

    deadlines.stop(5.0, calls[1])
    await clock.advance(100)

    assert over == []
    assert clock._next_due() is None


async def test_a_clock_that_is_set_back_puts_nothing_off():
    clock, over = ManualClock(10_000), []
    deadlines = Deadlines(clock)
    deadlines.start(5.0, Timed(over, "a"))
    await clock.advance(1)
    deadlines.start(5.0, Timed(over, "b"))
    await clock.advance(4)
    assert over == ["a"]

    clock._now -= 3600
    alarm = clock._queue[0]
    clock._queue[0] = (alarm[0] - 3600, *alarm[1:])  # as that of an event loop, which goes by another clock
    await clock.advance(1)

    assert over == ["a", "b"]


@given(st.lists(st.tuples(st.sampled_from("+-."), st.sampled_from([1.0, 2.5, 30.0]), st.integers(0, 20)), max_size=60))
async def test_each_is_called_once_at_its_time_unless_it_was_stopped(moves):
    clock, over, wanted, stopped, calls = ManualClock(), [], {}, set(), []
    deadlines = Deadlines(clock)
    for move, seconds, number in moves:
        if move == "+":
            name = len(calls)
            calls.append((seconds, Ringing(over, name, clock)))
            wanted[name] = clock.now() + seconds
            deadlines.start(*calls[-1])
        elif move == "-" and calls:
            name = number % len(calls)
            if name not in dict(over):
                stopped.add(name)
            deadlines.stop(*calls[name])
        else:
            await clock.advance(seconds / 4)
    await clock.advance(100)

    assert sorted(over) == [(name, at) for name, at in wanted.items() if name not in stopped]
