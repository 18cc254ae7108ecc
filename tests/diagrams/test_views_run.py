"""A run on the picture: told by its events, replayed, and by words and signs as well as by colours."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagadsl import UnexpectedEvent, compile_saga
from sagadsl.diagrams import theme
from sagadsl.diagrams.labels import mark_words
from sagadsl.diagrams.marking import span
from sagadsl.diagrams.sequence_model import Fragment, Remark
from sagadsl.diagrams.views import VIEWS, RunPicture, ViewError, picture, to_dot, to_mermaid, to_plantuml
from sagadsl.language.definition import Catch, Fail
from sagadsl.machine.events import (
    CompensationFailed,
    CompensationSucceeded,
    Failure,
    SignalReceived,
    StepFailed,
    StepSucceeded,
    TimerFired,
)
from tests.diagrams.test_regions import WAREHOUSE
from tests.machine.build import choice, definition, succeed, task, wait
from tests.strategies import AN_INPUT, definitions

ORDER = definition(
    task("reserve", "size"),
    choice("size", {"input.amount > 500.0": "screen"}, "charge"),
    task("screen", "charge", kind="read_only"),
    task("charge", "decide"),
    wait("decide", "ship", signal="go"),
    task("ship", "done"),
    succeed("done"),
).vary(retries={"charge": 3})
LOST = Failure("Lost", "it broke", in_doubt=False)


def events(saga, *happened, amount=9.0):
    return [compile_saga(saga).started({"amount": amount}), *happened]


def run(saga, *happened, view="flow", **keys):
    compiled = compile_saga(saga)
    return picture(compiled, view, run=RunPicture.of(compiled, events(saga, *happened, **keys), "order-1"))


def marks(drawn):
    return {node.id: [mark_words(mark) for mark in node.marks] for node in drawn.nodes if node.marks}


def ways(drawn):
    return {(edge.source, edge.target) for edge in drawn.edges if edge.emphasis == "strong"}


def test_what_went_well_is_told_with_how_long_it_took():
    drawn = run(ORDER, StepSucceeded("reserve", 1, {}, at=1.25))

    assert marks(drawn) == {
        "state-reserve": ["✓ completed · 1.2 s"],
        "state-size": ["✓ passed"],
        "state-charge": ["► running · for 0 ms"],
    }
    assert drawn.remarks == ("run order-1: running after 1.2 s, 2 events",)


def test_the_way_that_was_taken_stands_out_and_the_others_stand_back():
    small, large = (run(ORDER, StepSucceeded("reserve", 1, {}), amount=amount) for amount in (9.0, 900.0))

    assert ways(small) == {("start", "state-reserve"), ("state-reserve", "state-size"), ("state-size", "state-charge")}
    assert ways(large) == {("start", "state-reserve"), ("state-reserve", "state-size"), ("state-size", "state-screen")}
    assert {node.id for node in small.nodes if node.emphasis == "faded"} == {
        "undo-reserve", "state-screen", "undo-charge", "state-decide", "state-ship", "undo-ship", "state-done",
    }  # fmt: skip


def test_what_waits_or_is_tried_again_is_told():
    begun = StepSucceeded("reserve", 1, {}), StepFailed("charge", 1, LOST, at=2.0)
    assert marks(run(ORDER, *begun))["state-charge"] == ["↻ retrying after Lost · for 2.0 s"]

    (pause,) = timers(ORDER, begun)
    again = *begun, TimerFired(pause, at=3.0), StepSucceeded("charge", 2, {}, at=4.0)
    assert marks(run(ORDER, *again))["state-charge"] == ["✓ completed · 2 attempts · 4.0 s"]
    assert marks(run(ORDER, *again))["state-decide"] == ["◷ waiting for go · for 0 ms"]


def timers(saga, happened):
    replayed = compile_saga(saga).replay("order-1", events(saga, *happened))
    return [command.timer_id for command in replayed.outstanding.values() if hasattr(command, "timer_id")]


def test_what_was_undone_is_told_at_the_step_and_at_its_undo():
    plain = ORDER.vary(retries={"charge": 1})
    back = StepSucceeded("reserve", 1, {}), StepFailed("charge", 1, Failure("Lost", in_doubt=True), at=2.0)
    drawn = run(plain, *back, CompensationSucceeded("charge", 1, at=3.0))

    assert marks(drawn)["undo-charge"] == ["↩ undone"]
    assert marks(drawn)["state-charge"] == ["↩ undone, in doubt after Lost · 2.0 s"]
    assert marks(drawn)["undo-reserve"] == ["↺ being undone"]

    stuck = run(plain, *back, CompensationFailed("charge", 1, Failure("Jammed", retryable=False), at=3.0))
    assert marks(stuck)["undo-charge"] == ["‼ failed: Jammed"]
    assert stuck.remarks == ("run order-1: compensation failed after 3.0 s, 4 events; because of Lost at charge",)


def test_a_step_in_a_map_is_told_for_all_its_items():
    compiled = compile_saga(WAREHOUSE)
    happened = [
        compiled.started({"items": [1, 2, 3]}),
        StepSucceeded("reserve", 1, {}),
        StepSucceeded("wrap", 1, {}, region="0"),
        StepFailed("wrap", 1, LOST, region="1"),
    ]
    drawn = picture(compiled, run=RunPicture.of(compiled, happened))
    assert marks(drawn)["state-wrap"] == ["✗ 1 failed", "► 1 running", "✓ 1 completed"]
    assert marks(drawn)["state-inspect"] == ["◷ waiting for inspected · for 0 ms"]


def test_what_may_be_sensitive_is_not_told():
    private = ORDER.vary(retries={"charge": 1}, sensitive=(("input", "amount"),))
    happened = StepSucceeded("reserve", 1, {}), StepFailed("charge", 1, Failure("Lost", "card 4111 refused"), at=2.0)
    compiled = compile_saga(private)
    for view in VIEWS:
        if view != "failure":
            drawn = picture(compiled, view, run=RunPicture.of(compiled, events(private, *happened)))
            assert "4111" not in repr(drawn)
    assert "it broke" in repr(run(ORDER.vary(retries={"charge": 1}), happened[0], StepFailed("charge", 1, LOST)))


def test_the_lifecycles_show_where_the_saga_and_its_steps_are():
    drawn = run(ORDER, StepSucceeded("reserve", 1, {}), view="lifecycle")
    assert marks(drawn) == {
        "saga-running": ["► here"],
        "step-running": ["► 1 step"],
        "step-completed": ["✓ 1 step"],
    }


def test_the_sequence_shows_what_was_called():
    drawn = run(ORDER, StepSucceeded("reserve", 1, {}, at=1.0), view="sequence")
    (alt,) = drawn.sequence.items
    well, badly = alt.sections
    told = {item.state: item.marks[0].kind for item in well.items if getattr(item, "marks", ())}
    assert told == {"reserve": "completed", "charge": "running"}
    assert all(item.emphasis == "faded" for item in badly.items)


JUDGED = definition(
    choice("judge", {"input.amount > 500.0": "pay", "input.amount > 100.0": "review"}, "prepare"),
    task("review", "pay", kind="read_only"),
    task("prepare", "pay", catch=(Catch(("Lost",), "lost"),)),
    task("pay", "done", kind="pivot"),
    succeed("done"),
    Fail(name="lost", error="Failed", message=None),
)


def remarks(items):
    """Each remark of a sequence, and whether it stands back."""
    for item in items:
        if isinstance(item, Remark):
            yield item.text, item.emphasis == "faded"
        elif isinstance(item, Fragment):
            yield from (each for section in item.sections for each in remarks(section.items))


def test_in_a_sequence_the_remarks_on_ways_that_were_not_taken_stand_back():
    short = dict(remarks(run(JUDGED, StepSucceeded("pay", 1, {}), view="sequence", amount=900.0).sequence.items))
    long = dict(remarks(run(JUDGED, StepSucceeded("prepare", 1, {}), view="sequence").sequence.items))

    told = ("goes on at pay", "point of no return", "lost: fails with Failed")
    assert [short[words] for words in told] == [False, False, True]
    assert [long[words] for words in told] == [True, True, True]


def test_a_state_that_was_reached_is_told_wherever_it_is_drawn():
    story = [StepFailed("prepare", 1, LOST)]
    assert dict(remarks(run(JUDGED, *story, view="sequence").sequence.items))["lost: fails with Failed"] is False
    assert marks(run(JUDGED, *story))["state-lost"] == ["✗ failed here"]
    assert marks(run(JUDGED, *story, view="machine"))["state-lost"] == ["✗ failed here"]


def test_the_headline_ends_with_the_words_of_the_error():
    drawn = run(ORDER, StepFailed("reserve", 1, Failure("Sold", "There are none left.", in_doubt=False)))
    (headline,) = drawn.remarks
    assert headline.endswith("; because of Sold at reserve: There are none left.")


def test_events_of_another_saga_are_refused():
    with pytest.raises(UnexpectedEvent):
        RunPicture.of(compile_saga(ORDER), events(ORDER, StepSucceeded("ship", 1, {})))


def test_a_run_goes_on_no_picture_of_what_would_happen():
    compiled = compile_saga(ORDER)
    with pytest.raises(ViewError, match="what would happen"):
        picture(compiled, "failure", state="charge", run=RunPicture.of(compiled, events(ORDER)))


def test_looking_leaves_no_trace_on_the_compiled_saga():
    compiled = compile_saga(ORDER)
    before = [len(rows[0].after) for event in compiled.flow.events.values() for rows in event.transitions.values()]
    RunPicture.of(compiled, events(ORDER))
    after = [len(rows[0].after) for event in compiled.flow.events.values() for rows in event.transitions.values()]
    assert before == after


@settings(max_examples=25, deadline=None)
@given(definitions(), st.randoms(use_true_random=False))
def test_any_run_of_any_saga_can_be_drawn_at_every_moment(definition, random):
    compiled = compile_saga(definition)
    for seen in RunPicture.each(compiled, wander(compiled, random), "any"):
        for view in ("flow", "machine", "lifecycle", "sequence"):
            drawn = picture(compiled, view, run=seen)
            for write in (to_dot, to_mermaid, to_plantuml):
                assert write(drawn)
        by_state = {node.id: node for node in picture(compiled, run=seen).nodes}
        for state in definition.all_states:
            assert bool(by_state[f"state-{state}"].marks) == (state in seen.passed)


def wander(compiled, random):
    """Events that lead a saga anywhere: what it asks for is answered well or badly, and signals come."""
    happened = [compiled.started(AN_INPUT)]
    saga = compiled.replay("any", happened)
    for _ in range(12):
        calls = [command for command in saga.outstanding.values() if hasattr(command, "attempt")]
        timers = [command.timer_id for command in saga.outstanding.values() if hasattr(command, "timer_id")]
        event = _next(calls, timers, random)
        if event is None:
            break
        try:
            saga.apply(event)
        except UnexpectedEvent:
            continue
        happened.append(event)
    return happened


def _next(calls, timers, random):
    kind = random.choice(["well", "well", "badly", "signal", "timer"])
    if kind == "signal":
        return SignalReceived(random.choice(["go", "decided"]), {})
    if kind == "timer" and timers:
        return TimerFired(random.choice(timers))
    if not calls:
        return None
    call = random.choice(calls)
    where = {"execution": call.execution, "region": call.region}
    if type(call).__name__.startswith("Compensate"):
        failed = CompensationFailed(call.state, call.attempt, LOST, **where)
        return CompensationSucceeded(call.state, call.attempt, **where) if kind == "well" else failed
    answer = {"ref": "r", "again": False, "declined": False, "items": ["x"]}
    if kind == "well":
        return StepSucceeded(call.state, call.attempt, answer, **where)
    return StepFailed(call.state, call.attempt, random.choice([LOST, Failure("Timeout", in_doubt=True)]), **where)


def test_every_mark_has_a_sign_of_its_own_or_a_line_of_its_own():
    looks = [(style.sign, style.outline, style.line_width) for kind, style in theme.MARKS.items() if kind != "passed"]
    assert len(set(looks)) == len(looks)
    assert all(style.sign for style in theme.MARKS.values())


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0, "0 ms"), (0.2304, "230 ms"), (1.25, "1.2 s"), (59.9, "59.9 s"), (330.2, "5m30s")]
)
def test_spans_are_short_to_read(seconds, words):
    assert span(seconds) == words
