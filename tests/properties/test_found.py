"""Lives that once went wrong, found by the laws of this folder."""

import pytest

from sagadsl import UnexpectedEvent
from sagadsl.machine.events import StepResolved, StepSkipped
from tests.machine.build import branch, definition, map_of, parallel, succeed, task
from tests.machine.story import Story

PAIR = definition(
    parallel(
        "both",
        {
            "left": branch(task("a", "l"), succeed("l")),
            "right": branch(task("b", "c"), task("c", "r"), succeed("r")),
        },
        "after",
        on_failure="fail",
    ),
    task("after", "end"),
    succeed("end"),
)


@pytest.mark.parametrize("decision", [StepResolved, StepSkipped])
def test_when_a_parallel_has_been_decided_by_hand_its_steps_can_be_no_longer(decision):
    story = Story(PAIR).fails(state="a", retryable=False).succeeds("b")
    assert story.status == "failed"

    story.given(decision("both"))
    assert (story.saga.state, story.wants[-1]) == ("after", "do after")

    with pytest.raises(UnexpectedEvent, match="not at 'a'"):
        story.given(StepResolved("a"))


EACH = definition(
    map_of("each", "input.items", branch(task("a", "b"), task("b", "e"), succeed("e")), "end", max_failures=1),
    succeed("end"),
)


def two_items():
    return Story(EACH, {"items": [1, 2]}, timeout=60.0).fails(state="a/0", retryable=False)


def test_an_item_whose_failure_was_borne_goes_on_when_its_step_is_resolved_and_is_stopped_like_any_other():
    story = two_items().given(StepResolved("a", region="0"))
    assert story.wants == ["do b/0"]

    story.saga_times_out()
    while story.status == "compensating":
        story.succeeds()

    assert story.status == "compensated"
    assert [step.label for step in story.saga.done] == ["a/0", "b/0", "a/1"]
    assert {step.status for step in story.saga.done} == {"compensated"}


def test_a_resolved_item_counts_as_one_that_did_not_fail():
    story = two_items().given(StepResolved("a", region="0"))

    story.succeeds("b/0").fails(state="a/1", retryable=False)

    assert story.status == "completed"


def test_after_the_map_its_failed_items_are_history():
    story = two_items().succeeds("a/1").succeeds("b/1")
    assert story.status == "completed"

    again = definition(*[*EACH.states.values()][:1], task("end", "real_end"), succeed("real_end"))
    story = Story(again, {"items": [1, 2]}).fails(state="a/0", retryable=False).succeeds("a/1").succeeds("b/1")
    assert story.saga.state == "end"
    with pytest.raises(UnexpectedEvent, match="not at 'a'"):
        story.given(StepSkipped("a", region="0"))
