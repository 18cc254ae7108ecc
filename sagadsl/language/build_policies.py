"""The small values of states out of their data: durations, retries, compensations, catches, failure policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sagadsl.language.definition import NO_RETRY, Catch, Compensation, FailWhen, Json, OnFailure, Retry
from sagadsl.language.durations import parse_duration

DEFAULT_TIMEOUT = 30.0
"""Seconds for one attempt of an action where the definition says nothing."""

Data = Mapping[str, Any]


class Defaults(NamedTuple):
    """What tasks and compensations get that do not say otherwise; retries are still data, to be merged."""

    timeout: float
    retry: Data
    compensation_timeout: float
    compensation_retry: Data


def defaults_of(definition: Data) -> Defaults:
    """Return what a definition says of tasks and compensations that do not say it themselves."""
    tasks, undo = definition.get("defaults", {}), definition.get("compensation", {})
    timeout = parse_duration(tasks.get("timeout", DEFAULT_TIMEOUT))
    return Defaults(
        timeout=timeout,
        retry=tasks.get("retry", {}),
        compensation_timeout=parse_duration(undo.get("timeout", timeout)),
        compensation_retry=undo.get("retry", {}),
    )


def seconds(value: Json) -> float | None:
    """Return a duration in seconds; nothing for none."""
    return None if value is None else parse_duration(value)


def compensation_of(state: Data, defaults: Defaults) -> Compensation | None:
    """Return what undoes a task or a saga state."""
    given = state.get("compensation")
    if given is None:
        return None
    data: Data = {"action": given} if isinstance(given, str) else given
    return Compensation(
        service=data["service"] if "service" in data else state["service"],
        action=data["action"],
        payload=data.get("payload"),
        timeout=parse_duration(data.get("timeout", defaults.compensation_timeout)),
        retry=retry_of(defaults.compensation_retry, data.get("retry", {})),
    )


def retry_of(default: Data, own: Data) -> Retry:
    """Merge a step's retry over the default one, key by key; where neither says anything there is none."""
    data = {**default, **own}
    if not data:
        return NO_RETRY
    base = Retry()
    return Retry(
        max_attempts=int(data.get("max_attempts", base.max_attempts)),
        initial_delay=parse_duration(data.get("initial_delay", base.initial_delay)),
        multiplier=float(data.get("multiplier", base.multiplier)),
        max_delay=seconds(data.get("max_delay")),
        jitter=data.get("jitter", base.jitter),
        on=tuple(data["on"]) if "on" in data else None,
        except_=tuple(data.get("except", ())),
    )


def fail_when_of(state: Data) -> tuple[FailWhen, ...]:
    """Return the conditions under which an answer is an error."""
    return tuple(FailWhen(each["when"], each["error"], each.get("message", "")) for each in state.get("fail_when", ()))


def catch_of(state: Data) -> tuple[Catch, ...]:
    """Return where a state's errors lead."""
    return tuple(Catch(tuple(each["errors"]), each["next"]) for each in state.get("catch", ()))


def on_failure_of(state: Data) -> OnFailure | None:
    """Return what happens when a state has failed for good, as far as it says so."""
    given = state.get("on_failure")
    if given is None:
        return None
    if isinstance(given, str):
        return OnFailure(given)  # type: ignore[arg-type]  # one of the three, as the schema says
    return OnFailure("wait_for", given["wait_for"], seconds(given.get("timeout")))
