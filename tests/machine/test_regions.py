"""Branches and items: side by side, joined, stopped when one fails, and undone in the order of completion."""

import pytest

from sagadsl import UnexpectedEvent
from sagadsl.machine.commands import Finish
from sagadsl.machine.events import (
    CompensationRequested,
    RetryRequested,
    SignalReceived,
    StepResolved,
    StepSkipped,
)
from tests.machine.build import branch, choice, definition, map_of, parallel, succeed, task, wait
from tests.machine.story import Story


def two_branches(**kwargs):
    """a, then (b1 b2 | c1 c2), then d."""
    return definition(
        task("a", next="both"),
        parallel(
            "both",
            {
                "left": branch(
                    task("b1", next="b2"), task("b2", next="b_end"), succeed("b_end", "${states.b2.output}")
                ),
                "right": branch(task("c1", next="c2"), task("c2", next="c_end"), succeed("c_end", {"c": 1})),
            },
            next="d",
            **kwargs,
        ),
        task("d", next="end", payload={"of": "${states.both.output}", "b1": "${states.b1.output}"}),
        succeed("end"),
    )


def test_branches_run_side_by_side_and_join_when_all_have_ended():
    story = Story(two_branches()).succeeds()
    assert story.wants == ["do b1", "do c1"]

    story.succeeds("b1", {"x": 1})
    assert story.wants == ["do b2"]
    story.succeeds("b2", {"y": 2})
    assert story.wants == []
    story.succeeds("c1").succeeds("c2")

    assert story.wants == ["do d"]
    assert story.call().payload == {"of": {"left": {"y": 2}, "right": {"c": 1}}, "b1": {"x": 1}}
    assert story.succeeds().wants == ["completed"]


def test_when_a_branch_fails_no_step_starts_in_the_others_and_those_in_flight_are_awaited():
    story = Story(two_branches()).succeeds().fails(state="b1")
    assert story.wants == []
    assert story.status == "running"

    story.succeeds("c1")
    assert story.wants == ["undo c1"]
    assert story.saga.error_state == "b1"
    assert story.succeeds().wants == ["undo a"]
    assert story.succeeds().wants == ["compensated"]


def test_compensation_is_the_reverse_of_the_order_of_completion_across_branches():
    story = Story(two_branches()).succeeds()
    for state in ("c1", "b1", "c2", "b2"):
        story.succeeds(state)
    story.fails()

    order = []
    while story.wants != ["compensated"]:
        order += story.wants
        story.succeeds()
    assert order == ["undo b2", "undo c2", "undo b1", "undo c1", "undo a"]


def test_a_retry_that_another_branch_waits_for_is_given_up_when_one_fails():
    story = Story(two_branches(), retries={"c1": 3}).succeeds().fails(state="c1")
    assert story.wants == ["wait 1"]

    story.fails(state="b1")
    assert story.wants == ["cancel c1/retry/1", "undo a"]


def test_a_failure_inside_can_be_caught_outside_and_then_nothing_is_undone():
    story = Story(two_branches(catch={"Broken": "d"})).succeeds().succeeds("c1").fails(state="b1")
    assert story.wants == []

    story.succeeds("c2")
    assert story.wants == ["compensated"] or story.call().state == "d"


def test_a_parallel_that_may_fail_is_left_behind_with_continue():
    text = two_branches(on_failure="continue")
    story = Story(text.with_payload("d", {})).succeeds().fails(state="b1").fails(state="c1")

    assert story.wants == ["do d"]
    assert story.status_of("both") == "failed"


def test_steps_in_flight_are_in_doubt_when_the_saga_times_out():
    story = Story(two_branches(), timeout=60.0).succeeds().succeeds("b1").saga_times_out(60)

    assert story.wants == ["undo c1"]
    order = [story.wants[0]]
    while story.wants != ["compensated"]:
        story.succeeds()
        order += story.wants
    assert order == ["undo c1", "undo b2", "undo b1", "undo a", "compensated"]


def test_after_the_pivot_a_branch_that_fails_leaves_the_saga_failed_and_a_retry_goes_on_where_each_branch_was():
    story = Story(two_branches(), kinds={"a": "pivot"}).succeeds().succeeds("b1").fails(state="b2").succeeds("c1")
    assert story.wants == ["failed"]

    story.given(RetryRequested())
    assert story.wants == ["do b2", "do c2"]
    assert story.call_of("b2").attempt == 2
    assert story.succeeds("b2").succeeds("c2").wants == ["do d"]


def test_a_person_resolves_the_step_that_failed_inside_and_the_others_go_on():
    story = Story(two_branches(), kinds={"a": "pivot"}).succeeds().fails(state="b1").succeeds("c1")
    assert story.wants == ["failed"]

    story.given(StepResolved("b1", {"x": 9}))
    assert sorted(story.wants) == ["do b2", "do c2"]
    story.succeeds("b2").succeeds("c2")
    assert story.call().payload["b1"] == {"x": 9}


def test_a_person_skips_the_step_that_failed_inside():
    story = Story(two_branches(), kinds={"a": "pivot"}).succeeds().fails(state="b1").succeeds("c1")

    assert sorted(story.given(StepSkipped("b1")).wants) == ["do b2", "do c2"]


def test_a_step_inside_a_region_that_was_left_behind_is_not_resolved():
    story = Story(two_branches(on_failure="continue").with_payload("d", {})).succeeds().fails(state="b1")
    story.fails(state="c1")

    with pytest.raises(UnexpectedEvent, match="not at 'b1'"):
        story.given(StepResolved("b1"))


def test_a_saga_told_to_compensate_stops_all_branches():
    story = Story(two_branches()).succeeds().succeeds("b1").given(CompensationRequested())

    assert story.wants == ["undo c1"]


NESTED = definition(
    parallel(
        "outer",
        {
            "one": branch(
                parallel(
                    "inner",
                    {
                        "x": branch(task("x1", next="x_end"), succeed("x_end", 1)),
                        "y": branch(task("y1", next="y_end"), succeed("y_end", 2)),
                    },
                    next="one_end",
                ),
                succeed("one_end", "${states.inner.output}"),
            ),
            "two": branch(task("z1", next="z2"), task("z2", next="two_end"), succeed("two_end")),
        },
        next="end",
    ),
    succeed("end", "${states.outer.output}"),
)


def test_regions_nest():
    story = Story(NESTED)
    assert story.wants == ["do x1", "do y1", "do z1"]

    story.succeeds("y1").succeeds("z1").succeeds("x1").succeeds("z2")

    assert story.commands == [Finish("completed", {"one": {"x": 1, "y": 2}, "two": {}})]


def test_a_failure_deep_inside_stops_everything_around_it():
    story = Story(NESTED).fails(state="x1").succeeds("z1")
    assert story.wants == ["do z2"]  # `inner` has not failed yet, and might catch it

    assert story.succeeds("y1").wants == []
    assert story.succeeds("z2").wants == ["undo z2"]
    assert story.succeeds().wants == ["undo y1"]


def test_a_failure_outside_stops_what_is_deep_inside():
    story = Story(NESTED).fails(state="z1").succeeds("x1")
    assert story.wants == []

    assert story.succeeds("y1").wants == ["undo y1"]


def packing(**kwargs):
    after = task("ship", next="end", payload={"all": "${states.pack.output}"})
    body = branch(
        task("wrap", next="label", payload={"what": "${item.name}", "place": "${index}"}),
        task("label", next="packed", payload={"code": "${states.wrap.output.code}"}),
        succeed("packed", "${states.label.output}"),
    )
    return definition(map_of("pack", "input.items", body, next="ship", **kwargs), after, succeed("end"))


ITEMS = {"items": [{"name": "cup"}, {"name": "pot"}, {"name": "jar"}]}


def test_a_map_runs_its_body_for_each_item_and_gives_the_outputs_in_the_items_order():
    story = Story(packing(), ITEMS)
    assert [call.payload for call in story.commands] == [
        {"what": "cup", "place": 0},
        {"what": "pot", "place": 1},
        {"what": "jar", "place": 2},
    ]
    assert [call.key for call in story.commands] == ["s1/wrap/0", "s1/wrap/1", "s1/wrap/2"]

    for index in (2, 0, 1):
        story.succeeds(f"wrap/{index}", {"code": f"c{index}"})
        assert story.call_of(f"label/{index}").payload == {"code": f"c{index}"}
    for index in (1, 2, 0):
        story.succeeds(f"label/{index}", index)

    assert story.call().payload == {"all": [0, 1, 2]}


def test_a_map_runs_as_many_items_at_once_as_it_may():
    story = Story(packing(max_concurrency=2), ITEMS)
    assert story.wants == ["do wrap/0", "do wrap/1"]

    story.succeeds("wrap/1", {"code": 1}).succeeds("label/1")
    assert story.wants == ["do wrap/2"]


def test_a_map_over_nothing_gives_nothing():
    assert Story(packing(), {"items": []}).call().payload == {"all": []}


def test_items_that_are_no_list_are_invalid():
    story = Story(packing(), {"items": 3})

    assert story.wants == ["compensated"]
    assert story.saga.error.code == "InvalidPayload"


def test_an_item_that_fails_fails_the_map_once_the_others_are_at_rest_and_each_step_is_undone_with_its_key():
    story = Story(packing(), ITEMS).succeeds("wrap/0", {"code": 1}).fails(state="wrap/1").succeeds("label/0")
    assert story.wants == []

    story.succeeds("wrap/2", {"code": 3})
    assert [(c.state, c.region, c.key, c.undoes) for c in story.commands] == [
        ("wrap", "2", "s1/wrap/2/compensate", "s1/wrap/2")
    ]
    assert story.succeeds().wants == ["undo label/0"]
    assert story.succeeds().wants == ["undo wrap/0"]
    assert story.succeeds().wants == ["compensated"]


def test_a_map_bears_as_many_failures_as_it_may():
    story = Story(packing(max_failures=1), ITEMS).fails(state="wrap/1")
    for index in (0, 2):
        story.succeeds(f"wrap/{index}", {"code": index}).succeeds(f"label/{index}", index)

    assert story.call().payload == {"all": [0, None, 2]}


def test_a_thousand_items_that_call_nobody_are_joined_at_once():
    text = definition(
        map_of("m", "input.items", branch(succeed("s", "${item}")), next="end"), succeed("end", "${states.m.output}")
    )
    story = Story(text, {"items": list(range(1000))})

    assert story.commands == [Finish("completed", list(range(1000)))]


def test_waits_and_signals_inside_branches_stop_and_go_on_with_the_others():
    text = definition(
        task("a", next="both", kind="pivot"),
        parallel(
            "both",
            {
                "left": branch(wait("w", signal="go", timeout=100.0, next="w_end"), succeed("w_end", "${signals.go}")),
                "right": branch(task("r", next="r_end"), succeed("r_end")),
            },
            next="end",
        ),
        succeed("end", "${states.both.output.left}"),
    )
    story = Story(text).succeeds()
    assert story.wants == ["wait 100", "do r"]
    story.fails(state="r", after=40)
    assert story.wants == ["cancel w/wait/1", "failed"]

    story.given(RetryRequested(), after=10)
    assert story.wants == ["wait 50", "do r"]
    story.given(SignalReceived("go", {"by": "ann"}))
    assert story.succeeds("r").commands == [Finish("completed", {"by": "ann"})]


def test_a_choice_inside_a_branch_that_fails_is_entered_again_after_a_retry():
    text = definition(
        task("a", next="both", kind="pivot"),
        parallel(
            "both",
            {"left": branch(task("t", next="c"), choice("c", {"states.t.output.ok": "e"}), succeed("e"))},
            next="end",
        ),
        succeed("end"),
    )
    story = Story(text).succeeds().succeeds("t", {"ok": False})
    assert story.wants == ["failed"]
    assert (story.saga.error.code, story.saga.error_state) == ("NoChoice", "c")

    assert story.given(RetryRequested()).wants == ["failed"]


@pytest.mark.parametrize("order", ["reverse", "parallel"])
def test_replaying_gives_the_same_saga(order):
    story = Story(two_branches(), order=order).succeeds().succeeds("b1").fails(state="c1").fails(state="b2").succeeds()

    assert story.replayed().snapshot() == story.saga.snapshot()


def test_what_was_stopped_on_the_way_does_not_stay_running_in_a_compensated_saga():
    text = definition(
        parallel(
            "both",
            {
                "left": branch(wait("w", signal="go", next="w_end"), succeed("w_end")),
                "middle": branch(
                    parallel("inner", {"x": branch(wait("v", for_=9.0, next="x_end"), succeed("x_end"))}, next="m_end"),
                    succeed("m_end"),
                ),
                "right": branch(task("r", next="r_end"), succeed("r_end")),
            },
            next="end",
        ),
        succeed("end"),
    )
    story = Story(text).fails(state="r")

    assert story.status == "compensated"
    assert {execution.status for execution in story.saga.executions.values()} == {"failed"}
    assert not story.saga.outstanding
