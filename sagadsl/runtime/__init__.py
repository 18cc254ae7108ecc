"""The embedded host: carries out what a machine commands and tells it what happened."""

from sagadsl.runtime.clock import Clock, ManualClock, SystemClock, VirtualClock
from sagadsl.runtime.engine import DuplicateSagaError, Engine, EngineClosedError, UnknownSagaError
from sagadsl.runtime.outcome import Outcome, StepReport
from sagadsl.runtime.services import ActionContext, ActionError, Services, UnknownActionError

__all__ = [
    "ActionContext",
    "ActionError",
    "Clock",
    "DuplicateSagaError",
    "Engine",
    "EngineClosedError",
    "ManualClock",
    "Outcome",
    "Services",
    "StepReport",
    "SystemClock",
    "UnknownActionError",
    "UnknownSagaError",
    "VirtualClock",
]
