"""Laws of `apply`: deterministic, total, replayable, over random outcomes in random order."""

import copy
import inspect
import json
import pickle
from dataclasses import FrozenInstanceError, field, fields, is_dataclass, make_dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagadsl import UnexpectedEvent, compile_saga, load
from sagadsl.machine import commands
from sagadsl.machine.commands import Compensate, Invoke, StartTimer
from sagadsl.machine.events import (
    EVENTS,
    CompensationFailed,
    CompensationRequested,
    CompensationSucceeded,
    Failure,
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

DEFINITIONS = [
    """
    name: everything
    timeout: 1h
    max_retries: 1
    defaults: {timeout: 10s, retry: {max_attempts: 2, initial_delay: 1s, jitter: full}}
    compensation: {order: %s, on_failure: %s, retry: {max_attempts: 2, initial_delay: 2s}}
    states:
      a: {service: s, action: a, compensation: u, next: b}
      b:
        service: s
        action: b
        compensation: u
        catch: [{errors: [Caught], next: c}]
        on_failure: {wait_for: go, timeout: 1m}
        next: pick
      pick:
        type: choice
        choices: [{when: states.a.output.again, next: a}]
        default: c
      c: {service: s, action: c, compensation: u, on_failure: continue, next: pay}
      pay: {service: s, action: pay, kind: pivot, compensation: u, next: ship}
      ship: {service: s, action: ship, kind: retriable, retry: {max_attempts: 3, initial_delay: 0}, next: end}
      end: {type: succeed, output: "${states.pay.output}"}
    """
]
COMPILED = [
    compile_saga(load(DEFINITIONS[0] % (order, on_failure)))
    for order in ("reverse", "parallel")
    for on_failure in ("halt", "continue")
]


def possible(saga, draw):
    """One thing that can happen to the saga now."""
    calls = list(saga.outstanding.values())
    options = [make(call, draw) for call in calls for make in (answer, refusal) if not isinstance(call, StartTimer)]
    options += [saga.timer_event(timer.timer_id) for timer in calls if isinstance(timer, StartTimer)]
    options += [SignalReceived("go"), RetryRequested(), CompensationRequested()]
    options += [make(saga.state) for make in (StepResolved, StepSkipped)]
    return draw(st.sampled_from(options))


def answer(call, draw):
    if isinstance(call, Compensate):
        return CompensationSucceeded(call.state, call.attempt, call.execution)
    return StepSucceeded(call.state, call.attempt, {"again": draw(st.booleans())}, call.execution)


def refusal(call, draw):
    kind = StepFailed if isinstance(call, Invoke) else CompensationFailed
    code = draw(st.sampled_from(["Timeout", "Caught", "Broken"]))
    failure = Failure(code, "", draw(st.booleans()), in_doubt=code == "Timeout")
    return kind(call.state, call.attempt, failure, call.execution)


def lives(data, compiled, length=40):
    """Let random things happen; return the saga, its events, and what it was after each of them."""
    saga = compiled.new("x")
    definition = compiled.definition
    events = [SagaStarted({}, definition.name, definition.version, compiled.hash, seq=1, at=1.0)]
    saga.apply(events[0])
    snapshots = [saga.snapshot()]
    for _ in range(data.draw(st.integers(0, length))):
        event = replace(
            possible(saga, data.draw), seq=saga.seq + 1, at=saga.now + data.draw(st.sampled_from([0.0, 1.5]))
        )
        before = saga.snapshot()
        try:
            saga.apply(event)
        except UnexpectedEvent:
            assert saga.snapshot() == before
            continue
        events.append(event)
        snapshots.append(saga.snapshot())
    return saga, events, snapshots


@given(data=st.data(), compiled=st.sampled_from(COMPILED))
@settings(max_examples=150, deadline=None)
def test_replaying_any_prefix_gives_the_state_and_the_outstanding_commands_at_that_prefix(data, compiled):
    _, events, snapshots = lives(data, compiled)

    replayed = compiled.new("x")
    for event, snapshot in zip(events, snapshots, strict=True):
        replayed.apply(from_json(json.loads(json.dumps(to_json(event)))))
        assert replayed.snapshot() == snapshot


@given(data=st.data(), compiled=st.sampled_from(COMPILED))
@settings(max_examples=150, deadline=None)
def test_the_laws_of_sagas_hold_whatever_happens(data, compiled):
    saga, _, snapshots = lives(data, compiled)

    for snapshot in snapshots:
        undone = [step for step in snapshot["steps"] if step["status"] == "compensated"]
        if snapshot["pivot_passed"]:
            assert not undone
            assert snapshot["status"] not in ("compensating", "compensated", "compensation_failed")
        if snapshot["status"] in ("completed", "compensated"):
            assert not snapshot["outstanding"]
    if saga.status == "compensated":
        for execution in saga.executions.values():
            if execution.state.compensation is not None:
                assert execution.status != "completed"
    for execution in saga.executions.values():
        assert execution.attempts.in_round <= execution.state.retry.max_attempts


@given(data=st.data(), compiled=st.just(COMPILED[0]))
@settings(max_examples=150, deadline=None)
def test_in_reverse_order_one_thing_is_undone_at_a_time_and_the_latest_first(data, compiled):
    saga, events, snapshots = lives(data, compiled)
    finished = [f"{e.state}:{e.execution}" for e in events if isinstance(e, CompensationSucceeded)]
    order = [f"{execution.name}:{execution.number}" for execution in saga.done]

    assert finished == [label for label in reversed(order) if label in finished]
    for snapshot in snapshots:
        assert sum(isinstance(command, Compensate) for command in snapshot["outstanding"]) <= 1


@given(data=st.data(), compiled=st.sampled_from(COMPILED))
@settings(max_examples=100, deadline=None)
def test_every_saga_comes_to_rest_when_the_world_answers(data, compiled):
    saga, _, _ = lives(data, compiled)

    for _ in range(200):
        if saga.status not in ("running", "compensating"):
            break
        waiting = list(saga.outstanding.values())
        timers = [command for command in waiting if isinstance(command, StartTimer) and command.timer_id != "saga"]
        calls = [command for command in waiting if isinstance(command, Invoke | Compensate)]
        event = answer_once(calls[0]) if calls else TimerFired(timers[0].timer_id)
        saga.apply(event)

    assert saga.status in ("completed", "compensated", "compensation_failed", "failed")


def answer_once(call):
    if isinstance(call, Compensate):
        return CompensationSucceeded(call.state, call.attempt, call.execution)
    return StepSucceeded(call.state, call.attempt, {"again": False}, call.execution)


@given(
    event=st.sampled_from(
        [
            StepSucceeded("a", 2),
            StepSucceeded("b", 1),
            StepSucceeded("nowhere", 1),
            StepSucceeded("a", 1, {}, 2),
            StepFailed("a", 0, Failure("X")),
            CompensationSucceeded("a", 1),
            CompensationFailed("a", 1, Failure("X")),
            TimerFired("nothing"),
            SignalReceived("unknown"),
            RetryRequested(),
            StepResolved("b"),
            StepSkipped("a"),
            StepSucceeded("a", 1, {}, seq=7),
            SagaStarted({}, "everything", "1", "x"),
        ]
    ),
    compiled=st.sampled_from(COMPILED),
)
def test_an_event_that_is_out_of_place_is_refused_and_changes_nothing(event, compiled):
    saga = compiled.new("x")
    saga.apply(SagaStarted({}, "everything", "1", compiled.hash))
    before = saga.snapshot()

    with pytest.raises(UnexpectedEvent, match=r"^x: "):
        saga.apply(event)

    assert saga.snapshot() == before


def test_a_saga_does_not_start_from_the_events_of_another_text():
    saga = COMPILED[0].new("x")

    with pytest.raises(UnexpectedEvent, match="it was started as everything 1"):
        saga.apply(SagaStarted({}, "everything", "1", "0" * 64))


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS)
def test_every_event_survives_json(kind):
    values = {"attempt": 2, "execution": 3, "error": Failure("Code", "m", False, True), "seq": 4, "at": 5.5}
    event = kind(**{field.name: values.get(field.name, "text") for field in fields(kind)})

    assert from_json(json.loads(json.dumps(to_json(event)))) == event


def test_what_a_failure_does_not_ask_for_is_not_written_and_logs_from_before_it_could_are_read():
    asks, does_not = (StepFailed("a", 1, Failure("Busy", retry_after=seconds)) for seconds in (2.5, 0.0))

    assert to_json(asks)["error"]["retry_after"] == 2.5
    assert from_json(to_json(asks)) == asks
    assert set(to_json(does_not)["error"]) == {"code", "message", "retryable", "in_doubt"}
    assert from_json(to_json(does_not)) == does_not


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"type": "Nothing"},
        {"type": 3},
        {"type": "StepFailed", "state": "a", "attempt": 1, "error": None},
        {"type": "StepFailed"},
        {"type": "TimerFired", "x": 1},
    ],
)
def test_what_is_no_event_is_refused(data):
    with pytest.raises(ValueError, match=r"not a"):
        from_json(data)


KINDS = [*EVENTS.values(), Failure, *(kind for kind in vars(commands).values() if is_dataclass(kind))]


@pytest.mark.parametrize("kind", dict.fromkeys(KINDS), ids=lambda kind: kind.__name__)
def test_no_event_and_no_command_can_be_changed_and_all_can_be_copied_and_sent(kind):
    value = kind(**{each.name: f"some {each.name}" for each in fields(kind)})

    for each in fields(kind):
        with pytest.raises(FrozenInstanceError):
            setattr(value, each.name, "other")
    assert not hasattr(value, "__dict__")
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == replace(value) == value
    assert replace(value, **{fields(kind)[0].name: "other"}) != value


HAND_WRITTEN = {
    kind: make_dataclass(
        kind.__name__,
        [(each.name, each.type, field(default=each.default, kw_only=each.kw_only)) for each in fields(kind)],
        frozen=True,
        slots=True,
    )
    for kind in (StepSucceeded, commands.Invoke)
}


@pytest.mark.parametrize("kind", HAND_WRITTEN, ids=lambda kind: kind.__name__)
def test_what_is_made_by_hand_has_the_signature_that_a_dataclass_has(kind):
    assert inspect.signature(kind).parameters == inspect.signature(HAND_WRITTEN[kind]).parameters


@given(st.data(), st.sampled_from(list(HAND_WRITTEN)))
def test_what_is_made_by_hand_is_what_a_dataclass_would_be(data, kind):
    args = data.draw(st.lists(st.integers(0, 2), min_size=2, max_size=8))
    names = [*(each.name for each in fields(kind)), "another"]
    given = data.draw(st.dictionaries(st.sampled_from(names), st.integers(0, 2), max_size=8))

    assert told(kind, args, given) == told(HAND_WRITTEN[kind], args, given)


def told(kind, args, given):
    try:
        value = kind(*args, **given)
    except TypeError as error:
        return str(error)
    return repr(value), {each.name: getattr(value, each.name) for each in fields(kind)}
