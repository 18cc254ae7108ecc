"""A network that can fail: a proxy in front of a PostgreSQL server, which loses what it is told to lose."""

from __future__ import annotations

import asyncio
import contextlib

import psycopg


class Proxy:
    """Passes bytes on between clients and a server, for as long as nothing is wrong.

    Attributes:
        is_up: Whether anybody gets through; if not, connections are refused, and cut.
        loses_answers: Whether what the server says is thrown away, as when a cable is pulled after a request.
    """

    def __init__(self, server):
        self._server = psycopg.conninfo.conninfo_to_dict(server)
        self._pairs = set()
        self._tasks = set()
        self.is_up, self.loses_answers = True, False

    async def __aenter__(self):
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_):
        self._listener.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self):
        """The URL of the same database, by way of this proxy."""
        port = self._listener.sockets[0].getsockname()[1]
        return f"postgresql://{self._server.get('user', 'postgres')}@127.0.0.1:{port}/{self._server['dbname']}"

    def cut(self):
        """Cut every connection."""
        for writer in self._pairs:
            writer.transport.abort()
        self._pairs.clear()

    def go_down(self):
        """Be gone."""
        self.is_up = False
        self.cut()

    def come_back(self):
        """Let everybody through again."""
        self.is_up, self.loses_answers = True, False

    async def _accept(self, reader, writer):
        if not self.is_up:
            writer.transport.abort()
            return
        there, back = await self._connect()
        self._pairs |= {writer, back}
        for task in (self._pass_on(reader, back, answers=False), self._pass_on(there, writer, answers=True)):
            running = asyncio.ensure_future(task)
            self._tasks.add(running)
            running.add_done_callback(self._tasks.discard)

    async def _connect(self):
        host, port = self._server.get("host", "localhost"), self._server.get("port", "5432")
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, int(port))

    async def _pass_on(self, reader, writer, *, answers):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if not (answers and self.loses_answers):
                    writer.write(data)
                    await writer.drain()
        writer.transport.abort()
        self._pairs.discard(writer)
