"""`sagadsl db upgrade`, and what is said when a store cannot be used."""

import json
import sqlite3

import pytest

ROME = {"city": "Rome"}
LOOKING = [["ls"], ["stats"], ["show", "saga-1"], ["events", "saga-1"]]


def test_a_store_is_made_and_is_then_up_to_date(sagadsl, tmp_path):
    url = f"sqlite:///{tmp_path}/new.db"

    made = sagadsl("db", "upgrade", "--store", url)
    again = sagadsl("db", "upgrade", "--store", url)

    assert (made.code, made.err, again.code, again.err) == (0, "", 0, "")
    assert made.out.strip()
    assert json.loads(sagadsl("stats", "--store", url, "--format", "json").out)["total"] == 0


def test_sagas_survive_an_upgrade(sagadsl, keep, trip):
    keep(trip, "saga-1", ROME)

    assert sagadsl("db", "upgrade").code == 0
    assert "saga-1" in sagadsl("ls").out


@pytest.mark.parametrize("command", LOOKING, ids=lambda command: command[0])
def test_looking_makes_no_store(sagadsl, tmp_path, command):
    result = sagadsl(*command, "--store", f"sqlite:///{tmp_path}/none.db")

    assert (result.code, result.out) == (2, "")
    assert "none.db: there is no such store" in result.err
    assert "`sagadsl run` makes it" in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [*LOOKING, ["db", "upgrade"]], ids=lambda command: command[0])
def test_a_store_in_memory_is_for_run_alone(sagadsl, command):
    result = sagadsl(*command, "--store", "memory:")

    assert (result.code, result.out) == (2, "")
    assert "ends with its process" in result.err


@pytest.mark.parametrize("command", [*LOOKING, ["db", "upgrade"]], ids=lambda command: command[0])
@pytest.mark.parametrize("url", ["mysql://localhost/sagas", "sagas.db", "sqlite://", "://"])
def test_a_url_that_means_no_store_is_told(sagadsl, command, url):
    result = sagadsl(*command, "--store", url)

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")


@pytest.mark.parametrize("command", [*LOOKING, ["db", "upgrade"]], ids=lambda command: command[0])
def test_a_file_that_is_no_database_is_told(sagadsl, write, command):
    file = write("text.db", "This is no database, and it never was one. " * 100)

    result = sagadsl(*command, "--store", f"sqlite:///{file}")

    assert (result.code, result.out) == (69, "")
    assert "text.db" in result.err


def test_a_server_that_is_not_there_is_told_without_its_password(sagadsl):
    result = sagadsl("ls", "--store", "postgresql://ada:secret@127.0.0.1:1/sagas")

    assert (result.code, result.out) == (69, "")
    assert "127.0.0.1" in result.err
    assert "secret" not in result.err


def test_a_store_of_a_newer_sagadsl_is_left_alone(sagadsl, keep, trip, store):
    keep(trip, "saga-1", ROME)
    path = store.removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        (table,) = (
            name
            for (name,) in database.execute(
                "select name from sqlite_master where name like '%version%' and type = 'table'"
            )
        )
        database.execute(f"update {table} set version_num = 'from-the-future'")
    database.close()

    result = sagadsl("ls")

    assert (result.code, result.out) == (69, "")
    assert "newer" in result.err


def test_the_environment_names_the_store_and_the_option_comes_first(sagadsl, keep, trip, tmp_path, monkeypatch):
    keep(trip, "saga-1", ROME)
    other = f"sqlite:///{tmp_path}/other.db"
    sagadsl("db", "upgrade", "--store", other)

    assert "saga-1" in sagadsl("ls").out
    assert "no sagas" in sagadsl("ls", "--store", other).err
    monkeypatch.setenv("SAGADSL_STORE", other)
    assert "no sagas" in sagadsl("ls").err


def test_without_either_the_store_is_a_file_in_the_present_folder(sagadsl, tmp_path, monkeypatch):
    monkeypatch.delenv("SAGADSL_STORE")
    monkeypatch.chdir(tmp_path)

    assert sagadsl("db", "upgrade").code == 0
    assert (tmp_path / "saga.db").is_file()
    assert "no sagas" in sagadsl("ls").err


@pytest.mark.parametrize("command", ["show", "events", "resume"])
def test_a_definition_that_this_version_cannot_read_is_told(sagadsl, keep, trip, trip_services, store, command):
    keep(trip, "saga-1", ROME, first=2)
    with sqlite3.connect(store.removeprefix("sqlite:///")) as database:
        database.execute("update sagadsl_definitions set text = 'name: trip\nin_the_future: [1]'")
    database.close()

    result = sagadsl(command, "saga-1", *(["--services", trip_services] if command == "resume" else []))

    assert (result.code, result.out) == (69, "")
    assert "this sagadsl cannot read its definition, trip 1" in result.err
    assert len(sagadsl("events", "saga-1", "--format", "json").out.splitlines()) == 2
    assert "saga-1" in sagadsl("ls").out
