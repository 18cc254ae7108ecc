"""Everything a server can do wrong, and what an action has to make of it."""

from __future__ import annotations

import asyncio
import gzip
from typing import NamedTuple

from tests.runtime.http.server import Behaviour, Connection

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Case(NamedTuple):
    """What a server does, and the failure that it has to be."""

    name: str
    behave: Behaviour
    code: str
    retryable: bool
    in_doubt: bool


def after_request(*data: bytes, hang: bool = False, reset: bool = False) -> Behaviour:
    async def behave(connection: Connection) -> None:
        await connection.request()
        for each in data:
            await connection.send(each)
        if hang:
            await asyncio.sleep(3600)
        if reset:
            await asyncio.sleep(0.05)
            connection.reset()

    return behave


def answered(status: int = 200, body: bytes = b"", kind: str = "application/json", **headers: str) -> Behaviour:
    async def behave(connection: Connection) -> None:
        await connection.request()
        await connection.answer(status, body, kind, **headers)

    return behave


async def close_at_once(connection: Connection) -> None:
    return


async def reset_unread(connection: Connection) -> None:
    await connection.reader.read(1)  # until the request has begun to come: before that, nothing would be in doubt
    connection.reset()


async def never_read(connection: Connection) -> None:
    await asyncio.sleep(3600)


async def read_some(connection: Connection) -> None:
    await connection.reader.readexactly(10)
    connection.reset()


async def answer_unasked(connection: Connection) -> None:
    await connection.send(b"SSH-2.0-OpenSSH_9.6\r\n")
    await asyncio.sleep(3600)


async def late(connection: Connection) -> None:
    await connection.request()
    await asyncio.sleep(1)
    await connection.json({"late": True})


def endless(beginning: bytes, again: bytes, pause: float = 0) -> Behaviour:
    async def behave(connection: Connection) -> None:
        await connection.request()
        await connection.send(beginning)
        while True:
            await connection.send(again)
            await asyncio.sleep(pause)

    return behave


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LENGTH = OK + b"Content-Length: 100\r\n\r\n"
ZIPPED = gzip.compress(b'{"a": 1}')
BOMB = gzip.compress(b" " * 5_000_000)

LOST = ("Unavailable", True, True)
LATE = ("Timeout", True, True)
UNREADABLE = ("InvalidOutput", False, True)

CASES = [
    # the connection is lost, at every stage
    Case("closes at once", close_at_once, *LOST),
    Case("resets when the request comes", reset_unread, *LOST),
    Case("resets within the request", read_some, *LOST),
    Case("closes without an answer", after_request(), *LOST),
    Case("resets without an answer", after_request(reset=True), *LOST),
    Case("closes within the status", after_request(b"HTTP/1.1 20"), *LOST),
    Case("closes within the headers", after_request(OK + b"Content-Le"), *LOST),
    Case("closes before the body", after_request(LENGTH), *LOST),
    Case("closes within the body", after_request(LENGTH + b'{"a":'), *LOST),
    Case("resets within the body", after_request(LENGTH + b'{"a":', reset=True), *LOST),
    Case("closes within a chunk", after_request(CHUNKED + b"ff\r\n{"), *LOST),
    Case("closes between chunks", after_request(CHUNKED + b"2\r\n{}\r\n"), *LOST),
    # what is no HTTP
    Case("is no HTTP", after_request(b"220 mail.example.com ESMTP\r\n"), *LOST),
    Case("speaks first, and is no HTTP", answer_unasked, *LATE),
    Case("sends a chunk that is none", after_request(CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n"), *LOST),
    Case("has two lengths", after_request(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), *LOST),
    Case("has a header that is none", after_request(OK + b"\x00: 1\r\nContent-Length: 2\r\n\r\n{}"), *LOST),
    # it takes too long
    Case("never reads", never_read, *LATE),
    Case("never answers", after_request(hang=True), *LATE),
    Case("hangs within the headers", after_request(OK, hang=True), *LATE),
    Case("hangs within the body", after_request(LENGTH + b"{", hang=True), *LATE),
    Case("answers late", late, *LATE),
    Case("dribbles headers", endless(OK, b"X: y\r\n", 0.02), *LATE),
    Case("dribbles its body", endless(CHUNKED, b"1\r\n \r\n", 0.02), *LATE),
    Case("asks for patience for ever", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.02), *LATE),
    # there is no end to it
    Case("sends headers without end", endless(OK, b"X: y\r\n" * 1000), *LOST),
    Case("sends a body without end", endless(CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n"), *UNREADABLE),
    Case("sends without a length or an end", endless(OK + b"\r\n", b"[" * 4096), *UNREADABLE),
    # rubbish
    Case("answers in HTML", answered(200, b"<html>Welcome</html>", "text/html"), *UNREADABLE),
    Case("says JSON of what is none", answered(200, b"welcome"), *UNREADABLE),
    Case("answers half of its JSON", answered(200, b'{"a":'), *UNREADABLE),
    Case("answers in Latin-1", answered(200, '{"a": "ü"}'.encode("latin-1")), *UNREADABLE),
    Case("answers in UTF-16", answered(200, '{"a": "ü"}'.encode("utf-16")), *UNREADABLE),
    Case("answers compressed as nobody reads it", answered(200, ZIPPED, Content_Encoding="br"), *UNREADABLE),
    Case("answers what is not compressed as it says", answered(200, b"{}", Content_Encoding="gzip"), *UNREADABLE),
    Case("answers half of what is compressed", answered(200, ZIPPED[:15], Content_Encoding="gzip"), *UNREADABLE),
    Case("answers what is huge when it is read", answered(200, BOMB, Content_Encoding="gzip"), *UNREADABLE),
    Case("answers what is not a number", answered(200, b'{"a": NaN}'), *UNREADABLE),
    Case("answers an infinite number", answered(200, b'{"a": 1e999}'), *UNREADABLE),
    Case("answers a huge number", answered(200, b'{"a": ' + b"9" * 10_000 + b"}"), *UNREADABLE),
    Case("answers a number over 64 bits", answered(200, b'{"a": 18446744073709551616}'), *UNREADABLE),
    Case("answers with NUL", answered(200, b'{"a": "\\u0000"}'), *UNREADABLE),
    Case("answers half a character", answered(200, b'{"a": "\\ud800"}'), *UNREADABLE),
    Case("nests too deep", answered(200, b"[" * 100_000), *UNREADABLE),
    Case("nests deeper than data may", answered(200, b"[" * 200 + b"]" * 200), *UNREADABLE),
    # redirects
    Case("moved", answered(301, Location="/elsewhere"), "Http301", False, False),
    Case("found", answered(302, Location="/elsewhere"), "Http302", False, True),
    Case("see other", answered(303, Location="/elsewhere"), "Http303", False, True),
    Case("redirects to itself", answered(307, Location="/do"), "Http307", False, False),
    Case("redirects to nowhere", answered(308), "Http308", False, False),
    # errors
    Case("not found", answered(404, b"<html>no</html>", "text/html"), "Http404", False, False),
    Case("too many requests", answered(429), "Http429", True, False),
    Case("breaks down", answered(500, b'{"trace": ['), "Http500", True, True),
    Case("does not know how", answered(501), "Http501", True, False),
    Case("bad gateway", answered(502), "Http502", True, True),
    Case("is not there", answered(503), "Http503", True, False),
    Case("gateway timeout", answered(504), "Http504", True, True),
    Case("a status of its own", answered(599), "Http599", True, True),
    Case(
        "an error without end",
        endless(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b" " * 4096 + b"\r\n"),
        "Http500", True, True,
    ),
    Case(
        "an error in dribbles",
        endless(b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.02),
        "Http404", False, False,
    ),
    Case("an error that breaks off", after_request(b"HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\n{"), "Http503", True, False),
    Case("another protocol", after_request(b"HTTP/1.1 101 Now\r\nUpgrade: x\r\n\r\n", hang=True), *LOST),
]  # fmt: skip
