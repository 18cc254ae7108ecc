"""The host of the machines: carries out what a machine commands, and tells it what happened.

Names are imported when they are first used, so that a command pays only for what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagadsl.language.lazily import lazily

if TYPE_CHECKING:
    from sagadsl.runtime.clock import Clock, ManualClock, SystemClock, VirtualClock
    from sagadsl.runtime.engine import DuplicateSagaError, Engine, EngineClosedError
    from sagadsl.runtime.limits import Limits
    from sagadsl.runtime.outcome import Outcome, StepReport
    from sagadsl.runtime.requests import Key
    from sagadsl.runtime.services import ActionContext, ActionError, Services, UnknownActionError
    from sagadsl.runtime.store.contract import (
        Filter,
        LeaseLostError,
        SagaRow,
        Store,
        StoreError,
        StoreUnavailableError,
        UnknownSagaError,
    )
    from sagadsl.runtime.stored import Statistics
    from sagadsl.runtime.sync import SyncEngine

__all__ = [
    "ActionContext",
    "ActionError",
    "Clock",
    "DuplicateSagaError",
    "Engine",
    "EngineClosedError",
    "Filter",
    "Key",
    "LeaseLostError",
    "Limits",
    "ManualClock",
    "Outcome",
    "SagaRow",
    "Services",
    "Statistics",
    "StepReport",
    "Store",
    "StoreError",
    "StoreUnavailableError",
    "SyncEngine",
    "SystemClock",
    "UnknownActionError",
    "UnknownSagaError",
    "VirtualClock",
]

_HOMES = {
    "ActionContext": "sagadsl.runtime.services",
    "ActionError": "sagadsl.runtime.services",
    "Clock": "sagadsl.runtime.clock",
    "DuplicateSagaError": "sagadsl.runtime.engine",
    "Engine": "sagadsl.runtime.engine",
    "EngineClosedError": "sagadsl.runtime.engine",
    "Filter": "sagadsl.runtime.store.contract",
    "Key": "sagadsl.runtime.requests",
    "LeaseLostError": "sagadsl.runtime.store.contract",
    "Limits": "sagadsl.runtime.limits",
    "ManualClock": "sagadsl.runtime.clock",
    "Outcome": "sagadsl.runtime.outcome",
    "SagaRow": "sagadsl.runtime.store.contract",
    "Services": "sagadsl.runtime.services",
    "Statistics": "sagadsl.runtime.stored",
    "StepReport": "sagadsl.runtime.outcome",
    "Store": "sagadsl.runtime.store.contract",
    "StoreError": "sagadsl.runtime.store.contract",
    "StoreUnavailableError": "sagadsl.runtime.store.contract",
    "SyncEngine": "sagadsl.runtime.sync",
    "SystemClock": "sagadsl.runtime.clock",
    "UnknownActionError": "sagadsl.runtime.services",
    "UnknownSagaError": "sagadsl.runtime.store.contract",
    "VirtualClock": "sagadsl.runtime.clock",
}


__getattr__, __dir__ = lazily(globals(), _HOMES)
