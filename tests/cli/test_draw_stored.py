"""`sagadsl draw --run`: a saga of the store, with the definition that it runs."""

import re
import time

import pytest


@pytest.fixture
def kept(trip, keep):
    """A trip in the store, whose definition nobody has given."""
    return keep(trip.read_text(encoding="utf-8"), "trip-17", {"city": "Rome"})


def test_a_saga_of_the_store_is_drawn_without_its_file(sagadsl, kept, tmp_path):
    result = sagadsl("draw", "--run", "trip-17", "-o", tmp_path / "run.svg")

    assert tuple(result) == (0, "", "")
    picture = (tmp_path / "run.svg").read_text(encoding="utf-8")
    assert "run trip-17: completed" in picture
    assert "✓ completed" in picture


def test_the_page_has_every_event_of_it(sagadsl, kept, tmp_path):
    assert sagadsl("draw", "--run", "trip-17", "-o", tmp_path / "run.html").code == 0

    page = (tmp_path / "run.html").read_text(encoding="utf-8")
    of_events = sagadsl("events", "trip-17", "--format", "json").out.splitlines()
    assert len(of_events) == len(kept)
    assert all(name in page for name in ("trip-17", "book_hotel", "completed"))


def test_what_goes_on_is_measured_up_to_now(sagadsl, trip, keep, tmp_path):
    keep(trip, "trip-18", {"city": "Rome"}, started=time.time() - 7200, first=2)

    for name in ("run.svg", "run.html"):
        assert sagadsl("draw", "--run", "trip-18", "-o", tmp_path / name).code == 0
        picture = (tmp_path / name).read_text(encoding="utf-8")
        assert re.search(r"run trip-18: running after 2h[0-9m]* ?[^,]*,", picture)
        assert re.search(r"running · for (1h59m|2h)", picture)


def test_without_a_file_it_is_printed(sagadsl, kept):
    result = sagadsl("draw", "--run", "trip-17", "--format", "mermaid")

    assert result.code == 0
    assert "completed" in result.out


def test_it_is_the_same_picture_as_of_its_events(sagadsl, kept, trip, tmp_path):
    (tmp_path / "events.json").write_text(sagadsl("events", "trip-17", "--format", "json").out, encoding="utf-8")

    of_events = sagadsl("draw", trip, "--events", tmp_path / "events.json").out
    of_run = sagadsl("draw", "--run", "trip-17").out

    assert of_run.replace("run trip-17:", "run:") == of_events.replace("run trip-17:", "run:")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--view", "flow"], "there is nothing to draw"),
        (["--archive", "x"], "which saga of it?"),
        (["--run", "nobody"], "there is no such saga"),
        (["--run", "trip-17", "--watch"], "leave --events and --watch out"),
        (["--run", "trip-17", "-o", "folder"], "a run is drawn as one picture"),
        (["--run", "trip-17", "--view", "flow", "--view", "machine"], "a run is drawn as one picture"),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_said(sagadsl, kept, options, message):
    result = sagadsl("draw", *options)

    assert result.code == 2
    assert message in result.err


def test_a_definition_beside_a_run_is_refused(sagadsl, kept, trip):
    result = sagadsl("draw", trip, "--run", "trip-17")

    assert result.code == 2
    assert "the definition that it was started with" in result.err
