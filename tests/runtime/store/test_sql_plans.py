"""What is asked often is found by an index, however many sagas there are; a scan would not show in small tests."""

import pytest
from sqlalchemy import event

from sagadsl.runtime.store.contract import Filter
from sagadsl.runtime.store.opening import open_store
from tests.runtime.store.writing import ME, NOW, Write, a_row, end, first, join, mail_to, more, started

QUESTIONS = {
    "a page": lambda store: store.list(),
    "a page of failed ones": lambda store: store.list(Filter(statuses=["failed"])),
    "a page of those at rest": lambda store: store.list(Filter(statuses=["failed", "compensation_failed"])),
    "a page of children": lambda store: store.list(Filter(parent="a")),
    "a key": lambda store: store.find_key("order", "k"),
    "a row": lambda store: store.row("a"),
    "events": lambda store: store.events("a"),
    "histories": lambda store: store.histories(["a", "b"]),
    "counts": lambda store: store.stats(),
    "stale ones": lambda store: store.stale(NOW + 1),
    "stale ones that should go on": lambda store: store.stale(NOW + 1, due=NOW),
    "letters": lambda store: store.letters(ME),
    "a commit": lambda store: store.commit(
        ME,
        [
            Write("c", started(), a_row("c", key="other"), [mail_to("a")]),
            more("a", 2, frees_locks=True),
            end("a", 3, key="k"),
        ],
    ),
    "a commit that collides": lambda store: store.commit(ME, [first("a"), first("d", key="k"), more("a", 9)]),
    "a claim": lambda store: store.claim(ME, now=NOW, limit=9),
    "a release": lambda store: store.release(ME, {"a": None, "b": 1.0}),
    "an engine's end": lambda store: store.leave(ME),
    "a purge": lambda store: store.purge(NOW + 1),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_sqlite_reads_no_table_from_end_to_end(question, tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/saga.db")
    await store.open()
    await join(store)
    await store.commit(ME, [first("a", key="k"), first("b"), end("b", 2)])
    plans = []

    def explain(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")) and not executemany:
            plan = connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append((statement, [row[3] for row in plan.fetchall()]))

    event.listen(store._threads._engine, "before_cursor_execute", explain)

    await QUESTIONS[question](store)

    await store.close()
    assert plans
    for statement, steps in plans:
        scanned = [step for step in steps if step.startswith("SCAN sagadsl_") and "USING" not in step]
        assert not scanned, f"{scanned} in {statement}"
    if question.startswith(("a page of", "stale", "counts")):
        used = {
            step.split("INDEX ")[1].split(" ")[0] for _, steps in plans for step in steps if "INDEX sagadsl" in step
        }
        assert used & {"sagadsl_sagas_unfinished", "sagadsl_sagas_children"}, used
        assert "sagadsl_sagas_by_age" not in used
