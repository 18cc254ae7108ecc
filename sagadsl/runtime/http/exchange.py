"""One request and its answer, and which of the two has got how far when something goes wrong.

Whether an action is in doubt hangs on one thing: had the request begun to go out? httpcore tells when. Before that,
nothing can have happened at the service, whatever failed; after it, anything can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from sagadsl.language.durations import format_duration
from sagadsl.machine.events import TIMEOUT, UNAVAILABLE
from sagadsl.runtime.http.coding import UnreadableError, decoded
from sagadsl.runtime.http.secrets import logged_as
from sagadsl.runtime.services import ActionError

if TYPE_CHECKING:
    import httpx

    from sagadsl.runtime.http.endpoint import Endpoint
    from sagadsl.runtime.http.request import Sending

_CONNECTING = "connect_tcp.started"
_SENDING = "send_request_headers.started"
_TRIES = 3
_PATIENCE = 5.0  # seconds for the body of an error, which only says more than its status does
_AUTHORITIES = "SSL_CERT_FILE in the environment names authorities of your own"


class Answer(NamedTuple):
    """What came back.

    Args:
        status: The HTTP status.
        headers: The headers, their names in lower case.
        body: The bytes, as far as they were read.
        trouble: Why the body is not all there, or "".
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    trouble: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the status says that all went well."""
        return 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110, section 15.3


class _Progress:
    """How far an exchange has got.

    Attributes:
        is_sent: Whether the request has ever begun to go out.
        is_stale: Whether it went out just now on a connection that was there before.
        peer: To which host the last connection was made, and to which port: the service, or a proxy.
        answer: What is known of the answer.
    """

    def __init__(self) -> None:
        self.is_sent = False
        self.is_stale = False
        self._is_new = False
        self.peer: tuple[str, int] | None = None
        self.answer: Answer | None = None

    def begin(self) -> None:
        """Begin, perhaps once more."""
        self._is_new = self.is_stale = False

    async def trace(self, event: str, about: Mapping[str, Any]) -> None:
        """Hear of httpcore's steps (its `trace` extension). What asks a proxy for a tunnel is not the request."""
        if event.endswith(_CONNECTING):
            self._is_new = True
            self.peer = (about["host"], about["port"])
        elif event.endswith(_SENDING) and about["request"].method != b"CONNECT":
            self.is_sent = True
            self.is_stale = not self._is_new


async def exchange(endpoint: Endpoint, name: str, method: str, sending: Sending, timeout: float | None) -> Answer:  # noqa: ASYNC109 - that of the whole, which a caller cannot tell from a step's
    """Send a request and return the answer.

    Args:
        endpoint: The service.
        name: The action's, for messages.
        method: The HTTP method.
        sending: What to send.
        timeout: Seconds for all of it, or `None`.

    Raises:
        ActionError: `Unavailable` or `Timeout`; in doubt if the request had begun to go out.
    """
    progress = _Progress()
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            with logged_as(name):
                return await _exchange(endpoint, method, sending, progress)
    except Exception as error:  # noqa: BLE001 - whatever it is, the action has to be told from one that never began
        if progress.answer is not None and not progress.answer.is_good:
            return progress.answer
        if timeout is not None and limit.expired():
            raise _too_late(endpoint, name, timeout, progress) from None
        raise _failed(endpoint, name, error, progress) from None


async def _exchange(endpoint: Endpoint, method: str, sending: Sending, progress: _Progress) -> Answer:
    async with endpoint.connections().borrow() as client:
        return await _exchange_by(client, endpoint, method, sending, progress)


async def _exchange_by(
    client: httpx.AsyncClient, endpoint: Endpoint, method: str, sending: Sending, progress: _Progress
) -> Answer:
    request = client.build_request(
        method,
        endpoint.url + sending.target,
        content=sending.content,
        headers=sending.headers,
        extensions={"trace": progress.trace},
    )
    response = await _sent(client, request, progress)
    try:
        bare = progress.answer = Answer(response.status_code, dict(response.headers), b"")
        most = endpoint.binding.max_response
        if bare.is_good:
            return bare._replace(body=decoded(await _whole(response, most), bare.headers, most))
        return bare._replace(body=await _what_there_is(response, most))
    finally:
        with suppress(Exception):  # what has been read has been read
            await response.aclose()


async def _sent(client: httpx.AsyncClient, request: httpx.Request, progress: _Progress) -> httpx.Response:
    """Send a request; again where a connection that was kept turns out to have been closed by the service meanwhile.

    A client may do so where it knows that a repeat does no harm (RFC 9110, section 9.2.2). Every action is called at
    least once and has a key that says so; Go's `net/http` repeats requests that carry one, likewise.
    """
    import httpx  # noqa: PLC0415 - it is imported by now

    for _ in range(_TRIES - 1):
        progress.begin()
        try:
            return await client.send(request, stream=True)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            if not progress.is_stale:
                raise
    progress.begin()
    return await client.send(request, stream=True)


async def _whole(response: httpx.Response, most: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            raise UnreadableError(f"it is longer than {most} bytes")
    return bytes(body)


async def _what_there_is(response: httpx.Response, most: int) -> bytes:
    """Return as much of the body of an error as comes soon. The status alone decides."""
    body = bytearray()
    with suppress(Exception):
        async with asyncio.timeout(_PATIENCE):
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > most:
                    break
        return decoded(bytes(body), dict(response.headers), most)
    return bytes(body)


def _too_late(endpoint: Endpoint, name: str, limit: float, progress: _Progress) -> ActionError:
    place, within = _place(endpoint, progress), format_duration(limit)
    if progress.is_sent:
        return ActionError(TIMEOUT, f"{name}: no whole answer of {place} within {within}", in_doubt=True)
    return ActionError(UNAVAILABLE, f"{name}: no connection to {place} within {within}; nothing was sent")


def _failed(endpoint: Endpoint, name: str, error: Exception, progress: _Progress) -> ActionError:
    from sagadsl.runtime.invocation import INVALID_OUTPUT  # noqa: PLC0415 - only where something is wrong

    if isinstance(error, UnreadableError):
        why = endpoint.secrets.hide(str(error))
        return ActionError(INVALID_OUTPUT, f"{name}: the answer cannot be read: {why}", retryable=False, in_doubt=True)
    place, reason = _place(endpoint, progress), endpoint.secrets.hide(_reason(error))
    if progress.answer is not None:
        what = f"the connection to {place} was lost in the middle of the answer"
    elif progress.is_sent:
        what = f"the connection to {place} was lost before there was an answer"
    else:
        what = f"{place} cannot be reached, and nothing was sent"
    return ActionError(UNAVAILABLE, f"{name}: {what}: {reason}", in_doubt=progress.is_sent)


def _place(endpoint: Endpoint, progress: _Progress) -> str:
    """Return where the service is and, where a proxy stands before it, the proxy as well."""
    import httpx  # noqa: PLC0415 - it is imported by now

    peer, url = progress.peer, httpx.URL(endpoint.url)
    if peer is None or peer == (url.raw_host.decode(), url.port or (443 if endpoint.is_secure else 80)):
        return endpoint.place
    return f"{endpoint.place}, through the proxy {peer[0]}:{peer[1]},"


def _reason(error: Exception) -> str:
    """Return why, in the words of whoever noticed it first: httpx often says less than what it wraps."""
    first: BaseException = error
    while (cause := first.__cause__ or first.__context__) is not None and str(cause):
        first = cause
    said = (str(first) or type(error).__name__).splitlines()[0]
    return f"{said}; {_AUTHORITIES}" if "CERTIFICATE_VERIFY_FAILED" in said else said
