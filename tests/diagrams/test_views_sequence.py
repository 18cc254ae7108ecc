"""The sequence of a saga: calls in order, alternatives up to where they meet, the undo as the failing alternative."""

from itertools import pairwise

from hypothesis import given, settings

from sagadsl import compile_saga
from sagadsl.diagrams.sequence_layout import SequenceLayout
from sagadsl.diagrams.sequence_model import Fragment, Message
from sagadsl.diagrams.sequence_view import DEEPEST
from sagadsl.diagrams.text import measure
from sagadsl.diagrams.views import picture
from sagadsl.language.definition import Catch, Fail, OnFailure, Task, walk
from tests.diagrams.test_regions import WAREHOUSE
from tests.machine.build import choice, definition, succeed, task, wait
from tests.strategies import definitions


def sequence(saga):
    return picture(compile_saga(saga), "sequence").sequence


def told(items):
    """A sequence as nested lists, to read it."""
    return [
        [item.kind, *([section.title, told(section.items)] for section in item.sections)]
        if isinstance(item, Fragment)
        else item.text
        for item in items
    ]


def messages(items):
    """Every message at any depth, from the top."""
    for item in items:
        if isinstance(item, Message):
            yield item
        elif isinstance(item, Fragment):
            for section in item.sections:
                yield from messages(section.items)


def going_well(saga):
    """What is told of the saga if all goes well."""
    items = told(sequence(saga).items)
    return items[0][1][1] if items[0][:1] == ["alt"] and items[0][1][0] == "all goes well" else items


def plain(name, next_, **keys):
    return task(name, next_, kind="read_only", **keys)


def test_calls_stand_in_order_and_the_undo_in_reverse():
    saga = definition(task("a", "b"), task("b", "done", kind="pivot"), succeed("done"))
    assert told(sequence(saga).items) == [
        [
            "alt",
            ["all goes well", ["a: a", "b: b", "point of no return", "done: completed"]],
            [
                "a step fails before the point of no return, and nothing catches it",
                [
                    "undoes the steps that were done, in the reverse order of their completion",
                    "undo_b: undoes b, if it is in doubt",
                    "undo_a: undoes a",
                    "compensated",
                ],
            ],
        ]
    ]


def test_what_is_undone_all_at_once_is_side_by_side():
    saga = definition(task("a", "b"), task("b", "done"), succeed("done")).vary(order="parallel")
    (alternatives,) = sequence(saga).items
    assert told(alternatives.sections[1].items)[1] == ["par", ["b", ["undo_b: undoes b"]], ["a", ["undo_a: undoes a"]]]


def test_what_comes_after_the_pivot_is_never_undone():
    saga = definition(
        plain("a", "b"), plain("b", "c"), task("c", "d", kind="pivot"), task("d", "done"), succeed("done")
    )
    (alternatives,) = sequence(saga).items
    assert [message.state for message in messages(alternatives.sections[1].items)] == ["c"]


def test_the_ways_out_of_a_choice_are_drawn_up_to_where_they_meet():
    saga = definition(
        choice("which", {"input.a > 1": "one", "input.a > 2": "two"}, "after"),
        plain("one", "after"),
        plain("two", "after"),
        plain("after", "done"),
        succeed("done"),
    )
    assert going_well(saga) == [
        [
            "alt",
            ["which: input.a > 1", ["one: one"]],
            ["which: input.a > 2", ["two: two"]],
            ["which: otherwise", ["goes on at after"]],
        ],
        "after: after",
        "done: completed",
    ]


def test_one_way_round_is_an_option_and_one_into_failure_a_break():
    round_it = choice("which", {"input.a > 1": "more"}, "done")
    assert going_well(definition(round_it, plain("more", "done"), succeed("done"))) == [
        ["opt", ["which: input.a > 1", ["more: more"]]],
        "done: completed",
    ]
    refused = choice("which", {"input.a > 1": "no"}, "done")
    assert going_well(definition(refused, Fail(name="no", error="Refused"), succeed("done"))) == [
        ["break", ["which: input.a > 1", ["no: fails with Refused"]]],
        "done: completed",
    ]


def test_a_caught_error_leaves_the_flow_and_says_where_it_comes_back():
    step = plain("a", "b", catch=(Catch(("Lost",), "instead"), Catch(("*",), "b")), on_failure=None)
    saga = definition(step, plain("b", "c"), plain("c", "done"), plain("instead", "c"), succeed("done"))
    assert going_well(saga) == [
        "a: a",
        ["break", ["a fails with Lost", ["instead: instead", "goes on at c"]]],
        ["opt", ["a fails with any error", ["goes on at b all the same"]]],
        "b: b",
        "c: c",
        "done: completed",
    ]


def test_a_cycle_is_drawn_once_and_then_referred_to():
    saga = definition(plain("a", "again"), choice("again", {"input.a > 1": "a"}, "done"), succeed("done"))
    assert going_well(saga) == [
        "a: a",
        ["opt", ["again: input.a > 1", ["goes on at a, see there"]]],
        "done: completed",
    ]


def test_waits_signals_and_time_outs_are_told():
    saga = definition(
        wait("pause", "decide", for_=90.0),
        wait("decide", "done", signal="go", timeout=60.0, on_timeout="remind"),
        plain("remind", "done", on_failure=OnFailure("continue")),
        succeed("done"),
    )
    assert going_well(saga) == [
        "pause: waits 1m30s",
        "decide: the signal go, within 1m",
        ["opt", ["no signal in time", ["remind: remind", "if remind fails, the saga goes on"]]],
        "done: completed",
    ]
    assert [line.kind for line in sequence(saga).lifelines] == ["saga", "outside", "service"]


def test_branches_are_side_by_side_and_a_body_is_a_loop():
    items = going_well(WAREHOUSE)
    assert items[1][0] == "par"
    assert [title for title, _ in items[1][1:]] == ["both: customs", "both: packing"]
    assert items[1][2][1][0] == ["loop", ["pack: for each item of input.items", ["wrap: wrap", "packed: completed"]]]


@settings(max_examples=60, deadline=None)
@given(definitions())
def test_every_call_of_any_saga_is_told_once(saga):
    drawn = sequence(saga)
    ids = {line.id for line in drawn.lifelines}
    calls = [message for message in messages(drawn.items) if message.kind == "call"]
    tasks = [state.name for state in walk(saga.states) if isinstance(state, Task)]
    assert {message.source for message in calls} <= {"saga"}
    assert all(message.target in ids for message in messages(drawn.items))
    assert len({message.state for message in calls}) == len(calls)
    assert set(tasks) <= {message.state for message in calls}


@settings(max_examples=40, deadline=None)
@given(definitions())
def test_nothing_in_a_sequence_overlaps(saga):
    layout = SequenceLayout(picture(compile_saga(saga), "sequence"))
    boxes = [box for box in layout.boxes if not box.id.startswith("frame-")]
    rows = sorted(boxes, key=lambda box: (box.top, box.left))
    for one, other in pairwise(rows):
        side_by_side = one.left + one.width <= other.left + 0.01 or other.left + other.width <= one.left + 0.01
        assert side_by_side or one.top + one.height <= other.top + 0.01, (one, other)
    assert all(box.left >= -0.01 for box in layout.boxes)
    assert len({part.id for part in (*layout.boxes, *layout.strokes)}) == len(layout.boxes) + len(layout.strokes)


def test_no_word_crosses_a_lifeline(everything):
    drawn = picture(compile_saga(everything), "sequence")
    layout = SequenceLayout(drawn)
    lifelines = sorted(stroke.start[0] for stroke in layout.strokes if stroke.id.startswith("lifeline-"))
    words = [box for box in layout.boxes if box.id.startswith(("words-", "state-", "undo-", "remark"))]
    assert words
    assert all(box.left + box.width < lifelines[1] for box in words)


def test_a_name_that_is_cut_takes_no_more_room_than_what_is_shown_of_it():
    saga = definition(task("a", "end"), succeed("end")).vary(name="a_saga_with_a_very_long_name_" * 2)
    whole, *_ = picture(compile_saga(saga), "sequence").sequence.lifelines
    head, *_ = (box for box in SequenceLayout(picture(compile_saga(saga), "sequence")).boxes if box.id == whole.id)

    assert head.lines[0].endswith("…")
    assert (
        measure(head.lines[0], head.size, bold=head.bold) < head.width < measure(whole.title, head.size, bold=head.bold)
    )
    assert whole.title in head.tooltip


def test_ways_that_never_meet_again_are_breaks_beside_the_one_that_leads_furthest():
    saga = definition(
        choice("which", {"input.a > 1": "early"}, "on"),
        plain("on", "more"),
        plain("more", "done"),
        succeed("early"),
        succeed("done"),
    )
    assert going_well(saga) == [
        ["break", ["which: input.a > 1", ["early: completed"]]],
        "on: on",
        "more: more",
        "done: completed",
    ]


def test_many_choices_in_a_row_are_not_drawn_inside_each_other():
    states = [choice(f"c{i}", {f"input.a > {i}": f"end{i}"}, f"c{i + 1}") for i in range(300)]
    ends = [succeed(f"end{i}") for i in range(300)]
    items = sequence(definition(*states, plain("c300", "done"), *ends, succeed("done"))).items
    assert [item.kind for item in items[:300]] == ["break"] * 300


def test_handlers_of_handlers_are_drawn_below_when_they_lie_too_deep():
    catch = [(Catch(("Lost",), f"h{i + 1}"),) for i in range(300)]
    states = [plain(f"h{i}", "done", catch=catch[i]) for i in range(300)]
    items = sequence(definition(*states, plain("h300", "done"), succeed("done"))).items
    told_of = [message.state for message in messages(items)]
    assert sorted(told_of) == sorted(f"h{i}" for i in range(301))
    assert deepest(items) <= DEEPEST + 2


def deepest(items):
    inner = [deepest(section.items) for item in items if isinstance(item, Fragment) for section in item.sections]
    return 1 + max(inner) if inner else 0
