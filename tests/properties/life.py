"""The life of a random saga: whatever can happen to it happens, in any order, and some things that cannot."""

from __future__ import annotations

import json
from dataclasses import replace

from sagadsl import UnexpectedEvent, compile_saga
from sagadsl.machine.commands import (
    SAGA_TIMER,
    AcquireLocks,
    Compensate,
    CompensateChild,
    Invoke,
    StartChild,
    StartTimer,
)
from sagadsl.machine.events import (
    CompensationFailed,
    CompensationRequested,
    CompensationSucceeded,
    Failure,
    LocksAcquired,
    RetryRequested,
    SagaStarted,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
    TimerFired,
    from_json,
    to_json,
)
from tests.properties.ledger import Ledger
from tests.strategies import AN_INPUT, CODES, SIGNALS

CALLS = Invoke | Compensate | StartChild | CompensateChild
AT_REST = {"completed", "compensated", "failed", "compensation_failed"}


class Life:
    """A saga to which things happen that `choose` chooses.

    `moments` holds, for each event that was taken, the event and all that the saga was after it.
    """

    def __init__(self, definition, choose):
        self.definition = definition
        self.choose = choose
        self.compiled = compile_saga(definition)
        self.saga = self.compiled.new("s")
        self.ledger = Ledger(self.saga)
        self.now = 1000.0
        self.moments = []
        self.late = []
        self.patience = 20
        self.take(SagaStarted(AN_INPUT, definition.name, definition.version, self.compiled.hash))

    def take(self, event):
        """Let the saga take an event, or see that nothing changes; say whether it was taken."""
        before = portrait(self.saga)
        stamped = replace(event, seq=self.saga.seq + 1, at=self.now)
        self.ledger.before(stamped)
        try:
            commands = self.saga.apply(stamped)
        except UnexpectedEvent:
            assert portrait(self.saga) == before, "a refused event has changed something"
            return False
        self.ledger.after(stamped, commands)
        self.moments.append((stamped, portrait(self.saga)))
        return True

    def happen(self, times):
        """Let random things happen."""
        for _ in range(times):
            self.now += self.choose([0.0, 0.0, 1.5, 700.0])
            self.take(self.choose(self.possible())())

    def possible(self):
        """Makers of events: what the world may well bring now, and every now and then what it may not."""
        outstanding = list(self.saga.outstanding.values())
        calls = [command for command in outstanding if isinstance(command, CALLS)]
        timers = [command for command in outstanding if isinstance(command, StartTimer)]
        likely = [lambda call=call: self.answer(call) for call in calls] * 4
        likely += [lambda timer=timer: self.ring(timer) for timer in timers]
        likely += [LocksAcquired for command in outstanding if isinstance(command, AcquireLocks)] * 3
        likely += [lambda step=step: self.report(step) for step in self.taken_jobs()] * 3
        awaited = [step.awaits for step in self.saga.latest.values() if step.awaits is not None]
        likely += [lambda name=name: SignalReceived(name, {"by": "x"}) for name in awaited] * 3
        by_people = [self.by_a_person] * (3 if self.saga.status in AT_REST else 1)
        return [*likely, *likely, *by_people, self.out_of_place]

    def taken_jobs(self):
        callbacks = [step for step in self.saga.latest.values() if getattr(step.state, "callback", False)]
        return [step for step in callbacks if step.status in ("running", "waiting")]

    def answer(self, call):
        self.late.append(call)
        undo = isinstance(call, Compensate | CompensateChild)
        place = {"execution": call.execution, "region": call.region}
        if self.choose([True, True, False]):
            if undo:
                return CompensationSucceeded(call.state, call.attempt, **place)
            return StepSucceeded(call.state, call.attempt, self.output(), **place)
        code = self.choose([*CODES, "Timeout"])
        failure = Failure(code, "no", self.choose([True, True, False]), in_doubt=code == "Timeout")
        return (CompensationFailed if undo else StepFailed)(call.state, call.attempt, failure, **place)

    def output(self):
        yes_or_no = self.choose([False, False, True])
        return {"ref": "r", "again": yes_or_no, "declined": yes_or_no, "items": self.choose([[], ["i"], ["i", "j"]])}

    def report(self, step):
        place = {"execution": step.number, "region": step.region, "reported": True}
        if self.choose([True, True, False]):
            return StepSucceeded(step.name, step.attempts.number, self.output(), **place)
        return StepFailed(step.name, step.attempts.number, Failure("Caught", "no"), **place)

    def ring(self, timer):
        self.now = max(self.now, timer.due)
        return self.saga.timer_event(timer.timer_id)

    def by_a_person(self):
        steps = list(self.saga.latest.values())
        failed = [step for step in steps if step.status in ("failed", "compensation_failed")]
        makers = [RetryRequested, RetryRequested, CompensationRequested, lambda: CompensationRequested(parent=True)]
        for kind in (StepResolved, StepSkipped):
            makers += [lambda kind=kind, step=step: kind(step.name, region=step.region) for step in failed]
        return self.choose(makers)()

    def out_of_place(self):
        """Something that has no business to come now, most of the time."""
        state, region = self.choose([*self.definition.all_states, "nobody"]), self.choose(["", "0", "1/0"])
        number, attempt = self.choose([1, 1, 2]), self.choose([1, 1, 2, 7])
        late = [lambda call=call: self.answer(call) for call in self.late[-3:]]
        makers = [
            lambda: SagaStarted(AN_INPUT, self.definition.name, self.definition.version, self.compiled.hash),
            LocksAcquired,
            lambda: StepSucceeded(state, attempt, self.output(), number, region, self.choose([False, True])),
            lambda: StepFailed(state, attempt, Failure("Broken"), number, region),
            lambda: CompensationSucceeded(state, attempt, number, region),
            lambda: CompensationFailed(state, attempt, Failure("Broken"), number, region),
            lambda: TimerFired(f"{state}/retry/1"),
            lambda: self.saga.timer_event(SAGA_TIMER),
            lambda: SignalReceived(self.choose([*SIGNALS, "nothing"]), {"by": "y"}),
            lambda: StepResolved(state, {"ref": "by hand"}, region=region),
            lambda: StepSkipped(state, region=region),
        ]
        return self.choose([*makers, *late, *late])()

    def settle(self, limit=600):
        """Let the world answer, kindly, until the saga has come to rest; return whether it has."""
        for _ in range(limit):
            if self.saga.status in AT_REST:
                return True
            assert self.take(self.kind_event()), "what the saga waits for is refused"
        return False

    def kind_event(self):
        for command in self.saga.outstanding.values():
            place = {"execution": command.execution, "region": command.region} if isinstance(command, CALLS) else {}
            match command:
                case Invoke() | StartChild():
                    return StepSucceeded(command.state, command.attempt, GOOD, **place)
                case Compensate() | CompensateChild():
                    return CompensationSucceeded(command.state, command.attempt, **place)
                case AcquireLocks():
                    return LocksAcquired()
        for step in self.taken_jobs():
            place = {"execution": step.number, "region": step.region, "reported": True}
            return StepSucceeded(step.name, step.attempts.number, GOOD, **place)
        for step in self.saga.latest.values():
            if step.awaits is not None:
                return self.kind_signal(step)
        timers = [each for each in self.saga.outstanding.values() if isinstance(each, StartTimer)]
        own = [timer for timer in timers if timer.timer_id != SAGA_TIMER]
        assert own, "the saga waits for nothing and has not come to rest"
        return self.ring(own[0])

    def kind_signal(self, step):
        """Send a signal; when a step fails again after every one of them, somebody skips it in the end."""
        self.patience -= 1
        if step.status == "failed" and self.patience < 0:
            return StepSkipped(step.name, region=step.region)
        return SignalReceived(step.awaits, {})

    def replayed(self):
        """Yield what a replay of the events, read from JSON, is after each of them, beside what the saga was."""
        again = compile_saga(self.definition).new("s")
        for event, portrayed in self.moments:
            again.apply(from_json(json.loads(json.dumps(to_json(event)))))
            yield portrait(again), portrayed


GOOD = {"ref": "r", "again": False, "declined": False, "items": []}


def portrait(saga):
    """All that a saga is, as text: nothing that changes later can change it."""
    timers = [(name, handler.__name__, step.label) for name, (handler, step) in saga.timers.items()]
    return repr((saga.snapshot(), timers))
