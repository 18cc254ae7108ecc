"""One service over HTTP: where it is, and the connections to it."""

from __future__ import annotations

import asyncio
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sagadsl.language.bindings import ServiceBinding
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
    """

    def __init__(self, binding: ServiceBinding, url: str, secrets: Secrets) -> None:
        self.binding = binding
        self.secrets = secrets
        self.url = url
        self.headers: dict[str, str] = {}
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"Endpoint({self.binding.name!r}, {self.binding.url})"

    def client(self) -> httpx.AsyncClient:
        """Return the connections of the running event loop; they belong to one loop each."""
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            client = self._clients[loop] = _connect(self.binding, is_secure=self.url.startswith("https:"))
        return client

    async def close(self) -> None:
        """Close the connections of the running event loop; the next call makes new ones."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()


def _connect(binding: ServiceBinding, *, is_secure: bool) -> httpx.AsyncClient:
    """Return connections that keep no cookies and follow no redirect.

    A cookie would carry something from one saga into another. A redirect would repeat an action at an address that
    nobody has written down, with the secrets of this one, and turn a POST into a GET on the way.
    """
    import httpx  # noqa: PLC0415 - takes longer to import than everything else, and is an extra

    most = binding.max_connections
    return httpx.AsyncClient(
        verify=_tls() if is_secure else _no_tls(),
        limits=httpx.Limits(max_connections=most, max_keepalive_connections=most),
        timeout=httpx.Timeout(None, connect=binding.connect_timeout, pool=binding.connect_timeout),
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
