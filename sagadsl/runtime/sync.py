"""The engine for people without asyncio: the same methods, each of which waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Self, TypeVar

from sagadsl.language.definition import Json
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import Event, Failure
from sagadsl.runtime.engine import Engine, EngineClosedError
from sagadsl.runtime.limits import Limits
from sagadsl.runtime.listening import Listener
from sagadsl.runtime.outcome import Outcome
from sagadsl.runtime.requests import Ref
from sagadsl.runtime.services import Services
from sagadsl.runtime.store.contract import EVERYTHING, Filter, Page, SagaRow, Store
from sagadsl.runtime.stored import Statistics

T = TypeVar("T")

_CLOSED = "the engine has been closed; make a new SyncEngine"


class SyncEngine:
    """Runs an `Engine` in a thread of its own. Its methods may be called from any thread but that one.

    `with SyncEngine("sqlite:///saga.db", services) as engine:` opens and closes it. See `Engine` for what the
    arguments and the methods mean.
    """

    def __init__(
        self,
        store: str | Store,
        services: Services,
        *,
        on_event: Listener | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._engine = Engine(store, services, on_event=on_event, limits=limits)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sagadsl engine", daemon=True)
        self._closed = False

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Connect to the store, and take up what is to be done.

        Raises:
            EngineClosedError: It has been closed; one that is closed is not opened again.
        """
        if self._closed:
            raise EngineClosedError(_CLOSED)
        if not self._thread.is_alive():
            self._thread.start()
        self._wait(self._engine.open())

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have every event told to one more listener, in the engine's own thread; what is returned ends that."""
        return self._engine.listen(listener)

    def close(self) -> int:
        """Let actions that are under way end, for a while, and hand everything else back to the store."""
        self._closed = True
        if not self._thread.is_alive():
            self._loop.close()
            return 0
        left = self._wait(self._engine.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        return left

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("this is the engine's own thread, which cannot wait for itself; use Engine in an action")
        if not self._thread.is_alive():
            work.close()
            if self._closed:
                raise EngineClosedError(_CLOSED)
            raise RuntimeError("the engine is not open: use it in a `with` block, or call open() first")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def register(self, *compiled: CompiledSaga) -> None:
        """Make sagas known to this engine and to the store."""
        self._wait(self._engine.register(*compiled))

    def start(self, which: CompiledSaga | str, input: Json, saga_id: str | None = None) -> str:  # noqa: A002
        """Begin a saga and return its id, without waiting for it."""
        return self._wait(self._engine.start(which, input, saga_id))

    def wait(self, ref: Ref, timeout: float | None = None) -> Outcome:
        """Wait until the saga has come to rest."""
        return self._wait(self._engine.wait(ref, timeout))

    def run(self, which: CompiledSaga | str, input: Json, saga_id: str | None = None) -> Outcome:  # noqa: A002
        """Begin a saga and wait for it."""
        return self._wait(self._engine.run(which, input, saga_id))

    def resume(self, ref: Ref) -> SagaRow:
        """Take up a saga here if nobody runs it."""
        return self._wait(self._engine.resume(ref))

    def get(self, ref: Ref) -> Outcome:
        """Return the saga as it stands now."""
        return self._wait(self._engine.get(ref))

    def list(self, which: Filter = EVERYTHING, *, after: str | None = None, limit: int = 100) -> Page:
        """Return sagas, the youngest first."""
        return self._wait(self._engine.list(which, after=after, limit=limit))

    def list_active(self, *, after: str | None = None, limit: int = 100) -> Page:
        """Return sagas that are not finished, the youngest first."""
        return self._wait(self._engine.list_active(after=after, limit=limit))

    def events(self, ref: Ref, after: int = 0) -> Sequence[Event]:
        """Return what has happened to a saga."""
        return self._wait(self._engine.events(ref, after))

    def stats(self, which: Filter = EVERYTHING) -> Statistics:
        """Return how many sagas there are, and how they fared."""
        return self._wait(self._engine.stats(which))

    def stale(self, older_than: float, limit: int = 100) -> Sequence[SagaRow]:
        """Return sagas to which nothing has happened for so many seconds although something should."""
        return self._wait(self._engine.stale(older_than, limit))

    def signal(self, ref: Ref, name: str, payload: Json = None, *, by: str = "", why: str = "") -> None:
        """Send a signal."""
        self._wait(self._engine.signal(ref, name, payload, by=by, why=why))

    def report(
        self,
        ref: Ref,
        state: str,
        output: Json = None,
        *,
        error: Failure | None = None,
        by: str = "",
        why: str = "",
        region: str = "",
    ) -> None:
        """Give the outcome of a `callback` step."""
        self._wait(self._engine.report(ref, state, output, error=error, by=by, why=why, region=region))

    def retry(self, ref: Ref, *, by: str = "", why: str = "") -> None:
        """Try a failed saga, or failed compensations, again."""
        self._wait(self._engine.retry(ref, by=by, why=why))

    def compensate(self, ref: Ref, *, by: str = "", why: str = "") -> None:
        """Undo a saga that has not passed its pivot."""
        self._wait(self._engine.compensate(ref, by=by, why=why))

    def resolve(
        self, ref: Ref, state: str, output: Json = None, *, by: str = "", why: str = "", region: str = ""
    ) -> None:
        """Say that what a step, or its compensation, could not do has been done by hand."""
        self._wait(self._engine.resolve(ref, state, output, by=by, why=why, region=region))

    def skip(self, ref: Ref, state: str, *, by: str = "", why: str = "", region: str = "") -> None:
        """Let the saga go on without a failed step."""
        self._wait(self._engine.skip(ref, state, by=by, why=why, region=region))

    def delete(self, ref: Ref) -> None:
        """Remove a final saga and everything about it."""
        self._wait(self._engine.delete(ref))

    def purge(self, older_than: float) -> int:
        """Remove final sagas that ended more than so many seconds ago; return how many there were."""
        return self._wait(self._engine.purge(older_than))
