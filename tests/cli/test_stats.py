"""`sagadsl stats`: how many sagas there are, how many succeed, and how long they take."""

import json
import time

import pytest

from sagadsl.machine.events import Failure

ROME = {"city": "Rome"}


@pytest.fixture
def some(keep, trip):
    """Two completed, one undone and one under way; one of the completed is two hours old."""
    keep(trip, "saga-old", ROME, started=time.time() - 7200)
    keep(trip, "saga-completed", ROME)
    keep(trip, "saga-undone", ROME, {"book_flight": Failure("Full")})
    keep(trip, "saga-running", ROME, first=2)


@pytest.mark.usefixtures("some")
def test_sagas_are_counted_by_status(sagadsl):
    result = sagadsl("stats")

    assert result.code == 0
    figures = [" ".join(line.split()) for line in result.out.splitlines() if line]
    assert figures == [
        "sagas 4",
        "running 1",
        "compensated 1",
        "completed 2",
        "success rate 66.7%",
        "completed after",
        "at the least 2.000s",
        "half of them 2.000s",
        "95 of 100 2.000s",
        "at the most 2.000s",
        "on average 2.000s",
        "1 not finished, and nobody is at work on this store",
    ]


@pytest.mark.usefixtures("some")
def test_json_has_the_same_figures(sagadsl):
    data = json.loads(sagadsl("stats", "--format", "json").out)

    assert (data["total"], data["running"], data["completed"], data["compensated"], data["failed"]) == (4, 1, 2, 1, 0)
    assert data["success_rate"] == pytest.approx(2 / 3)
    assert data["durations"]["count"] == 2
    assert data["durations"]["mean"] == pytest.approx(2)
    assert data["by_status"] == {"running": 1, "completed": 2, "compensated": 1}


@pytest.mark.usefixtures("some")
def test_a_saga_that_waits_for_a_person_is_no_success(sagadsl, keep, trip):
    broken = Failure("Broken", retryable=False)
    keep(trip, "saga-stuck", ROME, {"book_flight": Failure("Full"), "~book_hotel": broken})

    assert json.loads(sagadsl("stats", "--format", "json").out)["success_rate"] == pytest.approx(2 / 4)


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    ("options", "total"), [(["--since", "1h"], 3), (["--name", "trip"], 4), (["--since", "2099-01-01"], 0)]
)
def test_only_some_are_counted(sagadsl, options, total):
    assert json.loads(sagadsl("stats", "--format", "json", *options).out)["total"] == total


def test_without_an_end_there_is_no_rate_and_no_duration(sagadsl, keep, trip):
    keep(trip, "saga-running", ROME, first=2)

    data = json.loads(sagadsl("stats", "--format", "json").out)
    shown = sagadsl("stats").out

    assert (data["success_rate"], data["durations"]) == (None, None)
    assert "rate" not in shown
    assert "average" not in shown
