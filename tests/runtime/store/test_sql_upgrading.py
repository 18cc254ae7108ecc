"""The tables: made once, whoever comes first; never touched by an older sagadsl."""

import contextlib
import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, make_url, text

from sagadsl.runtime.store.contract import StoreError
from sagadsl.runtime.store.opening import open_store, upgrade
from sagadsl.runtime.store.sql.tables import metadata
from sagadsl.runtime.store.sql.upgrading import configuration
from sagadsl.runtime.store.sql.version import HEAD, VERSION_TABLE
from tests.runtime.store.postgres import new_database


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request, tmp_path):
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/saga.db"
    else:
        with new_database(request.getfixturevalue("server")) as url:
            yield url


@contextlib.contextmanager
def connected(url):
    given = make_url(url)
    driver = "postgresql+psycopg" if given.get_backend_name() == "postgresql" else "sqlite"
    engine = create_engine(given.set(drivername=driver))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def test_the_head_that_the_store_looks_for_is_that_of_the_migrations():
    assert ScriptDirectory.from_config(configuration()).get_heads() == [HEAD]


def test_an_upgrade_says_what_it_has_done(empty):
    assert f"made the tables of version {HEAD}" in upgrade(empty)
    assert f"are up to date (version {HEAD})" in upgrade(empty)


def test_the_migrations_make_the_tables_that_the_store_works_with(empty):
    upgrade(empty)

    with connected(empty) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []
        made, wanted = inspect(connection), metadata.tables
        for name, table in wanted.items():
            assert {each["name"] for each in made.get_indexes(name)} == {each.name for each in table.indexes}, name


def test_the_conditions_of_the_indexes_are_those_that_the_queries_have(empty):
    upgrade(empty)
    partial = {index.name: index for table in metadata.tables.values() for index in table.indexes}

    with connected(empty) as connection:
        dialect = connection.dialect.name
        for table in metadata.tables:
            for made in inspect(connection).get_indexes(table):
                wanted = partial[made["name"]].dialect_options[dialect]["where"]
                condition = made.get("dialect_options", {}).get(f"{dialect}_where")
                assert (condition is None) == (wanted is None), made["name"]
                if dialect == "sqlite" and wanted is not None:
                    assert str(condition) == str(wanted)


async def test_engines_that_were_there_before_they_could_say_what_they_can_do_do_not_say(empty):
    with connected(empty) as connection:
        command.upgrade(configuration(connection), "0001")
        connection.execute(text("INSERT INTO sagadsl_engines VALUES (1, 'old', 'here', 'p', 0.0, 7)"))

    assert f"upgraded from version 0001 to {HEAD}" in upgrade(empty)
    store = open_store(empty)
    await store.open()

    (old,) = await store.engines()

    await store.close()
    assert (old.id, old.beat, old.actions) == ("old", 7, None)


async def test_a_store_that_a_newer_sagadsl_has_made_is_left_alone(empty):
    upgrade(empty)
    with connected(empty) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))

    with pytest.raises(StoreError, match="version 9999, and this sagadsl knows them only up to"):
        await open_store(empty).open()
    with pytest.raises(StoreError, match="upgrade sagadsl"):
        upgrade(empty)
    with connected(empty) as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one() == "9999"


def test_processes_that_open_a_new_database_at_once_make_its_tables_once(empty):
    script = (
        "import sys; from sagadsl.runtime.store.opening import upgrade; sys.stdin.read(); print(upgrade(sys.argv[1]))"
    )
    command = [sys.executable, "-c", script, empty]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(4)
    ]
    for process in processes:
        process.stdin.close()
        process.stdin = None  # every one goes on at once
    said = [process.communicate(timeout=60)[0] for process in processes]

    assert [process.returncode for process in processes] == [0] * 4, said
    assert sorted("made the tables" in each for each in said) == [False, False, False, True]


def test_migrations_of_the_application_in_the_same_database_do_not_matter(empty):
    with connected(empty) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))

    upgrade(empty)

    with connected(empty) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "theirs"
