"""Whether services can do what sagas ask of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.exits import CommandError
from sagadsl.language.definition import SubSaga

if TYPE_CHECKING:
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.runtime.services import Services


_SERVICES = typer.Option(
    "--services",
    help="The services to run against: a Python module or file, or a `services.yaml`.",
    metavar="MODULE|FILE.py|FILE.yaml",
)
ServicesOption = Annotated[list[str], _SERVICES]
OptionalServices = Annotated[list[str] | None, _SERVICES]


def services_for(sagas: Sequence[CompiledSaga], names: Sequence[str]) -> Services:
    """Return the services of modules and files, which together have every action that these sagas may call.

    Raises:
        CommandError: The services cannot be loaded, or lack an action.
    """
    from sagadsl.cli.service_module import load_services

    services = load_services(names)
    check(sagas, services, ", ".join(names))
    return services


def check(sagas: Sequence[CompiledSaga], services: Services, name: str) -> None:
    """Make sure that the services called `name` have every action that these sagas may call.

    Raises:
        CommandError: They do not.
    """
    from sagadsl.runtime.actions import check_actions
    from sagadsl.runtime.services import UnknownActionError

    try:
        for compiled in sagas:
            check_actions(compiled, services)
    except UnknownActionError as error:
        offered = ", ".join(services) or "none"
        raise CommandError(f"{name}: {error}", hint=f"it has {offered}") from None


def sub_sagas(compiled: CompiledSaga) -> Iterator[SubSaga]:
    """Yield the states that run another saga."""
    return (state for state in compiled.definition.all_states.values() if isinstance(state, SubSaga))
