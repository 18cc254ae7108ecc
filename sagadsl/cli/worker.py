"""`sagadsl worker`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.exits import CommandError
from sagadsl.cli.formats import Format, FormatOption
from sagadsl.cli.observing import (
    AlertCommandOption,
    AlertEveryOption,
    AlertUrlOption,
    Log,
    LogOption,
    MetricsOption,
    OtelOption,
    StaleOption,
    settings_of,
)
from sagadsl.cli.serving import ServicesOption
from sagadsl.cli.stores import StoreOption, lasting

if TYPE_CHECKING:
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.runtime.limits import Limits
    from sagadsl.runtime.services import Services

_AT_ONCE = 1000


def command(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE", help="Definitions, or folders with definitions.")],
    services: ServicesOption,
    concurrency: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many actions may be under way at a time.")
    ] = _AT_ONCE,
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="SERVICE=N", help="How many actions of one service may be under way at a time."),
    ] = None,
    log: LogOption = Log.TEXT,
    metrics_port: MetricsOption = None,
    otel: OtelOption = False,
    alert_command: AlertCommandOption = None,
    alert_url: AlertUrlOption = None,
    alert_every: AlertEveryOption = "15m",
    stale_after: StaleOption = "1h",
    store: StoreOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Run sagas from the store until it is stopped: those that were interrupted, and those that wait for their time.

    The definitions are kept in the store, and sagas go on with the one that they were started with. Several workers may
    share a store; when one dies, the others take up its sagas. Each saga that comes to rest is told in one line; with
    `--format json` that is an object in one line.

    It warns of sagas to which nothing happens, of more that wait for a person, and of an open circuit breaker: in its
    log, and by `--alert-command` and `--alert-url`.

    Ctrl-C or SIGTERM lets actions that are under way end, for some seconds, and hands the sagas back; a second one ends
    the worker at once.

    Exit code 0 when it was stopped, 1 when a definition has errors, 2 when a path is not there or actions are missing,
    69 when the store cannot be used, 130 or 143 when it was stopped at once.
    """
    from sagadsl.cli.working import work

    url = lasting(store)
    limits = _limits(concurrency, limit or [])
    settings = settings_of(log, metrics_port, otel, alert_command, alert_url, alert_every, stale_after)
    sagas, able = _prepared(paths, services, limits.per_service)
    work(url, sagas, able, limits, format, settings)


def _limits(concurrency: int, limit: Sequence[str]) -> Limits:
    from sagadsl.runtime.limits import Limits

    return Limits(actions=concurrency, per_service=dict(map(_limit, limit)))


def _limit(text: str) -> tuple[str, int]:
    service, _, number = text.partition("=")
    if not service or not number.isdecimal() or not int(number):
        raise CommandError(f"--limit {text}: not of the form SERVICE=N", hint="for example --limit bank=5")
    return service, int(number)


def _prepared(
    paths: Sequence[Path], names: Sequence[str], limited: Mapping[str, int]
) -> tuple[list[CompiledSaga], Services]:
    """Return the definitions and the services, which fit."""
    from sagadsl.cli import files
    from sagadsl.cli.serving import services_for
    from sagadsl.language.suggest import did_you_mean
    from sagadsl.machine.compiler import compile_saga

    sagas = [compile_saga(each) for each in files.load_together(files.find(paths))]
    if not sagas:
        raise CommandError("there is no definition among these files")
    services = services_for(sagas, names)
    known = {action.partition(".")[0] for action in services}
    for service in limited:
        if service not in known:
            message = f"--limit {service}: {', '.join(names)} has no such service"
            raise CommandError(message, hint=did_you_mean(service, known))
    return sagas, services
