"""Data of the right shape in, `Definition` out: every default filled in, every duration in seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sagadsl.language.definition import (
    NO_RETRY,
    Catch,
    Choice,
    Choose,
    Compensation,
    CompensationPolicy,
    Definition,
    Fail,
    FailWhen,
    Json,
    OnFailure,
    Pass,
    Path,
    Retry,
    State,
    Succeed,
    Task,
)
from sagadsl.language.durations import parse_duration
from sagadsl.language.source import Document

DEFAULT_TIMEOUT = 30.0
"""Seconds for one attempt of an action where the definition says nothing."""

DONE = "done"
"""The name of the `succeed` state that follows the last of the `steps`, unless a step has taken it."""

_Data = Mapping[str, Any]


class _Defaults(NamedTuple):
    """What tasks and compensations get that do not say otherwise; retries are still data, to be merged."""

    timeout: float
    retry: _Data
    compensation_timeout: float
    compensation_retry: _Data


def build(document: Document) -> Definition:
    """Return the definition that a document holds.

    Args:
        document: Its data has passed `check_structure`; anything else is undefined behaviour.
    """
    data: _Data = document.data
    defaults = _defaults(data)
    states = _steps(data["steps"], defaults) if "steps" in data else _states(data["states"], defaults)
    policy = data.get("compensation", {})
    return Definition(
        name=data["name"],
        states=states,
        start=data.get("start", next(iter(states))),
        version=data.get("version", "1"),
        description=data.get("description"),
        labels=data.get("labels", {}),
        input_schema=data.get("input"),
        output=data.get("output", {}),
        timeout=_seconds(data.get("timeout")),
        max_retries=int(data.get("max_retries", 3)),
        compensation=CompensationPolicy(policy.get("order", "reverse"), policy.get("on_failure", "halt")),
        language=data.get("sagadsl", "1.0"),
        file=document.file,
    )


def _seconds(value: Json) -> float | None:
    return None if value is None else parse_duration(value)


def _defaults(data: _Data) -> _Defaults:
    tasks, undo = data.get("defaults", {}), data.get("compensation", {})
    timeout = parse_duration(tasks.get("timeout", DEFAULT_TIMEOUT))
    return _Defaults(
        timeout=timeout,
        retry=tasks.get("retry", {}),
        compensation_timeout=parse_duration(undo.get("timeout", timeout)),
        compensation_retry=undo.get("retry", {}),
    )


def _states(data: _Data, defaults: _Defaults) -> dict[str, State]:
    return {
        name: _BUILDERS[state.get("type", "task")](name, state, ("states", name), defaults)
        for name, state in data.items()
    }


def _steps(data: list[_Data], defaults: _Defaults) -> dict[str, State]:
    """Chain the steps, and end them with a `succeed` state whose place is that of the list."""
    names = [step["id"] for step in data]
    end = _free_name(names)
    states: dict[str, State] = {}
    for index, (step, following) in enumerate(zip(data, [*names[1:], end], strict=True)):
        build_state = _BUILDERS[step.get("type", "task")]
        states[step["id"]] = build_state(step["id"], {**step, "next": following}, ("steps", index), defaults)
    return {**states, end: Succeed(name=end, path=("steps",))}


def _free_name(taken: list[str]) -> str:
    used = set(taken)
    name, number = DONE, 1
    while name in used:
        number += 1
        name = f"{DONE}_{number}"
    return name


def _task(name: str, data: _Data, path: Path, defaults: _Defaults) -> State:
    compensation = _compensation(data, defaults)
    return Task(
        name=name,
        description=data.get("description"),
        path=path,
        service=data["service"],
        action=data["action"],
        payload=data.get("payload", {}),
        next=data["next"],
        timeout=parse_duration(data.get("timeout", defaults.timeout)),
        retry=_retry(defaults.retry, data.get("retry", {})),
        kind=data.get("kind", "compensatable" if compensation else None),
        compensation=compensation,
        fail_when=tuple(
            FailWhen(each["when"], each["error"], each.get("message", "")) for each in data.get("fail_when", ())
        ),
        catch=tuple(Catch(tuple(each["errors"]), each["next"]) for each in data.get("catch", ())),
        on_failure=_on_failure(data.get("on_failure")),
    )


def _compensation(task: _Data, defaults: _Defaults) -> Compensation | None:
    given = task.get("compensation")
    if given is None:
        return None
    data: _Data = {"action": given} if isinstance(given, str) else given
    return Compensation(
        service=data.get("service", task["service"]),
        action=data["action"],
        payload=data.get("payload"),
        timeout=parse_duration(data.get("timeout", defaults.compensation_timeout)),
        retry=_retry(defaults.compensation_retry, data.get("retry", {})),
    )


def _retry(default: _Data, own: _Data) -> Retry:
    """Merge a step's retry over the default one, key by key; where neither says anything there is none."""
    data = {**default, **own}
    if not data:
        return NO_RETRY
    base = Retry()
    return Retry(
        max_attempts=int(data.get("max_attempts", base.max_attempts)),
        initial_delay=parse_duration(data.get("initial_delay", base.initial_delay)),
        multiplier=float(data.get("multiplier", base.multiplier)),
        max_delay=_seconds(data.get("max_delay")),
        jitter=data.get("jitter", base.jitter),
        on=tuple(data["on"]) if "on" in data else None,
        except_=tuple(data.get("except", ())),
    )


def _on_failure(given: Json) -> OnFailure | None:
    if given is None:
        return None
    if isinstance(given, str):
        return OnFailure(given)  # type: ignore[arg-type]  # one of the three, as the schema says
    return OnFailure("wait_for", given["wait_for"], _seconds(given.get("timeout")))


def _choice(name: str, data: _Data, path: Path, _: _Defaults) -> State:
    choices = tuple(Choose(each["when"], each["next"]) for each in data["choices"])
    return Choice(
        name=name,
        description=data.get("description"),
        path=path,
        choices=choices,
        default=data.get("default"),
    )


def _pass(name: str, data: _Data, path: Path, _: _Defaults) -> State:
    return Pass(
        name=name,
        description=data.get("description"),
        path=path,
        output=data.get("output", {}),
        next=data["next"],
    )


def _succeed(name: str, data: _Data, path: Path, _: _Defaults) -> State:
    return Succeed(name=name, description=data.get("description"), path=path, output=data.get("output"))


def _fail(name: str, data: _Data, path: Path, _: _Defaults) -> State:
    return Fail(
        name=name,
        description=data.get("description"),
        path=path,
        error=data["error"],
        message=data.get("message", ""),
    )


_BUILDERS: dict[str, Callable[[str, _Data, Path, _Defaults], State]] = {
    "task": _task,
    "choice": _choice,
    "pass": _pass,
    "succeed": _succeed,
    "fail": _fail,
}
