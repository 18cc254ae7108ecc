"""Looking: pages from the youngest on, filters, what has gone quiet, and counts."""

from dataclasses import replace

import pytest

from sagadsl.runtime.store.contract import Filter, Stats, Write
from tests.runtime.store.writing import ME, NOW, a_row, committed, end, first, ids, join, more, started, step


async def listed(store, which=None, limit=100):
    """The ids of all that are listed, read page by page."""
    found, after = [], None
    while True:
        page = await store.list(which or Filter(), after=after, limit=limit)
        assert len(page.sagas) <= limit
        found += ids(page.sagas)
        if page.after is None:
            return found
        assert len(page.sagas) == limit
        after = page.after


async def test_sagas_are_listed_the_youngest_first_with_all_that_their_rows_say(store):
    await join(store)
    ages = {"b": 5.0, "a": 1.5, "d": 9.25, "c": 0.0}
    rows = [a_row(saga, created_at=NOW + age, key=saga) for saga, age in ages.items()]
    await committed(store, *(Write(row.id, started(), row) for row in rows))

    page = await store.list()

    assert [*page.sagas] == sorted(rows, key=lambda row: -row.created_at)
    assert page.after is None


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 6, 11, 12, 13])
async def test_page_by_page_every_saga_comes_once_even_if_many_are_of_one_age(store, limit):
    await join(store)
    await committed(store, *(first(f"s{n:02}", created_at=NOW + n // 5) for n in range(12)))

    assert await listed(store, limit=limit) == [f"s{n:02}" for n in reversed(range(12))]


async def test_ages_that_differ_by_less_than_a_microsecond_are_told_apart(store):
    await join(store)
    ages = [NOW + n * 2.0**-21 for n in range(6)]
    await committed(store, *(first(f"s{n}", created_at=age) for n, age in enumerate(ages)))

    assert await listed(store, limit=1) == ["s5", "s4", "s3", "s2", "s1", "s0"]
    assert await listed(store, Filter(created_after=ages[2], created_before=ages[4])) == ["s3", "s2"]


async def test_pages_go_on_where_they_were_while_sagas_come_and_go(store):
    await join(store)
    await committed(store, *(first(f"s{n}", created_at=NOW + n) for n in range(6)))
    page = await store.list(limit=2)

    await committed(
        store, first("young", created_at=NOW + 99), end("s4", 2, created_at=NOW + 4), end("s3", 2, created_at=NOW + 3)
    )
    await store.delete("s4")
    await store.delete("s3")

    assert ids((await store.list(after=page.after)).sagas) == ["s2", "s1", "s0"]


@pytest.mark.parametrize("text", ["", "!", "nonsense", "bm9uc2Vuc2U=", "W10=", "é", "x" * 5000, "\x00"])
async def test_what_is_no_cursor_is_refused(store, text):
    with pytest.raises(ValueError):  # noqa: PT011 - the text is each store's own
        await store.list(after=text)


WHICH = {
    "name": (Filter(name="order"), {"plain", "done", "undone", "child", "old"}),
    "version": (Filter(version="2"), {"old"}),
    "one status": (Filter(statuses=["completed"]), {"done"}),
    "statuses": (Filter(statuses={"completed", "compensated"}), {"done", "undone"}),
    "key": (Filter(key="k"), {"done", "invoice"}),
    "parent": (Filter(parent="plain"), {"child"}),
    "error": (Filter(error_code="Busy"), {"undone"}),
    "from": (Filter(created_after=NOW), {"plain", "done", "undone", "child", "invoice"}),
    "until": (Filter(created_before=NOW), {"old"}),
    "nothing": (Filter(name="order", key="k", statuses=["running"]), set()),
    "all": (Filter(name="invoice", key="k", version="1", statuses=["running"]), {"invoice"}),
    "everything": (Filter(), {"plain", "done", "undone", "child", "old", "invoice"}),
}


async def varied(store):
    await join(store)
    await committed(
        store,
        first("plain"),
        first("done", key="k"),
        end("done", 2, key="k", ended_at=NOW + 4),
        first("undone"),
        end("undone", 2, "compensated", error_code="Busy"),
        first("child", parent="plain"),
        first("old", version="2", created_at=NOW - 1),
        first("invoice", name="invoice", key="k"),
    )


@pytest.mark.parametrize("name", WHICH)
async def test_only_those_that_were_asked_for_are_listed_and_counted(store, name):
    which, expected = WHICH[name]
    await varied(store)

    assert set(await listed(store, which)) == set(await listed(store, which, limit=1)) == expected
    assert sum((await store.stats(which)).by_status.values()) == len(expected)


async def test_the_unfinished_saga_is_found_by_its_key_or_else_the_youngest(store):
    await join(store)
    assert await store.find_key("order", "k") is None

    for n in range(3):
        await committed(store, first(f"s{n}", key="k", created_at=NOW + 1 + n % 2))
        assert (await store.find_key("order", "k")).id == f"s{n}"
        await committed(store, end(f"s{n}", 2, key="k", created_at=NOW + 1 + n % 2))
    assert (await store.find_key("order", "k")).id == "s1"

    await committed(store, first("old", key="k", created_at=NOW))
    assert await store.find_key("order", "k") == a_row("old", key="k")
    assert await store.find_key("invoice", "k") is None
    assert await store.find_key("order", "K") is None


async def test_unfinished_sagas_to_which_nothing_happened_are_stale_the_longest_quiet_first(store):
    await join(store)
    await committed(
        store,
        first("quiet", started(at=NOW - 50)),
        first("long_ago", started(at=NOW - 90)),
        first("busy", started(at=NOW - 80)),
        more("busy", 2, at=NOW),
        first("failed", started(at=NOW - 80)),
        Write("failed", step(2, at=NOW - 70), a_row("failed", status="failed", owner=None)),
        first("done", started(at=NOW - 80)),
        Write("done", step(2, at=NOW - 80), a_row("done", status="completed", owner=None, ended_at=NOW)),
        first("undone", started(at=NOW - 80)),
        Write("undone", step(2, at=NOW - 80), a_row("undone", status="compensated", owner=None, ended_at=NOW)),
    )

    assert ids(await store.stale(NOW - 10)) == ["long_ago", "failed", "quiet"]
    assert ids(await store.stale(NOW - 10, 1)) == ["long_ago"]
    assert ids(await store.stale(NOW - 60)) == ["long_ago", "failed"]
    assert ids(await store.stale(NOW - 100)) == []
    assert (await store.stale(NOW - 80))[0] == a_row("long_ago")


async def test_of_the_quiet_ones_those_that_should_go_on_are_told_from_those_that_wait(store):
    await join(store)
    quiet = ("run", "late", "early", "told", "locked")
    await committed(store, *(first(id_, started(at=NOW - 90)) for id_ in quiet))
    await committed(
        store,
        Write("locked", step(2, at=NOW - 60), a_row("locked", status="created", owner=None)),
        first("failed", started(at=NOW - 80)),
        Write("failed", step(2, at=NOW - 70), a_row("failed", status="failed", owner=None)),
    )
    await store.release(ME, {"late": NOW - 1, "early": NOW + 1, "told": None})

    assert ids(await store.stale(NOW - 10, due=NOW)) == ["late", "run", "locked"]
    assert ids(await store.stale(NOW - 10, 1, due=NOW)) == ["late"]
    assert "early" in ids(await store.stale(NOW - 10, due=NOW + 1))


async def test_an_event_without_a_row_counts_as_something_that_happened(store):
    await join(store)
    await committed(store, first("a", started(at=NOW - 90)))
    assert ids(await store.stale(NOW - 10)) == ["a"]

    await committed(store, more("a", 2, at=NOW - 5))

    assert ids(await store.stale(NOW - 10)) == []


async def test_it_is_told_when_something_happened_last_to_sagas(store):
    await join(store)
    await committed(store, first("a", started(at=NOW - 90)), more("a", 2, at=NOW - 5), first("č", started(at=NOW - 7)))

    assert await store.last_events(["č", "nobody", "a"]) == {"a": NOW - 5, "č": NOW - 7}
    assert await store.last_events([]) == {}


async def test_sagas_are_counted_by_status_and_completed_ones_timed(store):
    await join(store)
    assert await store.stats() == Stats({}, None)
    seconds = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 1000.0]
    for n, took in enumerate(seconds):
        done = end(f"s{n}", 2, ended_at=NOW + took)
        await committed(store, first(f"s{n}"), done)
    await committed(store, first("a"), first("b"), first("c"), end("c", 2, "compensated", ended_at=NOW + 1e6))
    await committed(store, end("b", 2, "failed"))

    stats = await store.stats()

    assert stats.by_status == {"completed": 10, "running": 1, "compensated": 1, "failed": 1}
    durations = stats.durations
    assert durations.count == 10
    assert durations.mean == pytest.approx(sum(seconds) / 10)
    assert (durations.minimum, durations.maximum) == pytest.approx((0.5, 1000.0))
    assert 8.0 - 1e-6 <= durations.median <= 16.0 + 1e-6
    assert 128.0 - 1e-6 <= durations.p95 <= 1000.0 + 1e-6


async def test_of_one_every_duration_is_its_own(store):
    await join(store)
    await committed(store, first("a"), end("a", 2, ended_at=NOW + 3), first("b"))

    durations = (await store.stats()).durations

    assert durations.count == 1
    figures = (durations.mean, durations.minimum, durations.median, durations.p95, durations.maximum)
    assert figures == pytest.approx((3.0,) * 5)
    assert (await store.stats(Filter(statuses=["running"]))) == Stats({"running": 1}, None)


async def test_a_row_is_what_was_written_in_every_field(store):
    await join(store)
    whole = a_row(
        "whole",
        name="n",
        version="v",
        hash="h",
        status="failed",
        created_at=NOW + 0.125,
        updated_at=NOW + 0.25,
        ended_at=NOW + 1e-3,
        key="k",
        deadline=NOW + 1.5,
        error_code="c",
        error_message="m",
        error_state="s",
        parent="p",
        owner=None,
        wake_at=NOW + 2.5,
    )
    await committed(store, Write("whole", started(), whole))

    assert await store.row("whole") == whole
    assert (await store.list()).sagas == (whole,)
    assert replace(whole, owner=ME, wake_at=None) == await store.claim_one(ME, "whole")


def test_a_status_that_no_saga_has_is_refused_before_anything_is_looked_for():
    with pytest.raises(ValueError, match="no saga is ever 'complete'; there are created, running"):
        Filter(statuses=["complete"])
