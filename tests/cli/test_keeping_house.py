"""Removing, archiving, exporting and auditing sagas on the command line."""

import json
import time

import pytest

from sagadsl.machine.events import Failure, from_json

LONG_AGO = time.time() - 100 * 86_400


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "2030.jsonl.zst"


@pytest.fixture
def trips(keep, trip):
    """Two sagas that ended long ago, one that has just ended, and one that has failed to be undone, long ago."""
    events = {name: keep(trip, name, {"city": name}, started=LONG_AGO) for name in ("Rome-trip", "Oslo-trip")}
    keep(trip, "new-trip", {"city": "Bonn"})
    failing = [("book_flight", Failure("No", retryable=False)), ("~book_hotel", Failure("No", retryable=False))]
    keep(trip, "bad-trip", {"city": "Bern"}, failing, started=LONG_AGO)
    return events


def listed(sagadsl):
    return sorted(saga["saga_id"] for saga in json.loads(sagadsl("ls", "--format", "json").out)["sagas"])


def test_sagas_that_ended_long_ago_are_removed_and_no_others(sagadsl, trips):
    result = sagadsl("purge", "--older-than", "30d")

    assert (result.code, result.out) == (0, "removed: 2 sagas\n")
    assert listed(sagadsl) == ["bad-trip", "new-trip"]


def test_where_there_is_nothing_to_remove_that_is_said(sagadsl, trips, archive):
    assert sagadsl("purge", "--older-than", "300d", "--archive", archive).out == "no saga ended so long ago\n"
    assert not archive.exists()


def test_a_dry_run_says_how_many_there_are(sagadsl, trips, archive):
    result = sagadsl("purge", "--older-than", "30d", "--archive", archive, "--dry-run", "--format", "json")

    assert json.loads(result.out) == {
        "dry_run": True, "removed": 2, "kept": 0, "unreadable": 0, "archive": str(archive), "last_hash": None,
    }  # fmt: skip
    assert not archive.exists()
    assert len(listed(sagadsl)) == 4


def test_what_was_archived_is_told_as_if_it_were_in_the_store(sagadsl, trips, archive):
    before = sagadsl("events", "Rome-trip")
    result = sagadsl("purge", "--older-than", "30d", "--archive", archive)

    assert f"removed and archived in {archive}: 2 sagas" in result.out
    last_hash = result.err.removeprefix("the last hash is ").strip()
    assert sagadsl("audit", archive, "--hash", last_hash).code == 0
    assert sagadsl("events", "Rome-trip").code == 2
    assert sagadsl("events", "Rome-t", "--archive", archive) == before
    told = sagadsl("events", "Oslo-trip", "--archive", archive, "--format", "json").out
    assert [from_json(json.loads(line)) for line in told.splitlines()] == list(trips["Oslo-trip"])
    assert sagadsl("audit", archive).out.startswith(f"{archive}: sound; 2 sagas, 6 events")


def test_what_was_left_of_an_interrupted_purge_does_not_hinder_the_next_one(sagadsl, trips, keep, trip, archive):
    sagadsl("purge", "--older-than", "30d", "--archive", archive)
    archive.write_bytes(archive.read_bytes() + archive.read_bytes()[:50])
    keep(trip, "Kyiv-trip", {"city": "Kyiv"}, started=LONG_AGO)

    assert sagadsl("audit", archive).code == 1
    assert sagadsl("purge", "--older-than", "30d", "--archive", archive).code == 0
    assert sagadsl("audit", archive).code == 0
    assert sagadsl("events", "Kyiv-trip", "--archive", archive).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["purge", "--older-than", "never"], "a duration such as"),
        (["purge", "--older-than", "1d", "--archive", "a.zip"], "ends in .jsonl.zst"),
        (
            ["purge", "--older-than", "1d", "--archive", "no/such/folder/a.jsonl.zst"],
            "there is no folder no/such/folder",
        ),
        (["events", "Rome-trip", "--archive", "nowhere.zst"], "No such file"),
        (["events", "Rome-trip", "--archive", "nowhere.zst", "--follow"], "leave --follow out"),
        (["audit", "nowhere.jsonl"], "No such file"),
        (["audit", "a", "b", "--hash", "0"], "--hash is about one file"),
        (["export", "nobody-at-all"], "there is no such saga"),
    ],
)
def test_a_command_that_cannot_be_meant_so_says_why(sagadsl, trips, arguments, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    result = sagadsl(*arguments)

    assert result.code in {1, 2}
    assert message in result.out + result.err
    assert len(listed(sagadsl)) == 4


def test_a_saga_that_is_not_in_an_archive_is_missed(sagadsl, trips, archive):
    sagadsl("purge", "--older-than", "30d", "--archive", archive)

    assert "did you mean 'Rome-trip'?" in sagadsl("events", "Rom-trip", "--archive", archive).err
    assert "a mistake" not in sagadsl("events", "Rome-trip", "--archive", __file__).err


def test_a_story_is_exported_and_found_sound(sagadsl, trips, tmp_path):
    file = tmp_path / "story.jsonl"
    result = sagadsl("export", "bad-trip", "-o", file)
    last_hash = result.err.split()[-1]

    assert result.code == 0
    assert sagadsl("audit", file, "--hash", last_hash).out == (
        f"{file}: sound; 1 saga, 4 events, the last hash is {last_hash}\n"
    )
    assert sagadsl("export", "bad-trip").out == file.read_text(encoding="utf-8")
    other = sagadsl("audit", file, "--hash", "abc")
    assert (other.code, other.out.splitlines()[1]) == (1, f"  the last hash is {last_hash}, not the one that was given")
    assert [path.name for path in tmp_path.glob("*.unfinished")] == []


def test_a_story_is_written_into_what_is_there_and_does_not_take_its_place(sagadsl, trips, tmp_path):
    device, link, story = tmp_path / "device", tmp_path / "link.jsonl", tmp_path / "story.jsonl"
    device.symlink_to("/dev/null")
    link.symlink_to(story)

    for output in (device, link):
        assert sagadsl("export", "Rome-trip", "-o", output).code == 0
        assert output.is_symlink()
    assert device.is_char_device()
    assert sagadsl("audit", story).code == 0


@pytest.mark.parametrize(
    ("name", "message"), [("", "is a folder; name a file"), ("no/story.jsonl", "there is no folder")]
)
def test_a_story_that_can_be_written_nowhere_says_why(sagadsl, trips, tmp_path, name, message):
    result = sagadsl("export", "Rome-trip", "-o", tmp_path / name)

    assert result.code == 2
    assert message in result.err


def test_a_changed_story_is_found_even_if_its_hashes_were_made_anew(sagadsl, trips, tmp_path):
    file = tmp_path / "story.jsonl"
    last_hash = sagadsl("export", "Rome-trip", "-o", file).err.split()[-1]
    file.write_text(file.read_text(encoding="utf-8").replace("Rome", "Nice"), encoding="utf-8")

    result = sagadsl("audit", file)
    assert result.code == 1
    assert "NOT sound" in result.out
    assert "line 1: the hash does not fit: this line, or the one before it, was changed" in result.out

    sagadsl("export", "Oslo-trip", "-o", file)
    assert sagadsl("audit", file).code == 0
    result = sagadsl("audit", file, "--hash", last_hash, "--format", "json")
    assert result.code == 1
    assert "not the one that was given" in json.loads(result.out)[0]["findings"][0]["message"]


AROUND = "name: around\nstates:\n  go: {type: saga, saga: trip, next: done}\n  done: {type: succeed}\n"


def test_the_stories_of_the_sagas_that_a_saga_ran_are_told_with_it_and_missed(sagadsl, keep, trip, write, tmp_path):
    keep(write("around.yaml", AROUND), "around-1", {}, [("go", {"hotel": "x"})])
    keep(trip, "around-1/go", {"city": "Rome"}, parent="around-1")
    file = tmp_path / "story.jsonl"

    assert "2 sagas, 5 events" in sagadsl("export", "around-1", "-o", file).err
    assert sagadsl("audit", file).code == 0

    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:4]), encoding="utf-8")
    assert "the story of around-1/go, which belongs to this one, is missing" in sagadsl("audit", file).out


def test_what_is_sensitive_is_exported_only_if_it_is_asked_for(sagadsl, keep, write, tmp_path):
    secret = write("secret.yaml", SECRET)
    keep(secret, "secret-1", {"card": "4111-1111"})
    file = tmp_path / "story.jsonl"

    assert "masked: input.card" in sagadsl("export", "secret-1", "-o", file).err
    assert "4111-1111" not in file.read_text(encoding="utf-8")
    assert sagadsl("audit", file).code == 0
    sagadsl("export", "secret-1", "-o", file, "--unmasked")
    assert "4111-1111" in file.read_text(encoding="utf-8")
    assert sagadsl("audit", file).code == 0


def test_what_is_sensitive_in_a_saga_is_not_exported_with_the_sagas_that_it_ran_either(
    sagadsl, keep, trip, write, tmp_path
):
    private = AROUND.replace("name: around\n", "name: around\nsensitive: [input.home]\n")
    keep(write("around.yaml", private), "around-1", {"home": "Rome-Trastevere"}, [("go", {"hotel": "x"})])
    keep(trip, "around-1/go", {"city": "Rome-Trastevere"}, parent="around-1")
    file = tmp_path / "story.jsonl"

    assert "masked: input.home, what it was given" in sagadsl("export", "around-1", "-o", file).err
    assert "Trastevere" not in file.read_text(encoding="utf-8")
    assert sagadsl("audit", file).code == 0
    assert "masked" not in sagadsl("export", "around-1", "-o", file, "--unmasked").err
    assert file.read_text(encoding="utf-8").count("Trastevere") >= 2


SECRET = """\
name: secret
input: {type: object, required: [card], properties: {card: {type: string}}}
sensitive: [input.card]
steps: [{id: pay, service: bank, action: pay, kind: read_only, payload: {card: "${input.card}"}}]
"""
