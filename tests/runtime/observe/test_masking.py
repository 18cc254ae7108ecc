"""What a definition calls sensitive is seen nowhere: not at its path, and not where it turns up again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl import Engine
from sagadsl.language.load import load
from sagadsl.machine.compiler import compile_saga
from sagadsl.machine.events import (
    Failure,
    RetryRequested,
    SagaStarted,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSucceeded,
    from_json,
    to_json,
)
from sagadsl.runtime.observe.masking import MASK, masked, masked_event, masked_outcome
from tests.runtime.observe.sagas import CARD, IBAN, ORDER, input_with, services


async def outcome_of(pay):
    async with Engine("memory:", services()) as engine:
        return await engine.run(ORDER, input_with(pay))


@pytest.mark.parametrize("pay", ["works", "fails once", "declined"])
async def test_an_outcome_shows_nothing_sensitive_and_all_the_rest(pay):
    outcome = await outcome_of(pay)

    shown = masked(ORDER.definition, outcome)

    text = json.dumps(shown)
    assert CARD in json.dumps(outcome.to_json())
    assert CARD not in text
    assert IBAN not in text
    assert shown["input"] == {"card": {"number": MASK, "holder": "Ada"}, "pay": pay}
    assert shown["status"] == outcome.status
    assert [event["type"] for event in shown["events"]] == [type(event).__name__ for event in outcome.events]
    assert [from_json(event).seq for event in shown["events"]] == [event.seq for event in outcome.events]


async def test_copies_are_found_in_outputs_and_in_texts():
    outcome = masked_outcome(await outcome_of("works"))

    assert outcome.output == {"paid_with": MASK, "told": f"IBAN {MASK}"}
    assert outcome.steps[1].output == {"iban": MASK, "note": f"paid by {MASK}"}


async def test_the_message_of_an_error_keeps_what_is_not_sensitive():
    outcome = masked_outcome(await outcome_of("declined"))

    assert outcome.error == Failure("Declined", f"card {MASK} was declined", retryable=False)


async def test_an_event_of_a_saga_is_masked_by_what_the_saga_knows():
    heard = []
    async with Engine("memory:", services()) as engine:
        engine.listen(lambda saga, event, commands: heard.append(masked(saga.definition, event, saga)))
        await engine.run(ORDER, input_with("declined"))

    assert CARD not in json.dumps(heard)
    assert [each["error"]["message"] for each in heard if each.get("error")] == [f"card {MASK} was declined"]


def test_without_its_saga_the_message_of_an_error_is_masked_as_a_whole():
    event = StepFailed("pay", 1, Failure("Declined", f"card {CARD}"), seq=3)

    assert masked(ORDER.definition, event)["error"]["message"] == MASK
    assert masked(ORDER.definition, event)["error"]["code"] == "Declined"


def definition(sensitive, states=""):
    private = f"sensitive: {json.dumps(sensitive)}\n" if sensitive else ""
    return load(f"name: x\n{private}states:\n{states}  a: {{type: pass, next: z}}\n  z: {{type: succeed}}\n")


WAITS = "  w: {type: wait, signal: pin, next: m}\n  m: {type: map, items: input.things, steps: [{id: each, service: s, action: a, kind: read_only}], next: a}\n"

EVENTS = {
    "a value": ("input.a.b", SagaStarted({"a": {"b": "x", "c": 1}}, "x", "1", "h"), "input", {"a": {"b": MASK, "c": 1}}),
    "a whole": ("input.a", SagaStarted({"a": {"b": "x"}}, "x", "1", "h"), "input", {"a": MASK}),
    "a list": ("input.a.b", SagaStarted({"a": [{"b": 1}, {"b": [2, 3]}, {}]}, "x", "1", "h"), "input", {"a": [{"b": MASK}, {"b": MASK}, {}]}),
    "nothing": ("input.a.b", SagaStarted({"a": {"b": None}}, "x", "1", "h"), "input", {"a": {"b": None}}),
    "not there": ("input.a.b", SagaStarted({"a": 7}, "x", "1", "h"), "input", {"a": 7}),
    "false": ("input.a", SagaStarted({"a": False, "b": False}, "x", "1", "h"), "input", {"a": MASK, "b": False}),
    "a signal": ("states.w.output.pin", SignalReceived("pin", {"pin": 1}), "payload", {"pin": MASK}),
    "another signal": ("states.w.output.pin", SignalReceived("pan", {"pin": 1}), "payload", {"pin": 1}),
    "an item": ("states.each.output.k", StepSucceeded("each", 1, {"k": 1}, region="2"), "output", {"k": MASK}),
    "by hand": ("states.each.output.k", StepResolved("each", {"k": "long enough"}, why="it is long enough"), "why", f"it is {MASK}"),
    "another state": ("states.each.output.k", StepSucceeded("other", 1, {"k": 1}), "output", {"k": 1}),
    "a short number": ("input.a", SagaStarted({"a": 12, "b": 12}, "x", "1", "h"), "input", {"a": MASK, "b": 12}),
    "a long number": ("input.a", SagaStarted({"a": 123456, "b": [123456.0, "no. 123456"]}, "x", "1", "h"), "input", {"a": MASK, "b": [MASK, f"no. {MASK}"]}),
    "a key": ("input.a", SagaStarted({"a": "long enough", "b": {"long enough": 1}}, "x", "1", "h"), "input", {"a": MASK, "b": {MASK: 1}}),
}  # fmt: skip


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_masked_where_the_path_leads(name):
    path, event, field, expected = EVENTS[name]

    assert masked(definition([path], WAITS), event)[field] == expected


def test_where_nothing_is_sensitive_an_event_is_itself():
    event = SagaStarted({"a": 1}, "x", "1", "h")

    assert masked_event(event, definition([])) is event
    assert masked(definition([]), event) == to_json(event)


def test_what_has_nothing_to_mask_stays_as_it_is():
    event = RetryRequested("ann", "again", seq=4, at=2.0)

    assert masked_event(event, definition(["input.a"])) == event


secrets = st.text("abcdefghij0123456789", min_size=6, max_size=20)
data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("xyz \n", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", max_size=3), inner, max_size=3),
)
SECRET = compile_saga(definition(["input.secret"]))


@given(secret=secrets, around=st.text("xyz", max_size=5), other=data)
def test_wherever_a_secret_turns_up_it_is_not_shown_and_the_rest_is(secret, around, other):
    saga = SECRET.new("s")
    saga.apply(SagaStarted({"secret": secret}, "x", "1", SECRET.hash))
    event = StepSucceeded(
        "q", 1, {"copy": [secret], "in": f"{around}{secret}{around}", "k": {secret: 1}, "other": other}
    )

    shown = masked(SECRET.definition, event, saga)

    assert secret not in json.dumps(shown)
    assert shown["output"]["in"] == f"{around}{MASK}{around}"
    assert shown["output"]["other"] == other


COPYING = """\
name: copying
sensitive: [input.ill, input.age, input.nick]
states:
  copy:
    type: pass
    output: {ill: "${input.ill}", age: "${input.age}", nick: "${has(input.nick) ? input.nick : 'nobody'}", n: 1}
    next: both
  both:
    type: parallel
    branches: {one: {states: {end: {type: succeed, output: "${states.copy.output}"}}}}
    next: done
  done: {type: succeed, output: {all: "${states.both.output.one}", older: "${input.age + 1}", told: "nobody knows"}}
"""


async def test_what_templates_copy_is_masked_even_where_nobody_could_tell_it_from_others():
    async with Engine("memory:", services()) as engine:
        outcome = await engine.run(compile_saga(load(COPYING)), {"ill": True, "age": 42})

    shown = masked_outcome(outcome)

    copied = {"ill": MASK, "age": MASK, "nick": MASK, "n": 1}
    assert shown.output == {"all": copied, "older": 43, "told": "nobody knows"}
    assert next(step.output for step in shown.steps if step.state == "both") == {"one": copied}


AROUND = compile_saga(
    load("""\
name: around
sensitive: [input.person.iban]
states:
  go: {type: saga, saga: middle, kind: compensatable, input: {p: "${input.person}", n: 1}, next: done}
  done: {type: succeed}
""")
)
MIDDLE = compile_saga(
    load("""\
name: middle
states:
  on: {type: saga, saga: inner, kind: compensatable, input: {account: "to ${input.p.iban}"}, next: done}
  done: {type: succeed}
""")
)
INNER = compile_saga(
    load("""\
name: inner
states:
  pay: {service: s, action: pay, kind: read_only, payload: {card: "${input.account}", how: declined}, next: done}
  done: {type: succeed}
""")
)


async def test_what_a_saga_hands_to_others_is_masked_there_too():
    heard = []
    async with Engine("memory:", services()) as engine:
        await engine.register(MIDDLE, INNER)
        engine.listen(lambda saga, event, commands: heard.append((saga.definition.name, event, saga)))
        await engine.run(AROUND, {"person": {"iban": IBAN, "city": "Rome"}})

    starts = {name: event.sensitive for name, event, _ in heard if isinstance(event, SagaStarted)}
    assert starts == {"around": None, "middle": [["input", "p", "iban"]], "inner": [["input", "account"]]}
    shown = [(name, masked(saga.definition, event, saga)) for name, event, saga in heard]
    assert IBAN in str([to_json(event) for _, event, _ in heard])
    assert IBAN not in str(shown)
    inputs = {name: event["input"] for name, event in shown if "input" in event}
    assert inputs == {
        "around": {"person": {"iban": MASK, "city": "Rome"}},
        "middle": {"p": {"iban": MASK, "city": "Rome"}, "n": 1},
        "inner": {"account": MASK},
    }
    by_themselves = [masked(saga.definition, event) for _, event, saga in heard if isinstance(event, SagaStarted)]
    assert IBAN not in str(by_themselves)


def test_what_was_handed_down_is_part_of_the_event_in_json_only_where_there_is_something():
    plain = SagaStarted({}, "x", "1", "h")
    handed = SagaStarted({"a": 1}, "x", "1", "h", [["input", "a"]])

    assert "sensitive" not in to_json(plain)
    assert from_json(to_json(handed)) == handed
