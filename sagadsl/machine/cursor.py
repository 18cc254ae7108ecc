"""Where a region is: the saga's own flow, one branch of a parallel state, or one item of a map."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sagadsl.language.definition import Json
from sagadsl.machine.dispatch import DispatchMachine
from sagadsl.machine.events import Failure
from sagadsl.machine.guests import Guest
from sagadsl.machine.seldom import Seldom, WithExtras

if TYPE_CHECKING:
    from sagadsl.machine.execution import Execution


Action: TypeAlias = Callable[[Any, "Cursor", Any], None]
"""Something that is done in a region of a saga; what it is about comes last."""

NOTHING: Final = ()


@dataclass(slots=True)
class Halt:
    """What a region has that has been stopped, or cannot go on; see `Cursor`."""

    failure: Failure | None = None
    stopped: bool = False
    parked: bool = False
    pending: str | None = None


class Cursor(WithExtras, Guest):
    """One cursor over one flat machine.

    Args:
        machine: The flow that it goes through.
        state: Where it is.
        scope: What expressions read here, on top of what can be read around the region.
        parent: The step whose region this is, or `None` for the saga's own flow.
        name: The branch's name, or the item's index.
        region: The indexes of the items that it is in, as `2` or `2/0`; empty outside maps.

    Attributes:
        status: `running`, `ended` or `failed`.
        output: What it gave when it ended.
        failure: Why it failed.
        stopped: Whether no new step may start in it, because something beside it has failed.
        parked: Whether it has come to rest because of that.
        pending: The trigger that it takes when it goes on again, if it had one to take.
        following: What comes after what is just being done in it, perhaps `NOTHING`; `None` while it waits.
    """

    __slots__ = ("following", "machine", "name", "output", "parent", "region", "scope", "state", "status")

    Extras = Halt
    extras: Halt | None

    failure = Seldom[Failure | None]()
    stopped = Seldom[bool]()
    parked = Seldom[bool]()
    pending = Seldom[str | None]()

    def __init__(
        self,
        machine: DispatchMachine,
        state: str,
        scope: MutableMapping[str, Any],
        parent: Execution | None = None,
        name: str = "",
        region: str = "",
    ) -> None:
        self.machine = machine
        self.state = state
        self.scope = scope
        self.parent = parent
        self.name = name
        self.region = region
        self.status = "running"
        self.output: Json = None
        self.following: tuple[Action, Any] | tuple[()] | None = None
        self.extras = None

    @property
    def is_active(self) -> bool:
        """Whether something in it may still happen by itself."""
        return self.status == "running" and not self.parked

    def inner_scope(self, **values: Json) -> MutableMapping[str, Any]:
        """Return the scope of a region inside this one."""
        return ChainMap(dict(values), self.scope)

    def outputs(self) -> dict[str, Json]:
        """Return the outputs and signals that steps of this region itself have left in its scope."""
        own = self.scope.maps[0] if isinstance(self.scope, ChainMap) else self.scope
        return {name: value for name, value in own.items() if name.startswith(("states.", "signals."))}


@dataclass(slots=True)
class Regions:
    """The regions inside one parallel or map step.

    Args:
        cursors: One for each branch or item that has begun, in order.
        items: A map's elements.
        opening: Whether they are just being begun, so that one that ends at once joins nothing yet.
        failure: Why the step is going to fail once nothing in it is active any more.
        failed_at: The state in which that happened.
        rest: Whether the saga then has to stop as `failed`, and not to go back.
    """

    cursors: list[Cursor] = field(default_factory=list)
    items: list[Json] = field(default_factory=list)
    opening: bool = False
    failure: Failure | None = None
    failed_at: str = ""
    rest: bool = False
