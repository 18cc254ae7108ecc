"""`sagadsl db new-key` and `sagadsl db rotate`, and what a person is told about keys."""

import json

import pytest

from sagadsl.runtime.store.encryption import new_key

SECRET = "Rome with a secret"
INPUT = {"city": SECRET}


@pytest.fixture
def keys(monkeypatch):
    """Set the keys that commands have."""
    return lambda *keys: monkeypatch.setenv("SAGADSL_KEYS", ",".join(keys))


def on_disk(tmp_path):
    return b"".join(path.read_bytes() for path in tmp_path.glob("sagas.db*"))


def test_a_new_key_is_printed_and_is_another_one_each_time(sagadsl, keys, keep, trip):
    first, second = sagadsl("db", "new-key").out.strip(), sagadsl("db", "new-key").out.strip()

    keys(first)
    keep(trip, "saga-1", INPUT)

    assert first != second
    assert sagadsl("ls").code == 0


def test_a_store_is_encrypted_and_its_key_is_changed(sagadsl, keys, keep, trip, tmp_path):
    keep(trip, "saga-1", INPUT)
    plain = SECRET.encode() in on_disk(tmp_path)
    old, new = new_key(), new_key()

    keys(old)
    first = sagadsl("db", "rotate")
    keys(new, old)
    second = sagadsl("db", "rotate")
    keys(new)
    shown = json.loads(sagadsl("show", "saga-1", "--format", "json").out)

    assert plain
    assert (first.code, second.code) == (0, 0)
    assert "texts encrypted anew" in second.out
    assert SECRET.encode() not in on_disk(tmp_path)
    assert shown["input"] == INPUT


@pytest.mark.parametrize("command", [["ls"], ["show", "saga-1"], ["events", "saga-1"], ["stats"], ["db", "rotate"]])
@pytest.mark.parametrize("given", ["none", "another"])
def test_without_the_right_key_a_person_is_told_so(sagadsl, keys, keep, trip, command, given):
    keys(new_key())
    keep(trip, "saga-1", INPUT)

    keys(*([new_key()] if given == "another" else []))
    result = sagadsl(*command)

    assert result.out == ""
    assert "SAGADSL_KEYS" in result.err
    assert result.code == (2 if (given, command[0]) == ("none", "db") else 69)


def test_what_is_no_key_is_told_and_not_shown(sagadsl, keys, keep, trip):
    keep(trip, "saga-1", INPUT)
    keys("my password")

    result = sagadsl("ls")

    assert result.code in {2, 69}
    assert "SAGADSL_KEYS: key 1 is no key; `sagadsl db new-key` makes one" in result.err
    assert "my password" not in result.err
