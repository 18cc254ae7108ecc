"""Calling single actions of services over HTTP, without a saga around them."""

from __future__ import annotations

from typing import Any

from sagadsl import ActionContext
from sagadsl.language.catalogue import read_services
from sagadsl.runtime.http.loading import services_of
from sagadsl.runtime.invocation import invoke

CONTEXT = ActionContext("saga-1", "pay", 2, "saga-1/pay")


def services(text: str, **environment: str) -> Any:
    """Return the services of a catalogue's text."""
    return services_of(read_services(text, "services.yaml").values(), "services.yaml", environment)


def shop(url: str, action: str = "{path: /do}", **keys: object) -> Any:
    """Return services with one action, `shop.do`."""
    more = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return services(f"services:\n  shop:\n    url: {url}\n{more}    actions:\n      do: {action}\n")


async def call(made: Any, payload: Any = None, context: ActionContext = CONTEXT, name: str = "shop.do") -> Any:
    """Call an action as an engine does: what comes back is its output, or a `Failure`."""
    async with made:
        return await invoke(made.find(*name.split(".")), {} if payload is None else payload, context)
