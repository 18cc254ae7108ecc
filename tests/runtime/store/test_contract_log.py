"""The log: append-only, in order, all of a batch or nothing, and nothing that was refused leaves a trace."""

import asyncio

import pytest

from sagadsl.machine.events import (
    EVENTS,
    CompensationFailed,
    CompensationRequested,
    CompensationSucceeded,
    Failure,
    LocksAcquired,
    RetryRequested,
    SagaTimedOut,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
    TimerFired,
)
from sagadsl.runtime.store.contract import IdTaken, KeyTaken, LeaseLostError, OutOfTurn, UnknownSagaError, Write
from tests.runtime.store.writing import (
    ME,
    NOW,
    YOU,
    a_row,
    committed,
    end,
    first,
    given,
    ids,
    join,
    mail_to,
    more,
    seen,
    started,
    step,
)

EACH_EVENT = (
    started(input={"amount": 1.5}),
    LocksAcquired(seq=2, at=NOW),
    StepSucceeded("a", 2, {"x": [1, None]}, 3, "2/0", reported=True, seq=3, at=NOW + 0.25),
    StepFailed("a", 2, Failure("Busy", "no", retryable=False, in_doubt=True), 3, "0", reported=True, seq=4, at=NOW),
    CompensationSucceeded("a", 2, 3, "0", seq=5, at=NOW),
    CompensationFailed("a", 2, Failure("Busy"), 3, "0", seq=6, at=NOW),
    TimerFired("a/retry/1", seq=7, at=NOW),
    SignalReceived("go", {"by": "me"}, seq=8, at=NOW),
    SagaTimedOut(seq=9, at=NOW),
    RetryRequested("me", "because", seq=10, at=NOW),
    CompensationRequested("me", "because", parent=True, seq=11, at=NOW),
    StepResolved("a", "by hand", "me", "because", "0", seq=12, at=NOW),
    StepSkipped("a", "me", "because", "0", seq=13, at=NOW),
)


async def test_what_was_written_is_there_event_by_event_as_it_was(store, another):
    await given(store, "s")

    await committed(store, *(Write("s", event) for event in EACH_EVENT[1:]))

    assert {type(event) for event in EACH_EVENT} == set(EVENTS.values())
    for reader in (store, another):
        events = await reader.events("s")
        assert events[1:] == [*EACH_EVENT[1:]]
        assert [type(event) for event in events] == [type(event) for event in EACH_EVENT]


async def test_a_first_event_comes_with_the_row_and_a_later_one_may_change_all_of_it(store):
    row = a_row("s", key="k", deadline=NOW + 60, parent="p", wake_at=None)
    await join(store)

    await committed(store, Write("s", started(), row))
    assert await store.row("s") == row

    await committed(store, more("s", 2))
    assert await store.row("s") == row

    failed = a_row(
        "s",
        key="k",
        status="failed",
        updated_at=NOW + 5,
        error_code="Busy",
        error_message="no",
        error_state="charge",
        parent="p",
        owner=None,
        wake_at=NOW + 90,
        ended_at=NOW + 6,
    )
    await committed(store, Write("s", step(3), failed))
    assert await store.row("s") == failed


async def test_events_are_read_from_any_place_and_in_parts(store):
    await given(store, "s", "other")
    await committed(store, *(more("s", seq) for seq in range(2, 8)))

    async def numbers(*which):
        return [event.seq for event in await store.events("s", *which)]

    assert await numbers() == [1, 2, 3, 4, 5, 6, 7]
    assert await numbers(4) == [5, 6, 7]
    assert await numbers(2, 3) == [3, 4, 5]
    assert await numbers(7) == await numbers(70) == await numbers(0, 0) == []


async def test_there_are_no_events_of_a_saga_that_is_not_there(store):
    with pytest.raises(UnknownSagaError):
        await store.events("nobody")
    with pytest.raises(UnknownSagaError):
        await store.row("nobody")


async def test_the_histories_of_several_sagas_are_read_at_once(store):
    await given(store, "a", "b", "c")
    await committed(store, more("a", 2, "x"), more("c", 2, "y"), more("a", 3, "z"))

    histories = await store.histories(["a", "c", "nobody"])

    assert {saga: [event.seq for event in events] for saga, events in histories.items()} == {
        "a": [1, 2, 3],
        "c": [1, 2],
    }
    assert await store.histories([]) == {}


async def test_many_histories_are_read_at_once(store):
    many = [f"s{number:04}" for number in range(1200)]
    await given(store, *many)

    histories = await store.histories(many)

    assert sorted(histories) == many
    assert all(events == [started()] for events in histories.values())


async def test_the_events_of_a_batch_may_belong_to_one_saga_and_to_many(store):
    await join(store)

    await committed(store, first("a"), more("a", 2, "x"), first("b"), more("a", 3, "y"), end("b", 2))

    assert [event.output for event in (await store.events("a"))[1:]] == ["x", "y"]
    assert (await store.row("b")).status == "completed"


async def test_the_last_row_of_a_batch_is_the_one_that_stays(store):
    await join(store)

    rows = [a_row("s", status=status, updated_at=NOW + n) for n, status in enumerate(["running", "failed", "running"])]
    await committed(store, *(Write("s", started() if not n else step(n + 1), row) for n, row in enumerate(rows)))

    assert await store.row("s") == rows[-1]


async def test_an_empty_batch_is_nothing(store):
    await join(store)

    assert await store.commit(ME, []) == []


@pytest.mark.parametrize("seq", [1, 2, 3, 5, 9], ids="event {}".format)
async def test_an_event_whose_number_is_taken_or_not_yet_due_is_refused(store, seq):
    await given(store, "s")
    await committed(store, more("s", 2), more("s", 3))
    before = await seen(store)

    refusals = await store.commit(ME, [Write("s", step(seq, "another"))])

    assert refusals == [IdTaken(await store.row("s")) if seq == 1 else OutOfTurn()]
    assert await seen(store) == before


async def test_a_saga_does_not_begin_with_its_second_event(store):
    await join(store)

    assert await store.commit(ME, [more("s", 2)]) == [OutOfTurn()]
    assert await store.commit(ME, [more("s", 2), more("s", 3)]) == [OutOfTurn(), OutOfTurn()]

    assert (await store.list()).sagas == ()


async def test_what_follows_an_event_that_is_out_of_turn_is_so_too_whoever_runs_the_saga(store):
    await given(store, "s")
    await join(store, YOU)

    assert await store.commit(YOU, [more("s", 9), first("s", owner=YOU)]) == [OutOfTurn(), OutOfTurn()]


async def test_the_second_saga_with_an_id_is_refused_and_told_of_the_first(store, another):
    await join(store, ME, YOU)
    await committed(store, first("s", version="7"))

    refusals = await another.commit(YOU, [first("s", started(input={"other": 1}), owner=YOU)])

    assert refusals == [IdTaken(a_row("s", version="7"))]
    assert await another.events("s") == [started()]


async def test_an_unfinished_saga_has_its_business_key_for_itself(store):
    await given(store, "a", key="k")

    assert await store.commit(ME, [first("b", key="k")]) == [KeyTaken("a")]
    assert await store.commit(ME, [first("b", started(input=1), key="k")]) == [KeyTaken("a")]
    with pytest.raises(UnknownSagaError):
        await store.row("b")

    await committed(store, first("c", key="another"), first("d", key="k", name="invoice"), first("e"), first("f"))


@pytest.mark.parametrize("status", ["failed", "compensation_failed", "compensating", "created"])
async def test_a_saga_that_waits_for_a_person_is_not_finished_and_keeps_its_key(store, status):
    await given(store, "a", key="k")
    await committed(store, end("a", 2, status, key="k"))

    assert await store.commit(ME, [first("b", key="k")]) == [KeyTaken("a")]


@pytest.mark.parametrize("status", ["completed", "compensated"])
async def test_a_key_is_free_when_its_saga_has_finished(store, status):
    await given(store, "a", key="k")
    await committed(store, end("a", 2, status, key="k"))

    await committed(store, first("b", key="k"))

    assert await store.commit(ME, [first("c", key="k")]) == [KeyTaken("b")]


async def test_of_two_with_one_key_in_a_batch_the_first_one_wins(store):
    await join(store)

    refusals = await store.commit(ME, [first("a", key="k"), first("b", key="k"), first("c", key="other")])

    assert refusals == [None, KeyTaken("a"), None]
    assert sorted(ids((await store.list()).sagas)) == ["a", "c"]


async def test_a_key_can_go_from_one_saga_to_the_next_within_a_batch(store):
    await given(store, "a", key="k")

    await committed(store, end("a", 2, key="k"), first("b", key="k"), end("b", 2, key="k"), first("c", key="k"))

    assert (await store.find_key("order", "k")).id == "c"


async def test_a_saga_with_its_own_id_taken_is_told_so_even_if_its_key_is_taken_too(store):
    await given(store, "a", key="k")

    assert await store.commit(ME, [first("a", started(input=1), key="k")]) == [IdTaken(a_row("a", key="k"))]


async def test_a_refused_event_leaves_nothing_of_what_came_with_it(store):
    await given(store, "a", "b", "c")
    await store.lock(ME, "a", ["x"])
    await store.lock(ME, "b", ["x"])
    letter = await store.post(mail_to("a", "open"))
    before = await seen(store)

    lost = Write(
        "a", step(5), a_row("a", status="failed", owner=None), [mail_to("c", "never")], letter, frees_locks=True
    )
    assert await store.commit(ME, [lost]) == [OutOfTurn()]

    assert await seen(store) == before
    assert await store.answer(letter) is None


async def test_a_refused_first_event_sends_no_mail_and_answers_no_letter(store):
    await given(store, "a", "b", key=None)
    await committed(store, first("keeper", key="k"))
    letter = await store.post(mail_to("b", "open"))
    before = await seen(store)

    refusals = await store.commit(
        ME,
        [
            first("new", key="k", mail=[mail_to("b", "never")], answers=letter),
            first("a", started(input=2), mail=[mail_to("b", "never")], answers=letter),
        ],
    )

    assert refusals == [KeyTaken("keeper"), IdTaken(a_row("a"))]
    assert await seen(store) == before


async def test_a_refused_event_holds_up_no_other_saga_but_its_own(store):
    await given(store, "a", "b")

    refusals = await store.commit(
        ME, [more("a", 2), more("b", 3), more("a", 3), more("b", 2), end("b", 3), first("c"), end("a", 4)]
    )

    assert [refusal is None for refusal in refusals] == [True, False, True, False, False, True, True]
    assert [event.seq for event in await store.events("b")] == [1]
    assert await store.row("b") == a_row("b")
    assert (await store.row("a")).status == "completed"
    assert (await store.row("c")).status == "running"


async def test_behind_a_saga_that_could_not_begin_nothing_of_it_is_written(store):
    await given(store, "a", key="k")

    refusals = await store.commit(ME, [first("b", key="k"), more("b", 2), more("b", 3), more("a", 2)])

    assert refusals == [KeyTaken("a"), OutOfTurn(), OutOfTurn(), None]
    assert ids((await store.list()).sagas) == ["a"]


async def test_who_starts_a_saga_a_second_time_does_not_hold_up_the_one_that_runs(store):
    await join(store)

    refusals = await store.commit(ME, [first("a"), first("a", started(input=1)), more("a", 2), end("a", 3)])

    assert [type(refusal) for refusal in refusals] == [type(None), IdTaken, type(None), type(None)]
    assert [event.seq for event in await store.events("a")] == [1, 2, 3]


async def test_writing_the_very_same_again_is_no_refusal(store, another):
    await join(store)
    batch = [first("a", started(input={"n": 1.0})), more("a", 2, [1, {"x": None}]), end("a", 3, "compensated")]
    await committed(store, *batch)

    await committed(another, *batch)
    await committed(store, batch[1])
    await committed(store, batch[0], *batch, more("a", 4))

    assert [event.seq for event in await store.events("a")] == [1, 2, 3, 4]


async def test_two_engines_do_not_begin_one_saga_though_they_do_so_at_the_same_instant(store):
    await join(store, ME, "other")
    assert await store.commit(ME, [first("a")]) == [None]

    (refusal,) = await store.commit("other", [first("a")])

    assert isinstance(refusal, IdTaken)
    assert refusal.row.owner == ME
    assert await store.commit(ME, [first("a")]) == [None]


async def test_what_comes_with_the_very_same_event_is_not_done_twice(store):
    await given(store, "a", "b")
    batch = [
        Write("a", step(2), a_row("a", status="failed", owner=ME), [mail_to("b")]),
        Write("a", step(3), a_row("a", status="running")),
    ]
    await committed(store, *batch)

    await committed(store, *batch)
    await committed(store, batch[0])

    assert (await store.row("a")).status == "running"
    assert [letter.body for letter in await store.letters(ME)] == ["hello"]


async def test_locks_that_were_taken_since_are_not_freed_by_the_very_same_event(store):
    await given(store, "a")
    await store.lock(ME, "a", ["x"])
    await committed(store, more("a", 2, frees_locks=True))
    await store.lock(ME, "a", ["x"])

    await committed(store, more("a", 2, frees_locks=True))

    assert await store.locks() == {"x": "a"}


@pytest.mark.parametrize("output", [True, 1.0, "1", [1], None], ids=repr)
async def test_an_event_that_only_looks_the_same_is_another_one(store, output):
    await given(store, "a")
    await committed(store, more("a", 2, 1))

    assert await store.commit(ME, [more("a", 2, output)]) == [OutOfTurn()]
    assert await store.commit(ME, [more("a", 2, 1, at=NOW + 1)]) == [OutOfTurn()]


async def test_an_event_is_the_same_in_whatever_order_its_keys_stand(store):
    await given(store, "a")
    await committed(store, more("a", 2, {"x": 1, "y": (2,)}))

    await committed(store, more("a", 2, {"y": [2], "x": 1}))


async def test_who_has_not_joined_writes_nothing(store):
    await given(store, "a")
    before = await seen(store)

    with pytest.raises(LeaseLostError):
        await store.commit("stranger", [first("b"), more("a", 2, mail=[mail_to("a")])])

    assert await seen(store) == before


async def test_what_was_written_stays_when_the_store_is_closed(store, connect):
    await given(store, "a", "b", key=None)
    await store.lock(ME, "a", ["x"])
    letter = await store.post(mail_to("b"))
    before = await seen(store)

    await store.close()
    reopened = await connect()

    assert await seen(reopened) == before
    assert await reopened.answer(letter) is None


async def test_several_may_write_at_the_same_time_and_each_event_has_one_winner(store, another):
    await join(store, ME, YOU)
    await committed(store, *(first(f"s{n}") for n in range(20)))

    mine, yours = await asyncio.gather(
        store.commit(ME, [more(f"s{n}", 2, "mine") for n in range(20)]),
        another.commit(YOU, [more(f"s{n}", 2, "yours") for n in reversed(range(20))]),
    )

    for n, (me, you) in enumerate(zip(mine, reversed(yours), strict=True)):
        assert {me, you} == {None, OutOfTurn()}
        _, event = await store.events(f"s{n}")
        assert event.output == ("mine" if me is None else "yours")
