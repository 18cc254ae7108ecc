"""Random stories of a store, told to it and to the plain model of the contract: both say the same all the way."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from sagadsl.runtime.store.contract import (
    LOCKED,
    Answer,
    EngineRow,
    IdTaken,
    LeaseLostError,
    Mail,
    UnknownSagaError,
    Write,
)
from tests.runtime.store.model import FINAL, OPEN, TAKEN
from tests.runtime.store.stories import SideBySide, tell
from tests.runtime.store.writing import NOW, a_row, ids, started, step

ENGINES = ("e1", "e2")
SAGAS = ("a", "b", "c", "d")
KEYS = {"a": "k", "b": None, "c": "k", "d": "other"}
STATUSES = ("running", "running", "failed", "completed", "compensated")
LOCKS = {"a": "x", "b": "xy", "c": "zx", "d": "yz"}

engines = st.sampled_from(ENGINES)
sagas = st.sampled_from(SAGAS)
instants = st.sampled_from([0.0, 1.0, 2.0, 3.0, 5.0, 8.0])
some_mail = st.lists(st.sampled_from([*SAGAS, "nobody"]), max_size=2)
places = st.sampled_from(["next"] * 9 + ["again", "again", "gap", "taken"])
changes = st.fixed_dictionaries(
    {
        "saga": sagas,
        "place": places,
        "status": st.sampled_from([None, None, *STATUSES]),
        "owned": st.booleans(),
        "wake_at": st.none() | instants,
        "mail": some_mail,
        "answers": st.none() | st.integers(0, 5),
        "frees": st.booleans(),
        "at": instants,
        "created_at": instants,
        "output": st.integers(0, 2),
    }
)


class Stories(SideBySide):
    """Everything that the contract speaks of."""

    def __init__(self):
        super().__init__()
        self.sent = 0

    @initialize(owners=st.lists(engines, min_size=3, max_size=3))
    def begin_in_the_middle(self, owners):
        """Let most things be possible from the first step on."""
        for engine in ENGINES:
            self.join(engine)
        for saga, owner in zip("abd", owners, strict=True):
            write = Write(saga, started(0.0), a_row(saga, key=KEYS[saga], created_at=0.0, owner=owner))
            assert self.both(
                owner,
                lambda e=owner, w=write: self.store.commit(e, [w]),
                lambda e=owner, w=write: self.model.commit([w], e),
            )

    # engines

    @rule(engine=engines)
    def join(self, engine):
        self.do(self.store.join(EngineRow(engine, "host", "process", NOW)))
        self.model.beats.setdefault(engine, 0)

    @rule(engine=engines)
    def beat(self, engine):
        beats = self.model.beats
        self.both(engine, lambda: self.store.beat(engine), lambda: beats.update({engine: beats[engine] + 1}))

    @rule(engine=engines, how=st.sampled_from(["leave", "bury", "bury in vain"]))
    def go(self, engine, how):
        there = engine in self.model.beats
        if how == "leave":
            self.do(self.store.leave(engine))
        else:
            beat = self.model.beats.get(engine, 0) - (how == "bury in vain")
            assert self.do(self.store.bury(engine, beat)) == (there and how == "bury")
        if there and how != "bury in vain":
            self.model.bury(engine)

    # the log

    @rule(engine=engines, batch=st.lists(changes, min_size=1, max_size=5))
    def commit(self, engine, batch):
        so_far = {saga: (len(log), self.model.rows[saga]) for saga, log in self.model.logs.items()}
        writes = [self.write(engine, change, so_far) for change in batch]
        freeing = [write for write in writes if write.frees_locks]
        for write in freeing[1:]:  # who is told of locks that are given back again in the same batch is left open
            write.frees_locks = False
        result = self.both(engine, lambda: self.store.commit(engine, writes), lambda: self.model.commit(writes, engine))
        if result is not None:
            refusals, expected = result
            assert [comparable(each) for each in refusals] == [comparable(each) for each in expected]

    @rule(engine=engines, batch=st.lists(changes, min_size=1, max_size=3))
    def commit_more(self, engine, batch):
        """Twice as much of what there is most of."""
        self.commit(engine, batch)

    def write(self, engine, change, so_far):
        """Make a write of a change; `so_far` is each log's length and each saga's row if this batch is accepted."""
        saga, log = change["saga"], self.model.logs.get(change["saga"], [])
        length, row = so_far.get(saga, (0, None))
        extras = (
            [Mail(to, self.new_body()) for to in change["mail"]],
            self.known_letter(change["answers"]),
            change["frees"],
        )
        if change["place"] == "again" and log:
            return Write(saga, log[change["output"] % len(log)], a_row(saga, status="failed"), *extras)
        seq = {"gap": length + 2, "taken": max(1, length)}.get(change["place"], length + 1)
        event = started(change["at"], change["output"]) if seq == 1 else step(seq, change["output"], change["at"])
        if seq == 1:
            created_at = change["created_at"] if row is None else row.created_at  # which nobody ever changes
            row = new_row = self.changed(a_row(saga, key=KEYS[saga], created_at=created_at), engine, change)
        elif row is None or change["status"] is None or row.status in FINAL:
            new_row = None
        else:
            row = new_row = self.changed(row, engine, change)
        if change["place"] != "gap":
            so_far[saga] = (max(length, seq), row)
        return Write(saga, event, new_row, *extras)

    def new_body(self):
        self.sent += 1
        return {"number": self.sent}

    def known_letter(self, place):
        known = [each.id for each in self.model.post if each.id is not None]
        return known[-1 - place] if place is not None and place < len(known) else None

    @staticmethod
    def changed(row, engine, change):
        status = change["status"] or "running"
        ended = change["at"] if status in FINAL else None
        owner, wake_at = (engine, None) if change["owned"] and status not in FINAL else (None, change["wake_at"])
        return replace(row, status=status, ended_at=ended, owner=owner, wake_at=wake_at, updated_at=change["at"])

    # who runs what

    @rule(engine=engines, now=instants, limit=st.integers(0, 3), without=st.sampled_from([(), (), ("hash-1",)]))
    def claim(self, engine, now, limit, without):
        result = self.both(
            engine,
            lambda: self.store.claim(engine, now=now, limit=limit, without=without),
            lambda: self.model.due(now, without),
        )
        if result is None:
            return
        claimed, due = result
        before = {row.id: row.wake_at for row in due}
        assert [before[row.id] for row in claimed] == sorted(before.values())[:limit]
        for row in claimed:  # which one of several that are due since the same instant is the store's own choice
            self.model.take(engine, row.id)
            assert row == self.model.rows[row.id]

    @rule(engine=engines, saga=sagas)
    def claim_one(self, engine, saga):
        if saga not in self.model.rows:
            with pytest.raises((UnknownSagaError, LeaseLostError)):
                self.do(self.store.claim_one(engine, saga))
            return
        result = self.both(engine, lambda: self.store.claim_one(engine, saga), lambda: None)
        if result is not None:
            if self.model.rows[saga].owner is None:
                self.model.take(engine, saga)
            assert result[0] == self.model.rows[saga]

    @rule(engine=engines, wake_at=st.dictionaries(sagas, st.none() | instants, max_size=3))
    def release(self, engine, wake_at):
        self.do(self.store.release(engine, wake_at))
        for saga, instant in wake_at.items():
            self.model.release(engine, saga, instant)

    # mail

    @rule(saga=sagas)
    def post(self, saga):
        mail = Mail(saga, self.new_body())
        if saga in self.model.rows:
            letter_id = self.do(self.store.post(mail))
            self.model.send(saga, mail.body)
            self.model.post[-1].id = letter_id
        else:
            with pytest.raises(UnknownSagaError):
                self.do(self.store.post(mail))

    @rule(place=st.integers(0, 5), why=st.sampled_from(["no", "never"]))
    def refuse(self, place, why):
        letter_id = self.known_letter(place)
        if letter_id is not None:
            self.do(self.store.refuse(letter_id, why))
            self.model.deal_with(letter_id, why)

    # locks

    @rule(engine=engines, saga=sagas)
    def lock(self, engine, saga):
        if saga in self.model.rows:
            names = [*LOCKS[saga]]
            result = self.both(
                engine, lambda: self.store.lock(engine, saga, names), lambda: self.model.lock(engine, saga, names)
            )
            assert result is None or result[0] == result[1]

    @rule(saga=sagas)
    def lock_for_its_owner(self, saga):
        row = self.model.rows.get(saga)
        if row is not None and row.owner is not None:
            self.lock(row.owner, saga)

    # keeping house

    @rule(saga=sagas, all_before=st.none() | instants, limit=st.integers(1, 2))
    def remove(self, saga, all_before, limit):
        if all_before is None:
            self.delete(saga)
        else:
            self.purge(all_before, limit)

    def delete(self, saga):
        row = self.model.rows.get(saga)
        if row is not None and row.status in FINAL:
            self.do(self.store.delete(saga))
            self.model.delete(saga)
        else:
            with pytest.raises(UnknownSagaError if row is None else ValueError):
                self.do(self.store.delete(saga))

    def purge(self, before, limit):
        ended = self.model.ended(before)
        assert self.do(self.store.purge(before, limit)) == min(limit, len(ended))
        left = {row.id for row in self.do(self.store.list()).sagas}
        gone = sorted(row.ended_at for row in ended if row.id not in left)
        assert gone == sorted(row.ended_at for row in ended)[:limit]
        for row in ended:
            if row.id not in left:
                self.model.delete(row.id)

    # what can be seen

    @invariant()
    def rows_and_logs_are_the_same(self):
        assert (*self.do(self.store.list()).sagas,) == (*self.model.youngest_first(),)
        assert self.do(self.store.histories(SAGAS)) == self.model.logs
        assert {each.id: each.beat for each in self.do(self.store.engines())} == self.model.beats
        for engine in ENGINES:
            owned = {row.id: row for row in self.do(self.store.owned(engine))}
            assert owned == {row.id: row for row in self.model.owned(engine)}

    @invariant()
    def locks_are_the_same(self):
        assert self.do(self.store.locks()) == self.model.locks()

    @invariant()
    def mail_is_the_same(self):
        for engine in ENGINES:
            letters = self.do(self.store.letters(engine))
            expected = self.model.open_letters(engine)
            for letter in letters:
                self.meet(letter, expected)
            assert {letter.id for letter in letters} == {each.id for each in expected}
            assert [letter.id for letter in letters] == sorted(letter.id for letter in letters)
        known = [each for each in self.model.post if each.id is not None]
        for each in known:
            answers = {OPEN: None, TAKEN: Answer()}
            assert self.do(self.store.answer(each.id)) == answers.get(each.state, Answer(each.state))
        told = [each.id for each in known if each.body != LOCKED]
        assert told == sorted(told), "letters do not have the order in which they were sent"

    @staticmethod
    def meet(letter, expected):
        """Learn the id of a letter that is seen for the first time."""
        if all(each.id != letter.id for each in expected):
            unmet = [each for each in expected if each.id is None]
            next(each for each in unmet if (each.saga, each.body) == (letter.saga_id, letter.body)).id = letter.id

    @invariant()
    def all_ways_of_looking_show_the_same(self):
        youngest_first = [row.id for row in self.model.youngest_first()]
        page = self.do(self.store.list(limit=2))
        assert ids(page.sagas) == youngest_first[:2]
        assert (page.after is None) == (len(youngest_first) <= 2)
        if page.after is not None:
            assert ids(self.do(self.store.list(after=page.after)).sagas) == youngest_first[2:]
        assert dict(self.do(self.store.stats()).by_status) == self.model.by_status()
        assert self.do(self.store.find_key("order", "k")) == self.model.find_key("order", "k")
        stale = self.do(self.store.stale(3.0))
        assert sorted(ids(stale)) == sorted(row.id for row in self.model.stale(3.0))
        quiet_since = [self.model.logs[row.id][-1].at for row in stale]
        assert quiet_since == sorted(quiet_since)


def comparable(refusal):
    """A refusal without the row, which another event of the same batch may have changed."""
    return (IdTaken, refusal.row.id) if isinstance(refusal, IdTaken) else refusal


def test_a_store_does_what_the_model_does(kind, databases):
    tell(Stories, kind, databases, {"memory": 150, "sqlite": 30, "postgres": 10})
