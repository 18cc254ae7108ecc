"""What is observed of a worker, as its options say."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.exits import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagadsl.runtime.engine import Engine
    from sagadsl.runtime.observe.setting_up import Observation, Settings


class Log(StrEnum):
    """For whom a worker logs."""

    TEXT = "text"
    JSON = "json"


LogOption = Annotated[
    Log,
    typer.Option(
        help="Log for people, that is warnings alone, or for programs: all that happens, an object a line. Logs go to "
        "standard error."
    ),
]
MetricsOption = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=65535, help="Serve Prometheus metrics on this port, at /metrics."),
]
OtelOption = Annotated[
    bool, typer.Option("--otel", help="Send traces by OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT says.")
]
AlertCommandOption = Annotated[
    str | None,
    typer.Option(metavar="COMMAND", help="Run this, without a shell, with an alert as JSON on its standard input."),
]
AlertUrlOption = Annotated[str | None, typer.Option(metavar="URL", help="Send alerts there as JSON, by POST.")]
AlertEveryOption = Annotated[str, typer.Option(metavar="DURATION", help="How long the same alert is not told again.")]
StaleOption = Annotated[
    str,
    typer.Option(metavar="DURATION", help="How long nothing happens to a saga that should go on until it is stale."),
]


def settings_of(
    log: Log,
    metrics_port: int | None,
    otel: bool,
    alert_command: str | None,
    alert_url: str | None,
    alert_every: str,
    stale_after: str,
) -> Settings:
    """Return what the options ask for.

    Raises:
        CommandError: One of them is not of its form.
    """
    from sagadsl.cli.moments import duration
    from sagadsl.runtime.observe.setting_up import Settings

    return Settings(
        logs=log is Log.JSON,
        traces=otel,
        metrics_port=metrics_port,
        alert_command=alert_command,
        alert_url=alert_url,
        alert_every=duration(alert_every, "--alert-every"),
        stale_after=duration(stale_after, "--stale-after"),
    )


@contextmanager
def observed(engine: Engine, settings: Settings) -> Iterator[Observation]:
    """Observe an engine that is still to be opened, until it is closed.

    Raises:
        CommandError: Something cannot be had.
    """
    from sagadsl.runtime.observe.setting_up import Observation, ObservationError

    try:
        observation = Observation(engine, settings)
    except ObservationError as error:
        raise CommandError(str(error)) from None
    try:
        yield observation
    finally:
        observation.close()


def log(settings: Settings) -> None:
    """Let everything be logged for those who read it."""
    if settings.logs:
        from sagadsl.runtime.observe.logs import log_as_json

        log_as_json()
    else:
        import logging

        from sagadsl.cli.logs import log_for_people

        log_for_people(logging.WARNING)
