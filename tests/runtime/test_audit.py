"""A saga's story for an auditor: what was written is found to be sound, and whatever is changed in it is found."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagadsl import compile_saga, load
from sagadsl.language.definition import Map
from sagadsl.machine.events import Failure, StepFailed, StepSucceeded
from sagadsl.runtime.audit import audit
from sagadsl.runtime.audit_story import canonical, lines, masked_story_of, seal, story_of
from sagadsl.runtime.observe.masking import MASK
from sagadsl.runtime.runs import Run, first_row
from sagadsl.runtime.store.contract import StoredDefinition
from sagadsl.runtime.stored import to_store
from tests.properties.life import Life
from tests.strategies import definitions

some = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

TEXT = """
name: order
input: {type: object, required: [card, n], properties: {card: {type: string}, n: {type: integer}}}
sensitive: [input.card]
states:
  ask: {type: choice, choices: [{when: "input.card == '4111'", next: pay}], default: ship}
  pay: {service: bank, action: pay, compensation: refund, payload: {card: "${input.card}"}, next: ship}
  ship: {service: post, action: ship, kind: read_only, next: done}
  done: {type: succeed, output: {n: "${input.n}"}}
"""


def told(compiled, saga_id, events):
    """The row, the text, the saga and the events, as a store has them once these events have happened."""
    run = Run(compiled.new(saga_id), first_row(compiled.new(saga_id), None, "e"), "e", 0.0)
    for event in events:
        commands = run.saga.apply(event)
        run.first_write(event) if event.seq == 1 else run.write(event, commands, None)
    return run.row, to_store(compiled, 0.0), run.saga, events


def an_order(card="4111", saga_id="order-1"):
    compiled = compile_saga(load(TEXT))
    started = compiled.started({"card": card, "n": 7})
    ship = StepSucceeded("ship", 1, {"at": 1.0, "to": "Zürich ✓"})
    events = [started, *([StepSucceeded("pay", 1, {"ref": "r1"})] if card == "4111" else []), ship]
    return told(compiled, saga_id, [replace(event, seq=n, at=float(n)) for n, event in enumerate(events, 1)])


def resealed(written):
    """Lines with hashes that fit, as somebody would write them who knows how."""
    previous, out = None, []
    for line in written:
        data = json.loads(line)
        (kind,) = set(data) - {"hash"}
        previous = seal(previous, kind, data[kind])
        out.append(canonical({kind: data[kind], "hash": previous}) + b"\n")
    return out


def messages(written):
    return " / ".join(finding.message for finding in audit(written).findings)


def test_the_story_of_a_saga_is_sound():
    written = list(lines([story_of(*an_order())]))
    found = audit(written)

    assert found.is_sound
    assert (found.sagas, found.events) == (["order-1"], 3)
    assert found.last_hash == json.loads(written[-1])["hash"]


@given(definitions(), st.data())
@some
def test_the_story_of_any_saga_is_sound_and_any_changed_byte_is_found(definition, data):
    life = Life(definition, lambda options: data.draw(st.sampled_from(options)))
    life.happen(data.draw(st.integers(0, 20)))
    story = story_of(*told(life.compiled, "s", [event for event, _ in life.moments]))
    content = b"".join(lines([story]))
    assert audit(content.splitlines(keepends=True)).is_sound

    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != content[place]))
    changed = content[:place] + bytes([byte]) + content[place + 1 :]

    assert not audit(changed.splitlines(keepends=True)).is_sound


@given(st.data())
@some
def test_whatever_is_taken_out_put_in_or_moved_is_found(data):
    written = list(lines([story_of(*an_order(saga_id=f"order-{number}")) for number in range(2)]))
    place = data.draw(st.integers(0, len(written) - 1))
    other = data.draw(st.integers(0, len(written) - 1).filter(lambda number: number != place))

    without = written[:place] + written[place + 1 :]
    twice = [*written[:place], written[place], *written[place:]]
    moved = list(written)
    moved[place], moved[other] = moved[other], moved[place]

    for changed in (without, twice, moved):
        assert not audit(changed).is_sound


@given(definitions(), st.data())
@some
def test_a_story_that_breaks_off_anywhere_is_found(definition, data):
    life = Life(definition, lambda options: data.draw(st.sampled_from(options)))
    life.happen(data.draw(st.integers(0, 10)))
    content = b"".join(lines([story_of(*told(life.compiled, "s", [event for event, _ in life.moments]))]))
    end = data.draw(st.integers(0, len(content) - 1))

    assert not audit(content[:end].splitlines(keepends=True)).is_sound


def falsified(change):
    """The story of an order in which somebody has changed something, and has made the hashes anew."""
    datas = [json.loads(line) for line in lines([story_of(*an_order())])]
    change(datas)
    return messages(resealed([canonical(data) for data in datas]))


def say_refused(datas):
    datas[2]["event"] = {**datas[2]["event"], "type": "StepFailed", "error": {"code": "Refused"}}
    del datas[2]["event"]["output"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d[-1]["end"].update(status="compensated"), 'status is said to be "compensated"; its events lead to "completed"'),
        (lambda d: d[-1]["end"].update(output={"n": 8}), 'output is said to be {"n":8}'),
        (lambda d: d[-1]["end"].update(error={"code": "E", "message": "", "state": None}), "error is said to be"),
        (lambda d: d[-1]["end"].update(created_at=0.5), "beginning is said to be 0.5"),
        (lambda d: d[-1]["end"].update(events=2), "another number of events than the 3"),
        (lambda d: d[1]["event"]["input"].update(card="5111"), "event 2 cannot have happened"),
        (lambda d: d[2]["event"].update(state="nowhere"), "event 2 cannot have happened"),
        (say_refused, "cannot have happened"),
        (lambda d: d[2]["event"].update(seq=3), "event 2 has the number 3"),
        (lambda d: d[2].update(event=[]), "event 2 cannot have happened"),
        (lambda d: d.pop(2), "another number of events"),
        (lambda d: d[0]["story"]["definition"].update(text=TEXT.replace("read_only", "retriable")), "the definition has the hash"),
        (lambda d: d[0]["story"]["definition"].update(text="name: 1"), "cannot read the definition"),
        (lambda d: d[0]["story"]["saga"].update(name="other"), "ran another definition"),
        (lambda d: d[1]["event"].update(hash="0" * 64), "event 1 cannot have happened"),
        (lambda d: d[0]["story"].update(runs=["order-1/pay"]), "the story of order-1/pay, which belongs to this one, is missing"),
        (lambda d: d[0]["story"].update(runs=[[]]), "no story of the format"),
        (lambda d: d[0]["story"].update(previous=[]), "goes on with another hash"),
        (lambda d: d[0].update(story=7), "no story of the format"),
    ],
)  # fmt: skip
def test_what_does_not_follow_from_the_events_is_found_even_if_every_hash_fits(change, message):
    assert message in falsified(change)


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b"[]\n", b'{"end":1}\n', b"\xff\n", b"[" * 100_000, b'"story"\n'])
def test_what_is_no_line_of_a_story_is_said_to_be_none(line):
    assert not audit([line]).is_sound


def test_an_empty_file_has_no_story_in_it():
    assert messages([]) == "there is no story in it"


def test_a_story_with_blanks_in_it_has_been_changed_although_it_says_the_same():
    written = list(lines([story_of(*an_order())]))

    assert "it was changed" in messages([written[0].replace(b'":', b'": ', 1), *written[1:]])


def test_what_is_sensitive_is_not_told_and_its_hashes_fit_all_the_same():
    written = list(lines([masked_story_of(*an_order())]))
    found = audit(written)

    assert b"4111" not in b"".join(written[1:])
    assert found.is_sound
    assert found.notes == ["order-1: replayed without what is masked: there are values with which it fits"]


def test_a_masked_story_that_needs_no_masked_value_to_be_replayed_is_replayed_as_it_is():
    found = audit(list(lines([masked_story_of(*an_order(card="4222"))])))

    assert (found.findings, found.notes) == ([], [])


def test_where_a_step_reads_inside_of_what_is_masked_the_story_is_replayed_without_it():
    compiled = compile_saga(
        load("""
name: parcel
sensitive: [input.person]
input:
  type: object
  required: [person]
  properties: {person: {type: object, required: [email, zip], properties: {email: {type: string}, zip: {type: array}}}}
steps:
  - {id: tell, service: post, action: tell, kind: read_only, payload: {to: "${input.person.email}"}}
  - {id: each, type: map, items: input.person.zip, kind: read_only, steps: [
      {id: check, service: post, action: check, kind: read_only, payload: {zip: "${item}"}}]}
""")
    )
    person = {"email": "ada@example.org", "zip": ["1000-1", "1000-2"]}
    happened = [
        compiled.started({"person": person}),
        StepSucceeded("tell", 1, {"sent_to": "ada@example.org"}),
        *(StepSucceeded("check", 1, {}, region=str(i)) for i in range(2)),
    ]
    events = [replace(event, seq=n, at=float(n)) for n, event in enumerate(happened, 1)]
    story = masked_story_of(*told(compiled, "parcel-1", events))

    assert audit(list(lines([story]))).notes == [
        "parcel-1: replayed without what is masked: there are values with which it fits"
    ]
    lost = replace(
        story, events=[{**event, "seq": n} for n, event in enumerate([story.events[0], *story.events[2:]], 1)]
    )
    assert audit(list(lines([lost]))).notes[0].startswith("parcel-1: not replayed, as it is masked: event 2")
    undone = replace(story, row=replace(story.row, status="compensated"))
    assert audit(list(lines([undone]))).notes[0].startswith("parcel-1: not replayed, as it is masked")


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda story: {"events": [*story.events[:1], *story.events[2:]]}, "event 2 has the number 3"),
        (lambda story: {"events": [{**story.events[0], "type": "Nothing"}, *story.events[1:]]}, "event 1 cannot have"),
        (lambda story: {"row": replace(story.row, created_at=7.5)}, "its beginning is said to be 7.5"),
        (lambda story: {"row": replace(story.row, version="9")}, "the saga says that it ran another definition"),
    ],
)
def test_what_no_mask_can_explain_is_wrong_in_a_masked_story_too(change, finding):
    story = masked_story_of(*an_order())

    found = audit(list(lines([replace(story, **change(story))])))

    assert any(each.message.startswith(finding) for each in found.findings), found


def starred(data):
    """The event, or the output, with nothing in it but stars."""
    return {name: MASK if name in ("input", "output", "payload") and value else value for name, value in data.items()}


@given(definitions(), st.data())
@some
def test_the_story_of_any_saga_fits_its_events_with_nothing_but_stars_in_them_too(definition, data):
    life = Life(definition, lambda options: data.draw(st.sampled_from(options)))
    life.happen(data.draw(st.integers(0, 20)))
    story = story_of(*told(life.compiled, "s", [event for event, _ in life.moments]))
    story = replace(story, events=[starred(event) for event in story.events], output=MASK, masked=["input"])

    found = audit(list(lines([story])))

    assert found.findings == []
    has_maps = any(isinstance(state, Map) for state in definition.all_states.values())
    assert has_maps or found.notes == ["s: replayed without what is masked: there are values with which it fits"]


def test_a_failed_saga_tells_why():
    compiled = compile_saga(load(TEXT))
    events = [compiled.started({"card": "", "n": 1}), StepFailed("ship", 1, Failure("Lost", "at sea", retryable=False))]
    row, *rest = told(compiled, "o", [replace(event, seq=n, at=1.5) for n, event in enumerate(events, 1)])
    written = list(lines([story_of(row, *rest)]))

    assert audit(written).is_sound
    assert json.loads(written[-1])["end"]["error"] == {"code": "Lost", "message": "at sea", "state": "ship"}


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_canonical_json_says_the_same_and_is_written_in_one_way_only(data):
    text = canonical(data)

    assert canonical(json.loads(text)) == text
    assert repr(json.loads(text)) == repr(json.loads(json.dumps(data, sort_keys=True)))


def test_canonical_json_is_as_the_reference_says():
    assert (
        canonical({"b": [1, 1.0, 1e300, True, None], "a": "é\n\ud800"})
        == '{"a":"é\\n\\ud800","b":[1,1.0,1e+300,true,null]}'.encode()
    )


def test_a_definition_has_to_have_the_hash_that_it_is_said_to_have():
    row, stored, saga, events = an_order()
    old = StoredDefinition(stored.name, stored.version, "0" * 64, stored.text, 0.0)
    assert "the definition has the hash" in messages(list(lines([story_of(row, old, saga, events)])))
