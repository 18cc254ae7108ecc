"""What exceptions mean."""

import asyncio
import http.client
import math
import subprocess
import urllib.error
from datetime import timedelta

import pytest

from sagadsl import ActionError
from sagadsl.machine.backoff import LONGEST_DELAY
from sagadsl.runtime.failures import LONGEST, failure_of


def raised_from(error, cause):
    error.__cause__ = cause
    return error


LOST = {
    "a time-out": TimeoutError(),
    "a connection that breaks": ConnectionResetError(),
    "one of several": ExceptionGroup("all", [ValueError(), ExceptionGroup("some", [ConnectionResetError()])]),
    "urllib's reason": urllib.error.URLError(TimeoutError("timed out")),
    "a process that takes too long": subprocess.TimeoutExpired("pay", 5),
    "half an answer": http.client.IncompleteRead(b"half"),
    "an exception of the service's own": raised_from(RuntimeError("no payment"), TimeoutError()),
}
CERTAIN = {
    "a mistake": ValueError("no"),
    "a refused connection": ConnectionRefusedError(),
    "urllib's refused connection": urllib.error.URLError(ConnectionRefusedError()),
    "several mistakes": ExceptionGroup("all", [ValueError(), KeyError("x")]),
}


@pytest.mark.parametrize("error", LOST.values(), ids=LOST)
def test_an_answer_that_was_lost_leaves_the_action_in_doubt(error):
    assert failure_of(error).in_doubt


@pytest.mark.parametrize("error", CERTAIN.values(), ids=CERTAIN)
def test_a_failure_that_is_certain_does_not(error):
    assert not failure_of(error).in_doubt


async def test_a_group_of_tasks_with_a_lost_answer_leaves_the_action_in_doubt():
    async def lose():
        raise ConnectionResetError

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.TaskGroup() as group:
            group.create_task(lose())

    assert failure_of(caught.value).in_doubt


def test_exceptions_that_were_raised_from_each_other_end():
    error = RuntimeError("round")
    error.__cause__ = error

    assert failure_of(error).code == "RuntimeError"


def test_a_message_is_kept_as_far_as_people_read_it():
    failure = failure_of(ValueError("x" * 3_000_000))

    assert failure.message == "x" * LONGEST + "…"


@pytest.mark.parametrize("code", ["", "a b", "<script>", "x" * 65, "1st"])
def test_a_code_that_is_no_name_is_told_and_not_taken(code):
    failure = failure_of(ActionError(code, "out of stock"))

    assert failure.code == "InvalidErrorCode"
    assert "is no error code: out of stock" in failure.message


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (2, 2.0),
        (0.5, 0.5),
        ("3", 3.0),
        (timedelta(seconds=4), 4.0),
        (-1, 0.0),
        (math.nan, 0.0),
        (None, 0.0),
        ("x", 0.0),
    ],
)
def test_an_action_says_how_long_to_leave_its_service_alone(asked, seconds):
    assert failure_of(ActionError("Busy", retry_after=asked)).retry_after == seconds


def test_nobody_waits_for_ever():
    assert failure_of(ActionError("Busy", retry_after=math.inf)).retry_after == LONGEST_DELAY
    assert failure_of(ActionError("Busy", retry_after=10**400)).retry_after == LONGEST_DELAY
