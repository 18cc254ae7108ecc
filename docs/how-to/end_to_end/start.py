"""Starts the shop: three services over HTTP and two workers. Whoever dies is started again, until Ctrl-C.

It is what systemd or Kubernetes would be in earnest. Everything is kept in one folder: the ledgers, the sagas, the
logs, and `shop.env` with the addresses and `NAME.pid` for each process, for other terminals.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).resolve().parent
SERVICES = ("inventory", "payment", "shipping")
WORKERS = ("worker-1", "worker-2")
_SAGADSL = ("-c", "from sagadsl.cli.main import main; main()")
_FILES = ("--services", str(HERE / "services.yaml"), "--services", str(HERE / "notification.py"))
_GENTLY = 15.0


class ShopError(Exception):
    """A process has ended by itself; its log says why."""


class Shop:
    """The processes of the shop.

    Args:
        folder: Where they keep everything.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.store = f"sqlite:///{self.folder / 'saga.db'}"
        self._ports = {name: _keep_a_port() for name in SERVICES}
        urls = {name: f"http://127.0.0.1:{port.getsockname()[1]}" for name, port in self._ports.items()}
        self._environment = {f"{name.upper()}_URL": url for name, url in urls.items()} | {"SAGADSL_STORE": self.store}
        self._commands: dict[str, list[str]] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.restarts = 0

    def __enter__(self) -> Self:
        exports = (f"export {name}={shlex.quote(value)}\n" for name, value in self._environment.items())
        (self.folder / "shop.env").write_text("".join(exports), encoding="utf-8")
        for name, port in self._ports.items():
            self.start(name, str(HERE / f"{name}.py"), "--port", str(port.getsockname()[1]))
        for name in WORKERS:
            self.start(name, *_SAGADSL, "worker", str(HERE / "order.yaml"), *_FILES)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(_GENTLY)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for name in self._commands:
            (self.folder / f"{name}.pid").unlink(missing_ok=True)
        for port in self._ports.values():
            port.close()

    def start(self, name: str, *arguments: str) -> None:
        """Start a Python process in the folder, with the services' addresses in its environment."""
        self._commands[name] = [sys.executable, *arguments]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(  # noqa: S603 - our own commands
                self._commands[name],
                cwd=self.folder,
                env=os.environ | self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, who then end the others gently
            )
        (self.folder / f"{name}.pid").write_text(f"{self._processes[name].pid}\n", encoding="utf-8")

    def kill(self, name: str) -> None:
        """Kill a process, as a power cut does: it can do nothing about it."""
        self._processes[name].kill()
        self._processes[name].wait()

    def keep_up(self) -> None:
        """Start those again that were killed, and forget those that are done.

        Raises:
            ShopError: One has ended by itself.
        """
        for name, process in list(self._processes.items()):
            code = process.poll()
            if code == 0 and name not in (*SERVICES, *WORKERS):
                del self._processes[name]
            elif code is not None and code < 0:
                self.restarts += 1
                self.start(name, *self._commands[name][1:])
            elif code is not None:
                raise ShopError(f"{name} has ended with {code}; see {self.folder / name}.log")

    def is_running(self, name: str) -> bool:
        """Whether a process has been started and is not done."""
        return name in self._processes


def _keep_a_port() -> socket.socket:
    """Take a free port and keep it while a service is down, so that nobody else gets it; it does not listen."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    kept.bind(("127.0.0.1", 0))
    return kept


def main() -> None:
    """Keep the shop open."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Shop(folder) as shop:
            print(f"the shop is open; its addresses are in {folder / 'shop.env'}", flush=True)
            while True:
                shop.keep_up()
                time.sleep(0.1)
    except KeyboardInterrupt:
        print("the shop is closed")
    except ShopError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
