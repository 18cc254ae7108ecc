"""States out of their data, one builder a type, and the regions that some of them hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sagadsl.language.build_policies import (
    Data,
    Defaults,
    catch_of,
    compensation_of,
    fail_when_of,
    on_failure_of,
    retry_of,
    seconds,
)
from sagadsl.language.definition import (
    Choice,
    Choose,
    Fail,
    Map,
    Parallel,
    Pass,
    Path,
    Region,
    State,
    SubSaga,
    Succeed,
    Task,
    Wait,
)
from sagadsl.language.durations import parse_duration

_LONGEST_NAME = 64


class Builder:
    """Builds the states of one definition.

    Args:
        defaults: What the definition says of every task.
        names: The names of all its states, at any depth.
    """

    def __init__(self, defaults: Defaults, names: Iterable[str]) -> None:
        self.defaults = defaults
        self._taken = set(names)
        self._numbers: dict[str, int] = {}

    def region(self, data: Data, path: Path, end: str) -> Region:
        """Return a flow of states, or of steps, which are chained.

        Args:
            data: What has `states` or `steps`: the definition, a branch or a map.
            path: Where it stands.
            end: The name of the `succeed` state that follows the last step; another one where it is taken.
        """
        states = self._steps(data, path, end) if "steps" in data else self._states(data, path)
        return Region(data.get("start", next(iter(states))), states)

    def _states(self, data: Data, path: Path) -> dict[str, State]:
        return {name: self._state(name, state, (*path, "states", name)) for name, state in data["states"].items()}

    def _steps(self, data: Data, path: Path, end: str) -> dict[str, State]:
        """Chain the steps, and end them with a `succeed` state whose place is that of the list."""
        steps = data["steps"]
        end = self._free(end)
        following = [*(step["id"] for step in steps[1:]), end]
        states = {
            step["id"]: self._state(step["id"], {**step, "next": name}, (*path, "steps", index))
            for index, (step, name) in enumerate(zip(steps, following, strict=True))
        }
        return {**states, end: Succeed(name=end, path=(*path, "steps"))}

    def _free(self, wanted: str) -> str:
        name, number = wanted, self._numbers.get(wanted, 1)  # on from where the last search for it ended
        while name in self._taken:
            number += 1
            ending = f"_{number}"
            name = wanted[: _LONGEST_NAME - len(ending)] + ending
        self._numbers[wanted] = number
        self._taken.add(name)
        return name

    def _state(self, name: str, data: Data, path: Path) -> State:
        return _BUILDERS[data.get("type", "task")](self, name, data, path)


def _task(builder: Builder, name: str, data: Data, path: Path) -> State:
    compensation = compensation_of(data, builder.defaults)
    return Task(
        name=name,
        description=data.get("description"),
        path=path,
        service=data["service"],
        action=data["action"],
        payload=data.get("payload", {}),
        next=data["next"],
        timeout=parse_duration(data.get("timeout", builder.defaults.timeout)),
        retry=retry_of(builder.defaults.retry, data.get("retry", {})),
        kind=data.get("kind", "compensatable" if compensation else None),
        compensation=compensation,
        fail_when=fail_when_of(data),
        catch=catch_of(data),
        on_failure=on_failure_of(data),
        callback=data.get("callback", False),
    )


def _parallel(builder: Builder, name: str, data: Data, path: Path) -> State:
    return Parallel(
        name=name,
        description=data.get("description"),
        path=path,
        branches={
            branch: builder.region(inner, (*path, "branches", branch), _end_of(branch))
            for branch, inner in data["branches"].items()
        },
        next=data["next"],
        kind=data.get("kind"),
        catch=catch_of(data),
        on_failure=on_failure_of(data),
    )


def _map(builder: Builder, name: str, data: Data, path: Path) -> State:
    most = data.get("max_concurrency")
    return Map(
        name=name,
        description=data.get("description"),
        path=path,
        items=data["items"],
        body=builder.region(data, path, _end_of(name)),
        next=data["next"],
        as_=data.get("as", "item"),
        max_concurrency=None if most is None else int(most),
        max_failures=int(data.get("max_failures", 0)),
        kind=data.get("kind"),
        catch=catch_of(data),
        on_failure=on_failure_of(data),
    )


def _end_of(region: str) -> str:
    """The name of the end of a branch or a body in the straight-line form."""
    ending = "_done"
    return region[: _LONGEST_NAME - len(ending)] + ending


def _wait(_: Builder, name: str, data: Data, path: Path) -> State:
    return Wait(
        name=name,
        description=data.get("description"),
        path=path,
        next=data["next"],
        for_=seconds(data.get("for")),
        until=data.get("until"),
        signal=data.get("signal"),
        timeout=seconds(data.get("timeout")),
        on_timeout=data.get("on_timeout"),
    )


def _saga(builder: Builder, name: str, data: Data, path: Path) -> State:
    compensation = compensation_of(data, builder.defaults)
    return SubSaga(
        name=name,
        description=data.get("description"),
        path=path,
        saga=data["saga"],
        input=data.get("input", {}),
        next=data["next"],
        version=data.get("version"),
        timeout=seconds(data.get("timeout")),
        kind=data.get("kind", "compensatable" if compensation else None),
        compensation=compensation,
        catch=catch_of(data),
        on_failure=on_failure_of(data),
    )


def _choice(_: Builder, name: str, data: Data, path: Path) -> State:
    choices = tuple(Choose(each["when"], each["next"]) for each in data["choices"])
    return Choice(
        name=name,
        description=data.get("description"),
        path=path,
        choices=choices,
        default=data.get("default"),
    )


def _pass(_: Builder, name: str, data: Data, path: Path) -> State:
    return Pass(
        name=name,
        description=data.get("description"),
        path=path,
        output=data.get("output", {}),
        next=data["next"],
    )


def _succeed(_: Builder, name: str, data: Data, path: Path) -> State:
    return Succeed(name=name, description=data.get("description"), path=path, output=data.get("output"))


def _fail(_: Builder, name: str, data: Data, path: Path) -> State:
    return Fail(
        name=name,
        description=data.get("description"),
        path=path,
        error=data["error"],
        message=data.get("message", ""),
    )


_BUILDERS: dict[str, Callable[[Builder, str, Data, Path], State]] = {
    "task": _task,
    "choice": _choice,
    "parallel": _parallel,
    "map": _map,
    "wait": _wait,
    "saga": _saga,
    "pass": _pass,
    "succeed": _succeed,
    "fail": _fail,
}
