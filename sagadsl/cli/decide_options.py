"""What every command that decides about sagas is told: which ones, by whom, why, and how it goes on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from sagadsl.cli.exits import CommandError
from sagadsl.cli.formats import Format, FormatOption
from sagadsl.cli.serving import OptionalServices
from sagadsl.cli.stores import StoreOption
from sagadsl.machine.lifecycles import DEAD

if TYPE_CHECKING:
    from sagadsl.runtime.bulk import Selection
    from sagadsl.runtime.decisions import Make

StatusOption = Annotated[
    list[str] | None, typer.Option(metavar="STATUS", help="All sagas in this status; `active` for all not final.")
]
NameOption = Annotated[str | None, typer.Option(metavar="NAME", help="All sagas of the definition of this name.")]
ErrorOption = Annotated[
    str | None,
    typer.Option(
        metavar="CODE", help="All sagas that failed or are undone because of this error, or that it keeps from it."
    ),
]
OlderThanOption = Annotated[
    str | None, typer.Option(metavar="DURATION", help="All sagas whose status has been the same for so long.")
]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided.

    Args:
        name: The command's name.
        make: Makes the event, given by whom and why.
        state: The state that it is about, and `signal` the signal; `None` where it is about none.
        statuses: Where sagas are chosen and no status is said, those in one of these are meant.
    """

    name: str
    make: Callable[[str, str], Make]
    state: str | None = None
    signal: str | None = None
    statuses: Sequence[str] = DEAD


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a decision is about, who decides, and how it goes on; see `_common`."""

    saga: str | None
    key: str | None
    status: Sequence[str]
    name: str | None
    error: str | None
    older_than: str | None
    everything: bool
    yes: bool
    by: str
    why: str
    services: Sequence[str] | None
    store: str | None
    format: Format

    @property
    def is_many(self) -> bool:
        """Whether sagas are chosen by what they have in common."""
        return self.everything or any((self.status, self.name, self.error, self.older_than))

    def selection(self, statuses: Sequence[str]) -> Selection:
        """Return which sagas are meant; those in `statuses` if no status was given."""
        return selected(self.status or statuses, self.name, self.error, self.older_than)


def selected(status: Sequence[str], name: str | None, error: str | None, older_than: str | None) -> Selection:
    """Return the sagas that these options are about.

    Raises:
        CommandError: An option is not of its form.
    """
    import time

    from sagadsl.cli.ls import statuses
    from sagadsl.cli.moments import duration
    from sagadsl.runtime.bulk import Selection
    from sagadsl.runtime.store.contract import Filter

    which = Filter(statuses=statuses(status), name=name, error_code=error)
    quiet_since = None if older_than is None else time.time() - duration(older_than, "--older-than")
    return Selection(which, quiet_since)


def decides(prepare: Callable[..., Decision], *, about: str | None = None) -> Callable[..., None]:
    """Return a command that carries out what `prepare` makes of its own options.

    Args:
        prepare: The decision; its docstring is the command's.
        about: Its parameter that is the command's second argument, and the only one where no ID is given.
    """
    own, shared = _parameters(prepare), _parameters(_common)
    rest = [parameter for name, parameter in shared.items() if name != "saga"]
    parameters = [shared["saga"], *own.values(), *rest]

    @wraps(prepare)
    def command(**given: Any) -> None:
        from sagadsl.cli.decide import decide

        target = _common(**{name: given[name] for name in shared})
        saga, options = target.saga, {name: given[name] for name in own}
        if about is not None:
            saga, options[about] = _arguments(target, options[about], about.upper())
        decide(_with_saga(target, saga), prepare(**options))

    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    del command.__wrapped__  # else Typer would read its parameters
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return a function's parameters with what their annotations mean."""
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters
    return {name: parameter.replace(annotation=hints[name]) for name, parameter in parameters.items()}


def _arguments(target: Target, second: str | None, name: str) -> tuple[str | None, str]:
    """Return the saga and what the decision is about; the saga is left out where it is chosen otherwise."""
    first = target.saga
    if second is None and (target.is_many or target.key):
        first, second = None, first
    if second is None:
        raise CommandError(f"a {name} is missing", hint=f"give the saga's ID and a {name}")
    return first, second


def _with_saga(target: Target, saga: str | None) -> Target:
    from dataclasses import replace

    ways = (saga is not None) + (target.key is not None) + target.is_many
    if ways == 0:
        raise CommandError("no saga is given", hint="give an ID, or --key NAME=KEY, or what many have in common")
    if ways > 1:
        raise CommandError("one saga or many? give an ID, or --key, or what many have in common")
    return replace(target, saga=saga)


def _common(
    saga: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="The saga's id, or the beginning of it.", show_default=False),
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="NAME=KEY", help="The saga by its definition's name and its business key.")
    ] = None,
    status: StatusOption = None,
    name: NameOption = None,
    error: ErrorOption = None,
    older_than: OlderThanOption = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="All sagas that wait for what is decided, or those that the other options choose."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Of many sagas: only say what would be done, which is the default.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Of many sagas: do it.")] = False,
    by: Annotated[
        str | None,
        typer.Option(metavar="WHO", help="Who decides, for the record.", show_default="your login name"),
    ] = None,
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.", show_default=False)] = "",
    services: OptionalServices = None,
    store: StoreOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> Target:
    if dry_run and yes:
        raise CommandError("--dry-run does nothing and --yes does it; leave one of the two out")
    target = Target(
        saga, key, status or [], name, error, older_than, everything, yes, _who(by), why, services, store, format
    )
    if not target.is_many and dry_run:
        raise CommandError(
            "--dry-run is for many sagas", hint="`sagadsl dead-letters ID` says what can be decided about one"
        )
    if target.is_many and services is not None:
        raise CommandError("--services is for one saga; a `sagadsl worker` goes on with many")
    return target


def _who(by: str | None) -> str:
    from getpass import getuser

    if by is not None:
        if not by.strip():
            raise CommandError("--by is empty; say who decides")
        return by
    try:
        return getuser()
    except (OSError, KeyError, ImportError):  # nobody is logged in, as in some containers
        raise CommandError("nobody is logged in here; say who decides with --by") from None
