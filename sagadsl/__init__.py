"""sagadsl: distributed transactions as explicit state machines in YAML.

    from sagadsl import compile_saga, load

    compiled = compile_saga(load("order.yaml"))
    saga = compiled.new("order-17")
    commands = saga.apply(event)

Names are imported when they are first used, so that a command or a service pays only for what it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sagadsl.language.display import show_with
from sagadsl.language.lazily import lazily

if TYPE_CHECKING:
    from sagadsl.language.definition import Definition
    from sagadsl.language.diagnostics import DefinitionError, Diagnostic
    from sagadsl.language.inputs import InputError
    from sagadsl.language.load import load
    from sagadsl.machine.compiler import CompiledSaga, compile_saga
    from sagadsl.machine.saga import Saga
    from sagadsl.machine.unexpected import UnexpectedEvent
    from sagadsl.runtime.engine import Engine
    from sagadsl.runtime.http import load_services
    from sagadsl.runtime.outcome import Outcome
    from sagadsl.runtime.services import ActionContext, ActionError, Services

__all__ = [
    "ActionContext",
    "ActionError",
    "CompiledSaga",
    "Definition",
    "DefinitionError",
    "Diagnostic",
    "Engine",
    "InputError",
    "Outcome",
    "Saga",
    "Services",
    "UnexpectedEvent",
    "compile_saga",
    "load",
    "load_services",
]

_HOMES = {
    "ActionContext": "sagadsl.runtime.services",
    "ActionError": "sagadsl.runtime.services",
    "CompiledSaga": "sagadsl.machine.compiler",
    "Definition": "sagadsl.language.definition",
    "DefinitionError": "sagadsl.language.diagnostics",
    "Diagnostic": "sagadsl.language.diagnostics",
    "Engine": "sagadsl.runtime.engine",
    "InputError": "sagadsl.language.inputs",
    "Outcome": "sagadsl.runtime.outcome",
    "Saga": "sagadsl.machine.saga",
    "Services": "sagadsl.runtime.services",
    "UnexpectedEvent": "sagadsl.machine.unexpected",
    "compile_saga": "sagadsl.machine.compiler",
    "load": "sagadsl.language.load",
    "load_services": "sagadsl.runtime.http",
}


def _show(what: Any) -> Mapping[str, str]:
    """Draw what a notebook wants to show; nothing of what that takes is imported before."""
    shown: Mapping[str, str] = import_module("sagadsl.diagrams.notebook").show(what)
    return shown


show_with(_show)


__getattr__, __dir__ = lazily(globals(), _HOMES)
