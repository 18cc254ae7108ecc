"""An event loop in virtual time, and processes in it that are killed, frozen and woken between any two steps.

Time stands still while anything can run, and jumps to the next timer when nothing can. There are no threads and no
sockets, so what happens depends on the order of the calls alone. Whatever runs belongs to the `Process` in whose
context it was begun, or to the world, which never dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import selectors
from contextvars import ContextVar, copy_context

PROCESS = ContextVar("process", default=None)


class StalledError(Exception):
    """Nothing can run, and no timer will ever ring."""


class Process:
    """Something that can die, or stand still, at any moment.

    A dead one takes no further step, and cleans up nothing. What a frozen one should have done meanwhile it does when
    it is woken, in the order in which it would have.
    """

    def __init__(self, name):
        self.name = name
        self.is_dead = False
        self.is_frozen = False
        self._held = []
        self._context = copy_context()
        self._context.run(PROCESS.set, self)

    def spawn(self, work):
        """Begin a task of this process."""
        return asyncio.get_running_loop().create_task(work, context=self._context.copy())

    def run(self, step):
        if self.is_dead or step.handle.cancelled():
            return
        if self.is_frozen:
            self._held.append(step)
        else:
            step.callback(*step.arguments)

    def kill(self):
        self.is_dead = True
        self._held.clear()

    def freeze(self):
        self.is_frozen = True

    def wake(self):
        self.is_frozen = False
        held, self._held = self._held, []
        for step in held:
            step.loop.again(step)


class _Step:
    """A call that the loop has to make for a process."""

    __slots__ = ("arguments", "callback", "context", "handle", "loop", "process")

    def __init__(self, loop, process, callback, arguments, context):
        self.loop, self.process, self.context = loop, process, context
        self.callback, self.arguments = callback, arguments

    def __call__(self):
        self.process.run(self)


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; `time()` is virtual."""

    def __init__(self):
        self._virtual = 0.0
        self.held = []
        self.numbers = itertools.count()
        super().__init__(_Jumping(self))
        self._clock_resolution = 1e-6  # less than this is no time; after years, a float knows no nanoseconds
        self.set_task_factory(_hold)
        self.set_exception_handler(lambda loop, context: None)  # the dead do not listen to what they had asked for

    def time(self):
        return self._virtual

    def create_future(self):
        return _Future(loop=self)

    def jump(self, seconds):
        self._virtual += seconds

    def call_soon(self, callback, *args, context=None):
        context = copy_context() if context is None else context  # one without variables is false
        process = context.get(PROCESS)
        if process is None:
            return super().call_soon(callback, *args, context=context)
        step = _Step(self, process, callback, args, context)
        step.handle = super().call_soon(step, context=context)
        return step.handle

    def call_at(self, when, callback, *args, context=None):
        context = copy_context() if context is None else context  # one without variables is false
        process = context.get(PROCESS)
        if process is None:
            return super().call_at(when, callback, *args, context=context)
        step = _Step(self, process, callback, args, context)
        step.handle = super().call_at(when, step, context=context)
        return step.handle

    def drop_everything(self):
        """Close what has not ended, while the loop is there to be called; it makes none of these calls any more."""
        for task in self.held:
            if not task.done():
                with contextlib.suppress(Exception):
                    task.get_coro().close()
        self.held.clear()

    def again(self, step):
        """Make a call that was held up; cancelling it the way that was told then still works."""
        super().call_soon(step, context=step.context)


def _hold(loop, work, **options):
    """Make a task that is held to the end, since one that nobody holds is closed, which is a kind of cleaning up."""
    task = _Task(work, loop=loop, **options)
    task._log_destroy_pending = False
    loop.held.append(task)
    return task


class _Future(asyncio.Future):
    """A future whose place in a set is no accident."""

    def __new__(cls, *, loop):
        future = super().__new__(cls)
        future.number = next(loop.numbers)
        return future

    def __hash__(self):
        return self.number


class _Task(asyncio.Task):
    """A task whose place in a set is no accident."""

    def __new__(cls, work, *, loop, **options):
        task = super().__new__(cls)
        task.number = next(loop.numbers)
        return task

    def __hash__(self):
        return self.number


class _Jumping(selectors.SelectSelector):
    """Waits for nothing: instead of the time that it should wait, time passes."""

    def __init__(self, loop):
        super().__init__()
        self._loop = loop

    def select(self, timeout=None):
        if timeout is None:
            raise StalledError
        if timeout > 0:
            self._loop.jump(timeout)
        return []


def run(main):
    """Run a coroutine to its end in a loop of its own, and return its result.

    Tasks that are left over are dropped as they stand.
    """
    loop = VirtualLoop()
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main)
    finally:
        asyncio.set_event_loop(None)
        loop.drop_everything()
        loop.close()
