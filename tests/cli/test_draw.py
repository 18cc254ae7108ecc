"""`sagadsl draw`: which picture of which definition goes into which file."""

import json
import shutil
import sys

import pytest

from sagadsl.machine.events import to_json
from tests.machine.story import Story

with_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
BEGINNINGS = {
    ".dot": "digraph",
    ".svg": "<?xml",
    ".mmd": "---",
    ".puml": "@startuml",
    ".html": "<!doctype html>",
}


@pytest.fixture
def events(trip, write):
    """The events of a trip whose flight was not to be had: as `run` prints them, and the bare list."""
    story = Story(trip.read_text(encoding="utf-8"), {"city": "Rome"})
    story.succeeds(output={"ref": "R-1"}).fails("NoFlight", retryable=False).succeeds()
    return [to_json(event) for event in story.events]


@pytest.fixture
def run_file(write, events):
    return write("run.json", json.dumps({"saga_id": "trip-17", "status": "compensated", "events": events}))


def text_of(path):
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", BEGINNINGS)
def test_the_ending_says_what_is_written(sagadsl, trip, tmp_path, ending):
    target = tmp_path / f"picture{ending}"

    result = sagadsl("draw", trip, "-o", target)

    assert tuple(result) == (0, "", "")
    assert text_of(target).startswith(BEGINNINGS[ending])
    assert "book_hotel" in text_of(target)


@with_dot
@pytest.mark.parametrize(("ending", "beginning"), [(".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_png_and_pdf_come_from_graphviz(sagadsl, trip, tmp_path, ending, beginning):
    target = tmp_path / f"picture{ending}"
    assert sagadsl("draw", trip, "-o", target).code == 0
    assert target.read_bytes().startswith(beginning)


def test_format_goes_before_the_ending_and_is_for_what_is_printed(sagadsl, trip, tmp_path):
    target = tmp_path / "picture.txt"
    assert sagadsl("draw", trip, "-o", target, "--format", "mermaid").code == 0
    assert text_of(target) == sagadsl("draw", trip, "--format", "mermaid").out
    assert sagadsl("draw", trip).out.startswith("digraph")


def test_nothing_unfinished_is_left_beside_a_picture(sagadsl, trip, tmp_path):
    sagadsl("draw", trip, "-o", tmp_path / "out" / "x.svg")
    folder = tmp_path / "pictures"
    sagadsl("draw", trip, "-o", folder)
    assert [path.name for path in folder.iterdir()] == ["trip.svg"]


@pytest.mark.parametrize(
    ("view", "word"),
    [
        ("flow", "hotel.cancel"),
        ("machine", "its flow machines"),
        ("lifecycle", "compensation_failed"),
        ("failure=book_flight", "when book_flight fails"),
        ("sequence", "participant"),
    ],
)
def test_every_view_can_be_had(sagadsl, trip, view, word):
    format_ = "mermaid" if view == "sequence" else "dot"
    result = sagadsl("draw", trip, "--view", view, "--format", format_)
    assert (result.code, result.err) == (0, "")
    assert word in result.out


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ("sideways", "there is no such view\nhint: the views: flow, machine, lifecycle, failure, sequence"),
        ("flow=book_hotel", "only `failure` is of one state"),
    ],
)
def test_a_view_that_is_none_is_told(sagadsl, trip, view, message):
    result = sagadsl("draw", trip, "--view", view)
    assert result.code == 2
    assert result.err.startswith(f"error: --view {view}: ")
    assert message in result.err


def test_the_state_of_a_failure_may_be_a_word_of_its_own(sagadsl, trip, tmp_path):
    apart = sagadsl("draw", trip, "--view", "failure", "book_flight")
    both = sagadsl("draw", "--view", "failure", "book_hotel", "book_flight", trip, "-o", tmp_path / "out")

    assert apart.out == sagadsl("draw", trip, "--view", "failure=book_flight").out != ""
    assert both.code == 0
    assert len(list((tmp_path / "out").iterdir())) == 2


@pytest.mark.parametrize("view", ["failure", "failure=", "failure=nowhere"])
def test_a_failure_of_no_state_is_told_with_the_states_that_can_fail(sagadsl, trip, view):
    result = sagadsl("draw", trip, "--view", view)
    assert result.code == 1
    assert "book_hotel, book_flight" in result.err


def test_a_folder_takes_a_file_for_each_view_of_each_definition(sagadsl, trip, write, tmp_path):
    write("sagas/one.yaml", text_of(trip))
    write("sagas/deeper/two.yaml", text_of(trip))
    write("sagas/one.scenarios.yaml", "scenarios: []")
    out = tmp_path / "out"

    result = sagadsl("draw", tmp_path / "sagas", "-o", out, "--view", "flow", "--view", "failure", "--view", "sequence")

    assert result.code == 0
    each = ["{}.svg", "{}.failure-book_hotel.svg", "{}.failure-book_flight.svg", "{}.sequence.svg"]
    expected = {name.format(stem) for stem in ("one", "deeper/two") for name in each}
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.*")} == expected
    assert all(text_of(path).startswith("<?xml") for path in out.rglob("*.svg"))


def test_pictures_in_a_folder_are_the_same_every_time(sagadsl, trip, tmp_path):
    for folder in ("one", "two"):
        sagadsl("draw", trip, "-o", tmp_path / folder, "--format", "html")
    assert (tmp_path / "one/trip.html").read_bytes() == (tmp_path / "two/trip.html").read_bytes()


def test_what_cannot_be_drawn_does_not_keep_the_rest_from_it(sagadsl, trip, write, tmp_path):
    write("sagas/a.yaml", "name: a\nsteps: []")
    write("sagas/b.yaml", text_of(trip))

    result = sagadsl("draw", tmp_path / "sagas", "-o", tmp_path / "out")

    assert result.code == 1
    assert "a.yaml" in result.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.svg"]


def test_a_folder_that_cannot_be_made_is_told(sagadsl, trip, write):
    file = write("file", "")
    for target in (file / "pictures", file / "picture.svg"):
        result = sagadsl("draw", trip, "-o", target)
        assert result.code == 1
        assert result.err.startswith(f"error: {file}")
        assert "cannot be" in result.err


def test_a_link_stays_a_link_to_the_picture(sagadsl, trip, tmp_path):
    link = tmp_path / "link.svg"
    link.symlink_to(tmp_path / "real.svg")
    assert sagadsl("draw", trip, "-o", link).code == 0
    assert link.is_symlink()
    assert text_of(tmp_path / "real.svg").startswith("<?xml")


def test_a_picture_can_be_piped(trip):
    import subprocess

    command = [sys.executable, "-c", "from sagadsl.cli.main import main; main()", "draw", str(trip)]
    done = subprocess.run([*command, "-o", "/dev/stdout", "--format", "svg"], check=True, capture_output=True)
    assert done.stdout.startswith(b"<?xml")


def test_many_pictures_do_not_go_into_one_file(sagadsl, trip, tmp_path):
    (tmp_path / "other.yaml").write_text(text_of(trip), encoding="utf-8")
    for wish in ([trip.parent], [trip, tmp_path / "other.yaml"], [trip, "--view", "flow", "--view", "machine"]):
        result = sagadsl("draw", *wish, "-o", tmp_path / "x.svg")
        assert result.code == 2
        assert "more than one picture is wanted\nhint: name a folder" in result.err


def test_many_pictures_are_not_printed(sagadsl, trip):
    for wish in ([trip.parent], [trip, trip], [trip, "--view", "flow", "--view", "machine"]):
        result = sagadsl("draw", *wish)
        assert result.code == 2
        assert "say where to with -o FOLDER" in result.err


def test_a_page_has_no_other_view_and_says_so(sagadsl, trip, tmp_path):
    result = sagadsl("draw", trip, "-o", tmp_path / "x.html", "--view", "sequence")
    assert result.code == 1
    assert "Draw the view 'sequence' as SVG" in result.err


@pytest.mark.parametrize("ending", BEGINNINGS)
def test_a_run_is_shown_on_the_picture(sagadsl, trip, run_file, tmp_path, ending):
    target = tmp_path / f"run{ending}"

    result = sagadsl("draw", trip, "--events", run_file, "-o", target)

    assert tuple(result) == (0, "", "")
    drawn = text_of(target)
    assert "17" in drawn
    assert "undone" in drawn
    assert "NoFlight" in drawn


def test_a_bare_list_of_events_is_a_run_too_and_so_is_an_event_a_line(sagadsl, trip, events, write):
    listed = write("list.json", json.dumps(events))
    lines = write("lines.jsonl", "".join(f"{json.dumps(event)}\n" for event in events))
    drawn = [sagadsl("draw", trip, "--events", file, "--format", "svg") for file in (listed, lines)]
    assert drawn[0] == drawn[1]
    assert drawn[0].code == 0
    assert "NoFlight" in drawn[0].out


def test_a_run_of_one_event_is_one(sagadsl, trip, events, write):
    result = sagadsl("draw", trip, "--events", write("line.jsonl", json.dumps(events[0])), "--format", "svg")
    assert result.code == 0
    assert "1 event" in result.out


def test_a_run_that_is_not_over_is_shown_as_far_as_it_came(sagadsl, trip, events, write):
    result = sagadsl("draw", trip, "--events", write("list.json", json.dumps(events[:2])), "--format", "svg")
    assert result.code == 0
    assert "running" in result.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ("[]", "there are no events in it"),
        ('{"status": "completed"}', "there are no events in it"),
        ('"events"', "there are no events in it"),
        ("[1]", "event 1: it is no map"),
        ("1\n2\n", "event 1: it is no map"),
        ('{"type": "LocksAcquired"}\n{', "this is not JSON"),
        ('[{"type": "Party"}]', "event 1: not an event"),
        ('[{"type": "TimerFired"}]', "event 1: not a TimerFired event: it lacks 'timer_id'"),
        ('[{"type": "TimerFired", "timer_id": "x"}]', "do not fit trip"),
        ('[{"type": "SagaStarted", "input": {}, "name": "x", "version": "1", "hash": 3}]', "do not fit trip"),
    ],
)
def test_what_is_no_run_of_this_saga_is_told(sagadsl, trip, write, text, message):
    result = sagadsl("draw", trip, "--events", write("run.json", text))
    assert result.code == 1
    assert message in result.err
    assert "hint: " in result.err


def test_events_that_are_not_there_are_told(sagadsl, trip, tmp_path):
    result = sagadsl("draw", trip, "--events", tmp_path / "nothing.json")
    assert result.code == 2
    assert "nothing.json: there is no such file" in result.err


def test_events_that_are_no_text_are_told(sagadsl, trip, write):
    result = sagadsl("draw", trip, "--events", write("run.json", b"\xff\xfe\x00"))
    assert result.code == 1


def test_drawing_text_imports_nothing_that_only_others_need(trip):
    import subprocess

    script = (
        "import sys; from sagadsl.cli.main import main\n"
        f"sys.argv = ['sagadsl', 'draw', {str(trip)!r}]\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*(name for name in ('wasmtime', 'asyncio', 'jsonschema', 'pydantic') if name in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stderr.split() == []
