"""What must be true of a world when everything in it has come to rest, whatever has happened to it."""

from __future__ import annotations

from itertools import pairwise

from sagadsl.language.definition import SubSaga, Task
from sagadsl.machine.commands import Compensate, Invoke, StartChild
from sagadsl.machine.events import LocksAcquired, SignalReceived, StepResolved
from sagadsl.machine.lifecycles import AT_REST, SAGA
from sagadsl.runtime.outcome import report
from tests.properties.ledger import Ledger
from tests.properties.life import portrait
from tests.simulation.stores import at_once
from tests.simulation.world import BrokenLawError


class Life:
    """A saga's log, played again on a new machine.

    Attributes:
        issued: By key and attempt of a call, the number of the event that led to it.
        children: By state, region and number of a step, the id of the saga that it ran last.
    """

    def __init__(self, world, row, compiled):
        self.world, self.row = world, row
        self.events = at_once(world.store, "events", (row.id,), {})
        self.saga = compiled.new(row.id)
        self.ledger = Ledger(self.saga)
        self.issued = {}
        self.children = {}
        self.portraits, self.statuses = [], []
        for event in self.events:
            self.ledger.before(event)
            commands = self.saga.apply(event)
            self.ledger.after(event, commands)
            self.portraits.append(portrait(self.saga))
            self.statuses.append(self.saga.status)
            for command in commands:
                if isinstance(command, Invoke | Compensate):
                    self.issued.setdefault((command.key, command.attempt), event.seq)
                elif isinstance(command, StartChild):
                    self.children[command.state, command.region, command.execution] = command.child_id

    @property
    def by_hand(self):
        """The steps that a person has decided on."""
        return {(event.state, event.region) for event in self.events if isinstance(event, StepResolved)}

    @property
    def end(self):
        """The place among all events of the one with which it became final; late results may come after it."""
        if self.row.status not in SAGA.final:
            return float("inf")
        seq = next(
            seq for seq in range(len(self.events), 0, -1) if seq == 1 or self.statuses[seq - 2] not in SAGA.final
        )
        return self.world.commits[self.row.id, seq].order


def must(condition, what):
    if not condition:
        raise BrokenLawError(what)


def check(world, branch, people, sagas):
    """Raise `BrokenLawError` for the first law that is broken."""
    rows = people.rows()
    compiled = {each.hash: each for each in sagas}
    lives = {row.id: Life(world, row, compiled[row.hash]) for row in rows}
    must(not world.complaints, f"complaints: {world.complaints[:1]}")
    for life in lives.values():
        for law in (log_is_whole, row_is_right, engines_saw_the_same, actions_were_commanded, effects_fit):
            law(world, life, branch.ledger)
        children_share_its_fate(life, lives)
    wishes_came_true(people, lives)
    outcomes_are_what_the_log_says(people, lives)
    signals_came_once(world, lives)
    keys_and_locks_had_one_holder(world, [*lives.values()])
    everything_is_at_rest(world, rows, people.hopeless)


def log_is_whole(world, life, ledger):
    name = life.row.id
    must([event.seq for event in life.events] == [*range(1, len(life.events) + 1)], f"{name}: its log has gaps")
    at = [event.at for event in life.events]
    must(at == sorted(at), f"{name}: time goes back in its log")
    orders = [world.commits[name, event.seq].order for event in life.events]
    must(orders == sorted(orders), f"{name}: its events were not written in their order")


def row_is_right(world, life, ledger):
    row, saga = life.row, life.saga
    error = saga.error
    must(row.status == saga.status, f"{row.id}: its row says {row.status}, its log {saga.status}")
    must(row.key == saga.key, f"{row.id}: its row has the key {row.key}, its log {saga.key}")
    if row.status != "completed":
        codes = (row.error_code, row.error_state), (error and error.code, saga.error_state)
        must(codes[0] == codes[1], f"{row.id}: its row tells of {codes[0]}, its log of {codes[1]}")
    must(
        (row.ended_at is not None) == (row.status in SAGA.final), f"{row.id}: it is {row.status}, ended {row.ended_at}"
    )


def engines_saw_the_same(world, life, ledger):
    for event, replayed in zip(life.events, life.portraits, strict=True):
        told = world.told.get((life.row.id, event.seq), replayed)
        must(told == replayed, f"{life.row.id}: after {event} an engine had\n{told}\nbut the log says\n{replayed}")


def actions_were_commanded(world, life, ledger):
    """No action under a key, or in an attempt, that the log does not command; none before that was written.

    And none twice, unless another engine has taken the saga up in between.
    """
    made = set()
    for request in ledger.requests:
        if request.saga_id != life.row.id:
            continue
        seq = life.issued.get((request.key, request.attempt))
        must(seq is not None, f"{request} was never commanded")
        must(world.commits[life.row.id, seq].at <= request.at, f"{request} was made before event {seq} was written")
        once = (request.engine_id, request.key, request.attempt)
        must(once not in made, f"{request} was made twice by one engine")
        made.add(once)


def effects_fit(world, life, ledger):
    """What the saga believes to be done, or undone, has been; and undone, nothing of it is left."""
    for call in life.ledger.calls.values():
        key = key_of(life, call)
        if key is None or (call.state.name, call.region) in life.by_hand:
            continue
        if call.completed_at is not None and not getattr(call.state, "callback", False):
            must(key in ledger.done, f"{key} completed, but was not done")
        if call.undone:
            must(key in ledger.undone, f"{key} was compensated, but was not undone")
        leaves_nothing = call.state.compensation is not None and call.state.kind != "read_only"
        declined = call.state.fail_when and ledger.done.get(key, {}).get("declined")
        if life.row.status == "compensated" and leaves_nothing and not call.state.callback and not declined:
            must(key not in ledger.done or key in ledger.undone, f"{key} was done, and {life.row.id} is compensated")


def key_of(life, call):
    """The idempotency key of a step's action."""
    if not isinstance(call.state, Task):
        return None
    place = f"{life.row.id}/{call.state.name}" + (f"/{call.region}" if call.region else "")
    return f"{place}:{call.number}" if call.number > 1 else place


def children_share_its_fate(life, lives):
    for call in life.ledger.calls.values():
        if not isinstance(call.state, SubSaga) or (call.state.name, call.region) in life.by_hand:
            continue
        place = life.children.get((call.state.name, call.region, call.number))
        child = lives.get(place)
        if call.completed_at is not None and not call.undone:
            must(child and child.row.status == "completed", f"{place}: completed, but its saga is not")
        if call.undone and call.state.compensation is None and child is not None:
            must(child.row.status == "compensated", f"{place}: undone, but its saga is {child.row.status}")


def everything_is_at_rest(world, rows, hopeless):
    for row in rows:
        if row.status == "created" and hopeless:
            continue  # it waits for a lock that nobody can give back
        must(row.status in AT_REST, f"{row.id} is {row.status}")
        must(row.owner is None, f"{row.id} is at rest, and {row.owner} still has it")
        must(row.wake_at is None, f"{row.id} is at rest, and is to be taken up at {row.wake_at}")
    held = at_once(world.store, "locks", (), {})
    unfinished = {row.id for row in rows if row.status not in SAGA.final}
    must(set(held.values()) <= unfinished, f"locks are left over: {held}")


def wishes_came_true(people, lives):
    for wish in people.wishes:
        must(wish.got in lives, f"{wish.saga_id} was acknowledged, and is not there")
        if wish.got == wish.saga_id:
            must(lives[wish.got].events[0].input == wish.input, f"{wish.saga_id} has another input")


def outcomes_are_what_the_log_says(people, lives):
    for outcome in people.outcomes:
        life = lives[outcome.saga_id]
        events = life.events[: len(outcome.events)]
        replayed = report(life.saga.compiled.replay(outcome.saga_id, events), events)
        must(outcome.status in AT_REST, f"{outcome.saga_id}: who waited was told that it is {outcome.status}")
        must(outcome == replayed, f"{outcome.saga_id}: who waited was told\n{outcome}\nbut the log says\n{replayed}")


def signals_came_once(world, lives):
    came = [
        event.payload["letter"] for life in lives.values() for event in life.events if isinstance(event, SignalReceived)
    ]
    must(len(came) == len(set(came)), f"a signal came twice: {sorted(each for each in came if came.count(each) > 1)}")
    lost = sorted(set(world.acknowledged) - set(came))
    must(not lost, f"confirmed, and not in any log: {lost}")


def keys_and_locks_had_one_holder(world, lives):
    spans = {}
    for life in lives:
        if life.row.key is not None:
            begin = world.commits[life.row.id, 1].order
            spans.setdefault(("key", life.row.name, life.row.key), []).append((begin, life.end, life.row.id))
        acquired = next((event.seq for event in life.events if isinstance(event, LocksAcquired)), None)
        if acquired is not None:
            for name in life.saga.locks:
                place = world.commits[life.row.id, acquired].order
                spans.setdefault(("lock", name), []).append((place, life.end, life.row.id))
    for what, held in spans.items():
        held.sort()
        for (_, end, one), (begin, _, other) in pairwise(held):
            must(end < begin, f"{one} and {other} both had {what}")
