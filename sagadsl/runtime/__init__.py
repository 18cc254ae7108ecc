"""The host of the machines: carries out what a machine commands, and tells it what happened."""

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
