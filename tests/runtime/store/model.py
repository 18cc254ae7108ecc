"""The contract in its plainest form: lists that are read from end to end, and nothing kept that could be looked up.

It is what the random stories of `test_contract_model.py` hold every store against. It shares nothing with any of
them, so it may be slow, but must be easy to see to be right.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sagadsl.runtime.store.contract import LOCKED, IdTaken, KeyTaken, OutOfTurn

FINAL = ("completed", "compensated")
OPEN = "open"
TAKEN = "taken"


@dataclass
class Post:
    """A letter; `state` is OPEN, TAKEN, or why it was refused; `id` is the store's, once that is known."""

    saga: str
    body: object
    id: int | None = None
    state: str = OPEN


@dataclass
class Request:
    """That a saga asked for locks, and whether it has them."""

    saga: str
    names: frozenset
    holds: bool = False


@dataclass
class Model:
    beats: dict = field(default_factory=dict)
    rows: dict = field(default_factory=dict)
    logs: dict = field(default_factory=dict)
    post: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def bury(self, engine):
        del self.beats[engine]
        for row in self.owned(engine):
            self.rows[row.id] = replace(row, owner=None, wake_at=0.0)

    def owned(self, engine):
        return [row for row in self.rows.values() if row.owner == engine]

    def open_letters(self, engine):
        return [each for each in self.post if each.state == OPEN and self.rows[each.saga].owner == engine]

    # the log

    def commit(self, writes, engine):
        refused = set()
        return [self.write(each, refused, engine) for each in writes]

    def write(self, write, refused, engine):
        log = self.logs.get(write.saga_id, [])
        refusal = self.refusal(write, log, refused, engine)
        if refusal == OutOfTurn():
            refused.add(write.saga_id)
        elif refusal is None and write.event not in log:
            self.note(write)
        return refusal

    def refusal(self, write, log, refused, engine):
        event, row = write.event, write.row
        if write.saga_id in refused:
            return OutOfTurn()
        if event.seq == 1 and log and self.rows[write.saga_id].owner not in {None, engine}:
            return IdTaken(self.rows[write.saga_id])
        if event in log:
            return None
        if event.seq == 1 and log:
            return IdTaken(self.rows[write.saga_id])
        if event.seq != len(log) + 1:
            return OutOfTurn()
        if event.seq == 1 and row.key is not None:
            for other in self.rows.values():
                if (other.name, other.key) == (row.name, row.key) and other.status not in FINAL:
                    return KeyTaken(other.id)
        return None

    def note(self, write):
        self.logs.setdefault(write.saga_id, []).append(write.event)
        if write.row is not None:
            self.rows[write.saga_id] = write.row
        self.deal_with(write.answers, TAKEN)
        self.wake(write.saga_id)
        if write.frees_locks:
            self.free(write.saga_id)
        for mail in write.mail:
            self.send(mail.to, mail.body)

    def send(self, saga, body):
        if saga in self.rows:
            self.post.append(Post(saga, body))
            self.wake(saga)

    def deal_with(self, letter_id, state):
        for each in self.post:
            if each.id is not None and each.id == letter_id and each.state == OPEN:
                each.state = state

    def wake(self, saga):
        """A saga that nobody owns and that has mail is to be taken up at once."""
        row = self.rows[saga]
        if row.owner is None and any(each.saga == saga and each.state == OPEN for each in self.post):
            self.rows[saga] = replace(row, wake_at=0.0)

    # who runs what

    def due(self, now, without):
        waiting = [row for row in self.rows.values() if row.owner is None and row.wake_at is not None]
        return [row for row in waiting if row.wake_at <= now and row.hash not in without]

    def take(self, engine, saga):
        self.rows[saga] = replace(self.rows[saga], owner=engine, wake_at=None)

    def release(self, engine, saga, wake_at):
        if saga in self.rows and self.rows[saga].owner == engine:
            self.rows[saga] = replace(self.rows[saga], owner=None, wake_at=wake_at)
            self.wake(saga)

    # locks

    def lock(self, engine, saga, names):
        if self.rows[saga].owner != engine or self.rows[saga].status in FINAL:
            return False
        if not any(request.saga == saga for request in self.requests):
            self.requests.append(Request(saga, frozenset(names)))
            self.grant()
        return next(request.holds for request in self.requests if request.saga == saga)

    def free(self, saga):
        self.requests = [request for request in self.requests if request.saga != saga]
        for next_one in self.grant():
            self.send(next_one, LOCKED)

    def grant(self):
        """Give locks to everybody who can have them now; return who that is, in the order in which they came."""
        now = []
        for place, request in enumerate(self.requests):
            held = [name for other in self.requests if other.holds for name in other.names]
            wanted_before = [name for other in self.requests[:place] for name in other.names]
            if not request.holds and not request.names.intersection([*held, *wanted_before]):
                request.holds = True
                now.append(request.saga)
        return now

    def locks(self):
        return {name: request.saga for request in self.requests if request.holds for name in request.names}

    # looking, and keeping house

    def find_key(self, name, key):
        rows = [row for row in self.rows.values() if (row.name, row.key) == (name, key)]
        rows.sort(key=lambda row: (row.status not in FINAL, row.created_at, row.id))
        return rows[-1] if rows else None

    def youngest_first(self):
        return sorted(self.rows.values(), key=lambda row: (row.created_at, row.id), reverse=True)

    def stale(self, before):
        quiet = [row for row in self.rows.values() if row.status not in FINAL]
        return [row for row in quiet if self.logs[row.id][-1].at < before]

    def by_status(self):
        statuses = [row.status for row in self.rows.values()]
        return {status: statuses.count(status) for status in statuses}

    def delete(self, saga):
        del self.rows[saga], self.logs[saga]
        for each in self.post:
            if each.saga == saga:
                each.state, each.saga = TAKEN, None
        self.free(saga)

    def ended(self, before):
        return [row for row in self.rows.values() if row.status in FINAL and row.ended_at < before]
