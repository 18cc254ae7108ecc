"""Sagas to draw, built by hand: what is drawn depends on the definition alone, not on any text."""

from types import SimpleNamespace

import pytest

from sagadsl.language.definition import (
    NO_RETRY,
    Catch,
    Choice,
    Choose,
    Compensation,
    Definition,
    Fail,
    OnFailure,
    Pass,
    Retry,
    Succeed,
    Task,
)


def undo(action, **keys):
    return Compensation(
        **{"service": "shop", "payload": None, "timeout": 30.0, "retry": NO_RETRY, **keys, "action": action}
    )


def task(name, next_, **keys):
    usual = {"service": "shop", "action": "do_" + name, "payload": {}, "timeout": 30.0}
    if "compensation" in keys:
        usual["kind"] = "compensatable"
    return Task(name=name, next=next_, **{**usual, **keys})


def saga(*states, **keys):
    return Definition(
        **{"name": "a_saga", "start": states[0].name, **keys}, states={state.name: state for state in states}
    )


@pytest.fixture(scope="session")
def make():
    return SimpleNamespace(task=task, undo=undo, saga=saga)


@pytest.fixture(scope="session")
def everything():
    """A saga with one of each thing that can be drawn."""
    return saga(
        task("reserve", "check", compensation=undo("release", retry=Retry(max_attempts=4))),
        Choice(name="check", choices=(Choose("input.amount > 1000.0", "review"),), default="charge"),
        task("review", "round", kind="read_only", timeout=90.0, catch=(Catch(("Refused", "Lost"), "sorry"),)),
        Pass(name="round", output={}, next="check"),
        task("charge", "ship", kind="pivot", compensation=undo("refund"), retry=Retry(max_attempts=5)),
        task("ship", "notify", kind="retriable", catch=(Catch(("*",), "notify"),), on_failure=OnFailure("fail")),
        task("notify", "done", on_failure=OnFailure("continue")),
        Succeed(name="done"),
        Fail(name="sorry", error="NotApproved", message="Nobody approved."),
        name="everything",
        version="1.2.0",
        description="Reserve, charge & ship.",
        timeout=300.0,
    )
