"""Telling what happens to a saga, event by event, and reading off what it wants done."""

from sagadsl import compile_saga, load
from sagadsl.machine.commands import (
    AcquireLocks,
    CancelTimer,
    Compensate,
    CompensateChild,
    Finish,
    Invoke,
    ReleaseLocks,
    StartChild,
    StartTimer,
)
from sagadsl.machine.events import (
    CompensationFailed,
    CompensationSucceeded,
    Failure,
    SagaStarted,
    SagaTimedOut,
    StepFailed,
    StepSucceeded,
    TimerFired,
)

CALLS = Invoke | Compensate | StartChild | CompensateChild


class Story:
    """A saga to which things happen: the last commands are in `commands`, everything so far in `events`."""

    def __init__(self, text, input=None, at=0.0, **variations):
        definition = load(text) if isinstance(text, str) else text.vary(**variations)
        self.compiled = compile_saga(definition)
        self.saga = self.compiled.new("s1")
        self.events = []
        self.now = at
        self.commands = []
        definition = self.compiled.definition
        self.given(SagaStarted(input or {}, definition.name, definition.version, self.compiled.hash))

    def given(self, event, after=0.0):
        from dataclasses import replace

        self.now += after
        stamped = replace(event, seq=self.saga.seq + 1, at=self.now)
        self.commands = self.saga.apply(stamped)
        self.events.append(stamped)
        return self

    def call(self):
        """The newest call that waits for an answer."""
        return [c for c in self.saga.outstanding.values() if isinstance(c, CALLS)][-1]

    def succeeds(self, state=None, output=None):
        call = self.call() if state is None else self.call_of(state)
        if isinstance(call, Invoke | StartChild):
            answer = {} if output is None else output
            return self.given(StepSucceeded(call.state, call.attempt, answer, call.execution, call.region))
        return self.given(CompensationSucceeded(call.state, call.attempt, call.execution, call.region))

    def fails(self, code="Broken", state=None, after=0.0, **kwargs):
        call = self.call() if state is None else self.call_of(state)
        kind = StepFailed if isinstance(call, Invoke | StartChild) else CompensationFailed
        failure = Failure(code, "no", **kwargs)
        return self.given(kind(call.state, call.attempt, failure, call.execution, call.region), after)

    def times_out(self, state=None):
        return self.fails("Timeout", state, in_doubt=True)

    def call_of(self, state):
        calls = self.saga.outstanding.values()
        return next(c for c in calls if isinstance(c, CALLS) and place(c) == state)

    def timer(self):
        return next(c for c in self.saga.outstanding.values() if isinstance(c, StartTimer) and c.timer_id != "saga")

    def timer_fires(self):
        timer = self.timer()
        return self.given(TimerFired(timer.timer_id), after=max(0.0, timer.due - self.now))

    def saga_times_out(self, after=0.0):
        return self.given(SagaTimedOut(), after)

    @property
    def wants(self):
        """The last commands in short: `do a`, `undo a`, `wait 2.0`, `cancel x`, `completed`."""
        return [short(command) for command in self.commands]

    @property
    def status(self):
        return self.saga.status

    def status_of(self, state, execution=1):
        return self.saga.executions[state, "", execution].status

    def replayed(self, events=None):
        return self.compiled.replay("s1", self.events if events is None else events)


def place(call):
    """The state, and inside a map the item."""
    return f"{call.state}/{call.region}" if call.region else call.state


def short(command):
    match command:
        case Invoke():
            return f"do {place(command)}"
        case Compensate():
            return f"undo {place(command)}"
        case StartChild():
            return f"start {command.saga}"
        case CompensateChild():
            return f"undo saga {command.child_id}"
        case AcquireLocks():
            return f"lock {' '.join(command.names)}"
        case ReleaseLocks():
            return f"unlock {' '.join(command.names)}"
        case StartTimer():
            return f"wait {command.delay:g}"
        case CancelTimer():
            return f"cancel {command.timer_id}"
        case Finish():
            return command.status
