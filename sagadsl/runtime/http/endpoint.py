"""One service over HTTP: where it is, and the connections to it."""

from __future__ import annotations

import asyncio
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from sagadsl.language.bindings import ServiceBinding
from sagadsl.runtime.http.connections import Connections
from sagadsl.runtime.http.secrets import Secrets

if TYPE_CHECKING:
    import ssl

    import httpx


class Endpoint:
    """A service over HTTP.

    Args:
        binding: How it is called.
        url: Where it is, without a slash at its end.
        secrets: What its messages must not show.

    Attributes:
        headers: What is sent with every call.
        place: The host and the port, for messages.
    """

    def __init__(self, binding: ServiceBinding, url: str, secrets: Secrets) -> None:
        self.binding = binding
        self.secrets = secrets
        self.url = url
        self.place = secrets.hide(urlsplit(url).netloc.rpartition("@")[2])
        self.headers: dict[str, str] = {}
        self._connections: WeakKeyDictionary[asyncio.AbstractEventLoop, Connections] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"Endpoint({self.binding.name!r}, {self.binding.url})"

    def connections(self) -> Connections:
        """Return the connections of the running event loop; they belong to one loop each."""
        loop, binding = asyncio.get_running_loop(), self.binding
        found = self._connections.get(loop)
        if found is None:
            found = Connections(self.connect, binding.max_connections, binding.connect_timeout)
            self._connections[loop] = found
        return found

    @property
    def is_secure(self) -> bool:
        """Whether it is spoken to by TLS."""
        return self.url.startswith("https:")

    def connect(self) -> httpx.AsyncClient:
        """Return a connection, which is made when it is used.

        Raises:
            OSError: The authorities that `SSL_CERT_FILE` names cannot be read.
            ImportError: The environment has a proxy that needs a library.
            ValueError: The environment has one that is none.
        """
        return _connect(self.binding.connect_timeout, is_secure=self.is_secure)

    async def close(self) -> None:
        """Close the connections of the running event loop; the next call makes new ones."""
        connections = self._connections.pop(asyncio.get_running_loop(), None)
        if connections is not None:
            await connections.close()


def _connect(patience: float, *, is_secure: bool) -> httpx.AsyncClient:
    """Return a connection that keeps no cookies and follows no redirect.

    A cookie would carry something from one saga into another. A redirect would repeat an action at an address that
    nobody has written down, with the secrets of this one, and turn a POST into a GET on the way.
    """
    import httpx  # noqa: PLC0415 - takes longer to import than everything else, and is an extra

    return httpx.AsyncClient(
        verify=_tls() if is_secure else _no_tls(),
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
        timeout=httpx.Timeout(None, connect=patience, pool=patience),
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


@cache
def _tls() -> ssl.SSLContext:
    """Return what certificates are checked with: made once, since reading them takes as long as a hundred calls."""
    import httpx  # noqa: PLC0415 - see above

    return httpx.create_ssl_context()


@cache
def _no_tls() -> ssl.SSLContext:
    """Return what trusts nobody, for a service that is spoken to in plain text."""
    import ssl  # noqa: PLC0415 - httpx brings it along

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
