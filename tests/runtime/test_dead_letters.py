"""What a person needs in order to decide: what has happened, and what can be decided."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagadsl import UnexpectedEvent, compile_saga, load
from sagadsl.machine.events import (
    CompensationFailed,
    CompensationRequested,
    Failure,
    RetryRequested,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
)
from sagadsl.runtime import decisions
from sagadsl.runtime.dead_letters import choices, findings, people, refusal
from tests.properties.life import Life
from tests.strategies import definitions

some = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

STAY = """
name: stay
max_retries: 1
steps:
  - {id: book, service: hotel, action: book, compensation: cancel}
  - {id: rent, service: cars, action: rent, compensation: back}
  - {id: charge, service: bank, action: charge, compensation: refund, on_failure: fail}
  - {id: tell, service: hotel, action: tell, kind: read_only}
"""


def happened(text, *events):
    """The saga to which these events have happened."""
    compiled = compile_saga(load(text))
    started = compiled.started({})
    numbered = [replace(event, seq=n, at=float(n)) for n, event in enumerate([started, *events], 1)]
    return compiled.replay("s", numbered)


def decided(saga):
    return [(choice.decision, choice.about) for choice in choices(saga)]


BOOKED = StepSucceeded("book", 1, {"room": 12})
RENTED = StepSucceeded("rent", 1, {"car": "A"})
NO_ANSWER = StepFailed("charge", 1, Failure("Timeout", "no answer within 30s", retryable=False, in_doubt=True))


def test_a_failed_saga_tells_what_was_done_what_failed_and_what_is_in_doubt():
    told = findings(happened(STAY, BOOKED, RENTED, NO_ANSWER))

    assert [(step.label, step.output) for step in told.done] == [("book", {"room": 12}), ("rent", {"car": "A"})]
    assert [(step.label, step.error.message) for step in told.failed] == [("charge", "no answer within 30s")]
    assert [step.label for step in told.in_doubt] == ["charge"]
    assert told.undone == []
    assert told.not_begun == ["tell"]


def test_a_compensation_that_failed_is_told_with_what_it_answered():
    undo = CompensationRequested("ann"), CompensationFailed("rent", 1, Failure("Gone", "it is gone", retryable=False))
    saga = happened(STAY, BOOKED, RENTED, replace(NO_ANSWER, error=Failure("No", retryable=False)), *undo)
    told = findings(saga)

    assert [(step.label, step.error.code) for step in told.failed] == [("rent", "Gone"), ("charge", "No")]
    assert [step.label for step in told.done] == ["book"]
    assert decided(saga) == [("retry", ""), ("resolve", "rent")]


def test_of_a_failed_saga_everything_can_be_decided_until_it_was_retried_too_often():
    once = happened(STAY, BOOKED, RENTED, NO_ANSWER)
    twice = happened(STAY, BOOKED, RENTED, NO_ANSWER, RetryRequested(), replace(NO_ANSWER, attempt=2))

    about_charge = [("resolve", "charge"), ("skip", "charge"), ("compensate", "")]
    assert decided(once) == [("retry", ""), *about_charge]
    assert decided(twice) == about_charge
    assert "max_retries is 1" in refusal(twice, decisions.retry())


ITEMS = """
name: tour
states:
  all:
    type: map
    items: "[1, 2]"
    on_failure: fail
    steps: [{id: pay, service: bank, action: pay, compensation: refund}]
    next: done
  done: {type: succeed}
"""


def test_where_several_steps_have_failed_it_is_said_what_each_decision_is_about_and_what_is_left():
    gone = Failure("Gone", retryable=False)
    saga = happened(ITEMS, *(StepFailed("pay", 1, gone, region=item) for item in "01"))

    meant = {(choice.decision, choice.region): choice.meaning for choice in choices(saga)}

    assert meant["retry", ""].endswith("goes on from there: pay/0, pay/1")
    assert meant["resolve", "0"].endswith("; then pay/1 is still to be decided about")
    assert meant["skip", "1"].endswith("; then pay/0 is still to be decided about")
    saga.apply(StepSkipped("pay", region="0"))
    assert [each.meaning for each in choices(saga) if (each.decision, each.about) == ("skip", "pay")] == [
        "goes on without pay/1"
    ]


PIVOT = """
name: dec
max_retries: 3
states:
  a: {service: s, action: a, kind: pivot, next: pick}
  pick: {type: choice, choices: [{when: "states.a.output.x == '1'", next: b}]}
  b: {service: s, action: b, kind: read_only, next: done}
  done: {type: succeed, output: {z: "${states.b.output.z}", n: "${states.b.output.deep.n}"}}
"""
NOWHERE = StepSucceeded("a", 1, {"x": "2"})
AT_B = [StepSucceeded("a", 1, {"x": "1"}), StepFailed("b", 1, Failure("No", retryable=False))]


def test_a_saga_that_failed_in_a_choice_tells_so_and_all_that_can_be_done_is_to_complete_it():
    saga = happened(PIVOT, NOWHERE)
    told = findings(saga)

    assert [(step.label, step.error.code) for step in told.failed] == [("pick", "NoChoice")]
    assert decided(saga) == [("resolve", "pick")]
    assert "whatever comes after pick is not called" in told.choices[0].meaning
    assert refusal(saga, decisions.retry()) is None, "it is of no use, and yet nobody is kept from it"


def test_a_skip_of_a_choice_says_that_there_is_nothing_to_skip():
    said = refusal(happened(PIVOT, NOWHERE), decisions.skip("pick"))

    assert "the saga is at 'pick', which is no step that could be skipped" in said


def test_an_output_is_offered_with_what_comes_next_needs_and_a_skip_says_that_it_fails():
    meant = {choice.decision: choice for choice in findings(happened(PIVOT, *AT_B)).choices}

    assert meant["resolve"].output == {"z": "…", "deep": {"n": "…"}}
    assert meant["skip"].meaning.endswith("; then the saga fails at once at done with InvalidPayload")
    assert set(meant) == {"retry", "resolve", "skip"}


def test_what_is_under_way_is_told_with_what_waits_its_turn_and_calling_it_off_says_that_it_is_undone():
    text = """
name: n
states:
  both: {type: parallel, branches: {l: {steps: [{id: kid, type: saga, saga: child}]}, r: {steps: [{id: look, service: s,
    action: l, kind: read_only}]}}, next: rest}
  rest: {type: wait, for: 1s, next: other}
  other: {type: saga, saga: child, next: done}
  done: {type: succeed}
"""
    told = findings(happened(text))

    assert [(step.label, step.child) for step in told.under_way] == [("kid", "s/kid"), ("look", "")]
    assert told.not_begun == ["rest", "other"]
    (call_off,) = told.choices
    assert call_off.meaning == "undoes everything that was done, and what is under way: kid"


def test_a_saga_that_waits_says_for_what_signal_and_for_which_report():
    asks = "name: n\nstates:\n  ask: {type: wait, signal: go, next: done}\n  done: {type: succeed}\n"
    prints = "name: n\nsteps: [{id: print, service: s, action: p, kind: read_only, callback: true, timeout: 1d}]\n"

    assert decided(happened(asks)) == [("signal", "go"), ("compensate", "")]
    assert decided(happened(prints, StepSucceeded("print", 1))) == [("report", "print"), ("compensate", "")]


def test_nothing_can_be_decided_about_a_saga_that_has_ended():
    assert decided(happened("name: n\nstates: {done: {type: succeed}}\n")) == []


def test_what_people_have_decided_is_told_apart_from_what_services_answered():
    reported = StepSucceeded("charge", 1, reported=True, by="ann")
    events = [BOOKED, RetryRequested("ann"), NO_ANSWER, SignalReceived("go"), reported, StepSkipped("a")]

    assert list(people(events)) == [events[1], *events[3:]]


@given(definitions(), st.data())
@some
def test_what_is_said_to_be_possible_is_taken_and_all_that_a_person_can_decide_about_steps_is_said(definition, data):
    life = Life(definition, lambda options: data.draw(st.sampled_from(options)))
    life.happen(data.draw(st.integers(0, 30)))
    before = life.saga.snapshot()
    said = list(choices(life.saga))

    assert life.saga.snapshot() == before
    makers = {"resolve": StepResolved, "skip": StepSkipped}
    wholes = {"retry": RetryRequested, "compensate": CompensationRequested}
    for name, kind in wholes.items():
        helps = name != "retry" or not fails_again(life)
        assert (name in [choice.decision for choice in said]) == (takes(life, kind()) and helps)
    for step in life.saga.latest.values():
        for name, kind in makers.items():
            possible = any((c.decision, c.about, c.region) == (name, step.name, step.region) for c in said)
            assert possible == takes(life, kind(step.name, region=step.region))
    for choice in said:
        if choice.decision == "signal":
            assert takes(life, SignalReceived(choice.about))


def fails_again(life):
    """Whether the saga, retried, fails of the same without calling anybody."""
    saga = life.compiled.replay("s", [event for event, _ in life.moments])
    why = saga.error
    try:
        saga.apply(replace(RetryRequested(), at=saga.now))
    except UnexpectedEvent:
        return False
    return saga.status in {"failed", "compensation_failed"} and saga.error == why and not saga.outstanding


def takes(life, event):
    """Whether a replay of the saga takes an event."""
    saga = life.compiled.replay("s", [event for event, _ in life.moments])
    try:
        saga.apply(replace(event, at=saga.now))
    except UnexpectedEvent:
        return False
    return True
