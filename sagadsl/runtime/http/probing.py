"""Which services answer."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sagadsl.language.bindings import ServiceBinding
from sagadsl.runtime.http.endpoint import Endpoint
from sagadsl.runtime.http.exchange import exchange
from sagadsl.runtime.http.loading import endpoints_of
from sagadsl.runtime.http.request import Sending
from sagadsl.runtime.invocation import INVALID_OUTPUT
from sagadsl.runtime.services import ActionError

_WELL_AT_HEALTH = 400
_WELL = 500
_NO_SUCH_METHOD = 501  # says that it does not know GET, and so that it is there


class Health(NamedTuple):
    """What became of asking a service.

    Args:
        service: Its name.
        asked: What was asked for, as the file says it.
        is_well: Whether it answered as it should.
        answer: The status, or why there is none.
        seconds: How long it took.
    """

    service: str
    asked: str
    is_well: bool
    answer: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {**self._asdict(), "seconds": round(self.seconds, 3)}


async def probe_all(
    bindings: Iterable[ServiceBinding],
    file: str,
    timeout: float,  # noqa: ASYNC109 - of each of them
    environment: Mapping[str, str] | None = None,
) -> list[Health]:
    """Ask every service that has a URL how it is, all at the same time.

    Args:
        bindings: How they are called.
        file: Where that stands, for messages.
        timeout: Seconds for each of them.
        environment: What `${env.NAME}` reads; the environment of the process otherwise.

    Raises:
        ServicesError: A variable is not set, or a library is not installed.
    """
    endpoints = endpoints_of(bindings, file, os.environ if environment is None else environment)
    return list(await asyncio.gather(*(_probe(each, timeout) for each in endpoints)))


async def _probe(endpoint: Endpoint, timeout: float) -> Health:  # noqa: ASYNC109 - see above
    binding = endpoint.binding
    asked = f"{binding.url}".rstrip("/") + (binding.health or "/")
    began = time.perf_counter()
    headers = {"User-Agent": "sagadsl", **endpoint.headers, "Accept-Encoding": "identity"}
    try:
        sending = Sending(binding.health or "/", None, headers)
        answer = await exchange(endpoint, binding.name, "GET", sending, timeout)
        well = _is_well(answer.status, has_health=binding.health is not None)
        told = str(answer.status)
    except ActionError as error:
        well, told = error.code == INVALID_OUTPUT, error.message.removeprefix(f"{binding.name}: ")
    await endpoint.close()
    return Health(binding.name, asked, well, told, time.perf_counter() - began)


def _is_well(status: int, *, has_health: bool) -> bool:
    return status < _WELL_AT_HEALTH if has_health else status < _WELL or status == _NO_SUCH_METHOD
