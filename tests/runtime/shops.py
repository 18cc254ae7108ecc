"""Services for tests of engines: they note every call, and fail or hang when they are told to."""

from __future__ import annotations

import asyncio
import inspect

from sagadsl import ActionError, Services
from sagadsl.runtime import ActionContext

ACTIONS = ("a", "b", "c", "undo_a", "undo_b", "undo_c")


class Call:
    """One call of an action."""

    def __init__(self, name, payload, context):
        self.name, self.payload = name, payload
        self.key, self.attempt, self.undoes = context.idempotency_key, context.attempt, context.undoes


class Shop:
    """The service `s` with the actions `a`, `b` and `c`, and those that undo them.

    Args:
        actions: The actions there are.
        behaviour: What an action does: `"hangs"`, always until everybody is let in; or a list of what it does the
            first times, of `"works"`, `"fails"` and `"hangs"`.
    """

    def __init__(self, actions=ACTIONS, **behaviour):
        self.calls = []
        self.behaviour = behaviour
        self.services = Services()
        self._doors_are_open = False
        for name in actions:
            self.services.action(f"s.{name}")(self._action(name))

    @property
    def names(self):
        return [call.name for call in self.calls]

    @property
    def keys(self):
        return [call.key for call in self.calls]

    def let_everybody_in(self):
        """Let nothing hang from now on; what hangs already does so for good, as in a process that is gone."""
        self._doors_are_open = True

    def _action(self, name):
        async def action(payload: dict, context: ActionContext):
            call = Call(name, payload, context)
            self.calls.append(call)
            match self._next(name):
                case "fails":
                    raise ActionError("Told", "as told")
                case "hangs" if not self._doors_are_open:
                    await asyncio.Event().wait()
            return {"key": call.key}

        return action

    def _next(self, name):
        behaviour = self.behaviour.get(name, "works")
        if isinstance(behaviour, str):
            return behaviour
        return behaviour.pop(0) if behaviour else "works"


async def eventually(look, expected=None, within=10.0):
    """Wait until what `look` returns is true, or is what is expected; it may be asynchronous."""
    async with asyncio.timeout(within):
        while True:
            found = look()
            found = await found if inspect.isawaitable(found) else found
            if found == expected or (expected is None and found):
                return
            await asyncio.sleep(0.01)
