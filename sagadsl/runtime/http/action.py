"""An action that is called over HTTP."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagadsl.language.bindings import ActionBinding
from sagadsl.language.definition import Json
from sagadsl.runtime.http.answers import Reader
from sagadsl.runtime.http.endpoint import Endpoint
from sagadsl.runtime.http.exchange import exchange
from sagadsl.runtime.http.request import sending
from sagadsl.runtime.services import Action, ActionContext


class _Caller:
    """Calls one action.

    Args:
        endpoint: Its service.
        name: `service.action`.
        binding: How it is called.
        headers: Those that are sent with every call of it.
    """

    def __init__(self, endpoint: Endpoint, name: str, binding: ActionBinding, headers: Mapping[str, str]) -> None:
        self._endpoint = endpoint
        self._name = name
        self._binding = binding
        self._headers = headers
        self._reader = Reader(name, binding, endpoint.secrets)

    async def call(self, payload: Json, context: ActionContext) -> Json:
        """Call the action.

        Raises:
            ActionError: It failed.
        """
        binding = self._binding
        request = sending(self._name, binding, self._headers, payload, context)
        answer = await exchange(self._endpoint, self._name, binding.method, request, binding.timeout)
        return self._reader.output(answer)


@dataclass(frozen=True, slots=True, repr=False)
class HttpAction(Action):
    """An action over HTTP: it takes the whole payload, whatever keys it has."""

    def arguments(self, payload: Json, context: ActionContext) -> dict[str, Any]:
        """Return what to call the function with."""
        return {"payload": payload, "context": context}

    def __repr__(self) -> str:
        return f"HttpAction({self.name!r})"


def http_action(endpoint: Endpoint, action: str, binding: ActionBinding, headers: Mapping[str, str]) -> HttpAction:
    """Return the action of a service over HTTP.

    Args:
        endpoint: The service.
        action: The action's name in it.
        binding: How it is called.
        headers: Those that are sent with every call of it.
    """
    name = f"{endpoint.binding.name}.{action}"
    call = _Caller(endpoint, name, binding, headers).call
    return HttpAction(name, call, True, inspect.signature(call), "context", "payload")
