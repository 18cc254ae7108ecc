"""Random stories about locks, told to a store and to the plain model of the contract."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from sagadsl.runtime.store.contract import LOCKED, EngineRow, Write
from tests.runtime.store.stories import SideBySide, tell
from tests.runtime.store.writing import ME, NOW, a_row, started, step

SAGAS = ("a", "b", "c", "d", "e")
sagas = st.sampled_from(SAGAS)
names = st.sets(st.sampled_from("xyz"), min_size=1)


class LockStories(SideBySide):
    """Sagas of one engine that want locks, give them back or up, and are let go of and taken up meanwhile."""

    @initialize()
    def begin(self):
        self.do(self.store.join(EngineRow(ME, "host", "process", NOW)))
        self.model.beats[ME] = 0
        self.commit(*(Write(saga, started(), a_row(saga)) for saga in SAGAS))

    def commit(self, *writes):
        assert self.do(self.store.commit(ME, writes)) == self.model.commit(writes, ME) == [None] * len(writes)

    def next_step(self, saga, **what):
        return Write(saga, step(len(self.model.logs[saga]) + 1), **what)

    @rule(saga=sagas, wanted=names)
    def ask(self, saga, wanted):
        """Ask for locks; one that has asked asks for the same again."""
        known = next((request.names for request in self.model.requests if request.saga == saga), wanted)
        holds = self.do(self.store.lock(ME, saga, known))
        assert holds == self.model.lock(ME, saga, known)

    @rule(saga=sagas)
    def give_back(self, saga):
        self.commit(self.next_step(saga, frees_locks=True))

    @rule(saga=sagas)
    def come_to_rest_and_give_back(self, saga):
        row = replace(self.model.rows[saga], status="failed", owner=None, wake_at=None)
        self.commit(self.next_step(saga, row=row, frees_locks=True))

    @rule(saga=sagas)
    def let_go(self, saga):
        self.do(self.store.release(ME, {saga: None}))
        self.model.release(ME, saga, None)

    @rule(saga=sagas)
    def take_up(self, saga):
        row = self.do(self.store.claim_one(ME, saga))
        if self.model.rows[saga].owner is None:
            self.model.take(ME, saga)
        assert row == self.model.rows[saga]

    @rule()
    def read_mail(self):
        for letter in self.do(self.store.letters(ME)):
            told = next(each for each in self.model.open_letters(ME) if each.saga == letter.saga_id)
            told.id = letter.id
            self.commit(self.next_step(letter.saga_id, answers=letter.id))

    @invariant()
    def everything_is_the_same(self):
        assert self.do(self.store.locks()) == self.model.locks()
        letters = self.do(self.store.letters(ME))
        assert all(letter.body == LOCKED for letter in letters)
        assert [letter.saga_id for letter in letters] == [each.saga for each in self.model.open_letters(ME)]
        for saga, row in self.model.rows.items():
            assert self.do(self.store.row(saga)) == row


def test_a_store_gives_locks_as_the_model_does(kind, databases):
    tell(LockStories, kind, databases, {"memory": 150, "sqlite": 25, "postgres": 15})
