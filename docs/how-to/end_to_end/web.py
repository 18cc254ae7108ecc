"""What the three services have in common: actions that are called over HTTP, with JSON."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from ledger import Ledger, Opening, Refusal

Action = Callable[[Connection, str, dict[str, Any]], dict[str, Any]]
Undo = Callable[[Connection, str], None]


class Server(ThreadingHTTPServer):
    """Takes a port that `start.py` keeps for it, so that it can come back where it was."""

    allow_reuse_port = True
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers that were killed before they had their answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection, which is kept."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    ledger: Ledger
    actions: Mapping[str, Action]
    undos: Mapping[str, Undo]

    def do_GET(self) -> None:
        """Say that the service is there."""
        self._answer(200, {"status": "well"})

    def do_POST(self) -> None:
        """Carry out the action that the path names."""
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # the caller was killed while it wrote
            self.close_connection = True
            return
        try:
            self._answer(200, self._carried_out(self.path.removeprefix("/"), json.loads(body)))
        except Refusal as refusal:
            self._answer(refusal.status, {"code": refusal.code, "message": str(refusal)})

    def _carried_out(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        key = self.headers["Idempotency-Key"]
        if name in self.actions:
            return self.ledger.do(key, lambda db: self.actions[name](db, key, body))
        if name in self.undos:
            undoes = self.headers["Sagadsl-Undoes"]
            return self.ledger.undo(key, undoes, lambda db: self.undos[name](db, undoes))
        raise Refusal(404, "NoSuchAction", f"there is no action {name!r}")

    def _answer(self, status: int, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the ledger tells what was done."""


def serve(
    name: str, tables: str, opening: Opening | None, *, actions: Mapping[str, Action], undos: Mapping[str, Undo]
) -> None:
    """Serve the actions of a service until the process ends.

    Args:
        name: What its ledger in the present folder is called.
        tables: SQL for its own tables.
        opening: SQL for one row of what there is at first, and the values of the rows.
        actions: What it can do, each given the ledger, the key and the payload.
        undos: What undoes that, each given the ledger and the key of what it has to undo.
    """
    parser = ArgumentParser(description=f"the {name} of the shop")
    parser.add_argument("--port", type=int, default=0)
    port = parser.parse_args().port
    ledger = Ledger(Path(f"{name}.db"), tables, opening)
    handler = type("Service", (Handler,), {"ledger": ledger, "actions": actions, "undos": undos})
    with Server(("127.0.0.1", port), handler) as server:
        server.serve_forever()
