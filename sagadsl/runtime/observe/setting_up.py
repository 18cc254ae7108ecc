"""All that a worker's options ask for, put on an engine and taken off again. What is not asked for is not imported."""

from __future__ import annotations

import asyncio
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from sagadsl.runtime.engine import Engine
from sagadsl.runtime.observe.alert_hooks import command_hook, url_hook
from sagadsl.runtime.observe.alerts import Alerts
from sagadsl.runtime.observe.openings import Openings
from sagadsl.runtime.observe.telling import Hook
from sagadsl.runtime.observe.watch import Health, Seen, Watch


class ObservationError(Exception):
    """What was asked for cannot be had; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is observed, and who hears of it.

    Args:
        logs: Whether everything that happens to sagas is logged; the caller sets up where logs go.
        traces: Whether OpenTelemetry gets spans, as the environment says.
        metrics_port: Where Prometheus metrics are served; 0 for any port that is free, `None` for no metrics.
        alert_command: What is run with an alert.
        alert_url: Where an alert is sent.
        alert_every: Seconds after which the same alert is told again.
        stale_after: Seconds without an event after which a saga that should go on is stale.
        look_every: Seconds between two looks at the store.
    """

    logs: bool = False
    traces: bool = False
    metrics_port: int | None = None
    alert_command: str | None = None
    alert_url: str | None = None
    alert_every: float = 900.0
    stale_after: float = 3600.0
    look_every: float = 15.0


class Observation:
    """What observes one engine. Make it before the engine is opened, and enter it when the engine is.

    Raises:
        ObservationError: Something cannot be had.

    Attributes:
        metrics_port: Where metrics are served, once it has been entered.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.metrics_port: int | None = None
        self._settings = settings
        self._engine = engine
        self._openings: Openings | None = None
        self._ends: list[Callable[[], object]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._alerts = Alerts(_hooks(settings), every=settings.alert_every)
        seen: list[Seen] = [self._alerts.look, self._heed]
        if settings.logs:
            from sagadsl.runtime.observe.logs import log_sagas  # noqa: PLC0415 - only where it is wanted

            log_sagas(engine)
        if settings.traces:
            self._ends.append(_traced(engine))
        if settings.metrics_port is not None:
            seen.append(self._measured(engine, settings.metrics_port))
        self._watch = Watch(engine, seen, every=settings.look_every, stale_after=settings.stale_after)

    def _measured(self, engine: Engine, port: int) -> Seen:
        try:
            from prometheus_client import CollectorRegistry  # noqa: PLC0415 - an extra

            from sagadsl.runtime.observe.metrics import measure, serve  # noqa: PLC0415 - likewise
        except ImportError:
            raise ObservationError("metrics need `pip install 'sagadsl[metrics]'`") from None
        registry = CollectorRegistry()
        metrics = measure(engine, registry)
        try:
            self.metrics_port, end = serve(port, registry)
        except (OSError, OverflowError) as error:
            raise ObservationError(f"port {port}: {getattr(error, 'strerror', None) or error}") from None
        self._ends.append(end)
        return metrics.looked

    def _heed(self, _: Health) -> None:
        if self._openings is not None:
            self._openings.heed()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._openings = Openings(self._engine.services, self._alerts.opened)
        self._tasks = [
            loop.create_task(self._watch.run(), name="sagadsl watch"),
            loop.create_task(self._alerts.run(), name="sagadsl alerts"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._openings is not None:
            self._openings.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def close(self) -> None:
        """Send off the spans that wait, and serve no metrics any more; to be done when the engine is closed."""
        for end in self._ends:
            end()
        self._ends.clear()


def _hooks(settings: Settings) -> list[Hook]:
    hooks = []
    try:
        if settings.alert_command is not None:
            hooks.append(command_hook(settings.alert_command))
            _check_command(shlex.split(settings.alert_command)[0])
        if settings.alert_url is not None:
            hooks.append(url_hook(settings.alert_url))
    except ValueError as error:
        raise ObservationError(f"alerts: {error}") from None
    return hooks


def _check_command(command: str) -> None:
    """Make sure that a command is there: it is better to hear that now than when there is something to tell.

    Raises:
        ValueError: It is not.
    """
    if shutil.which(command) is None:
        raise ValueError(f"there is no command {command} that can be run")


def _traced(engine: Engine) -> Callable[[], object]:
    try:
        from sagadsl.runtime.observe.otel import trace_sagas  # noqa: PLC0415 - an extra
        from sagadsl.runtime.observe.otel_export import provider_from_environment  # noqa: PLC0415 - likewise
    except ImportError:
        raise ObservationError("traces need `pip install 'sagadsl[otel]'`") from None
    try:
        provider = provider_from_environment()
    except ValueError as error:
        raise ObservationError(f"traces: {error}") from None
    trace_sagas(engine, provider)
    return provider.shutdown
