"""What exceptions mean."""

import asyncio
import http.client
import subprocess
import urllib.error

import pytest

from sagadsl import ActionError
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
