"""Who has brought an event about, and why: kept with it, and left out of what services say."""

import json

import pytest

from sagadsl.machine.events import Failure, SignalReceived, StepFailed, StepSucceeded, from_json, to_json

NO = Failure("No")
UNSIGNED = [
    SignalReceived("go", {"n": 1}),
    StepSucceeded("a", 1, {"n": 1}, 2, "0", True),
    StepFailed("a", 1, NO, 2, "0", True),
]
SIGNED = [
    SignalReceived("go", {"n": 1}, "ann", "she asked"),
    StepSucceeded("a", 1, {"n": 1}, 2, "0", True, "ann", "by telephone", seq=3, at=1.5),
    StepFailed("a", 1, NO, 2, "0", True, "ann", "it is broken"),
]


@pytest.mark.parametrize("event", SIGNED)
def test_who_and_why_are_written_and_read(event):
    data = to_json(event)

    assert data["by"] == "ann"
    assert from_json(json.loads(json.dumps(data))) == event


@pytest.mark.parametrize("event", UNSIGNED)
def test_where_nobody_said_so_nothing_is_written_and_logs_from_before_are_read(event):
    data = to_json(event)

    assert not {"by", "why"} & set(data)
    assert from_json(data) == event
    assert (event.by, event.why) == ("", "")
