"""Going backward: which steps are undone, in which order, and what happens when an undo fails."""

import pytest

from sagadsl.machine.commands import Compensate
from sagadsl.machine.events import RetryRequested, StepResolved, StepSucceeded
from tests.machine.story import Story

THREE = """
name: trip
compensation: {order: %s, on_failure: %s}
steps:
  - {id: a, service: s, action: do_a, payload: {x: 1}, compensation: undo_a}
  - {id: b, service: s, action: do_b, compensation: {action: undo_b, retry: {max_attempts: 2, initial_delay: 3s}}}
  - {id: c, service: s, action: do_c, compensation: {service: t, action: undo_c, payload: {id: "${states.c.output.id}", why: "${error.code}"}, timeout: 7s}}
  - {id: d, service: s, action: do_d, kind: read_only}
"""


def after_three(order="reverse", on_failure="halt"):
    story = Story(THREE % (order, on_failure))
    return story.succeeds(output={"id": 1}).succeeds(output={"id": 2}).succeeds(output={"id": 3})


def test_completed_steps_are_undone_in_the_reverse_order_of_their_completion():
    story = after_three().fails("Full")

    order = []
    while story.wants != ["compensated"]:
        order += story.wants
        story.succeeds()

    assert order == ["undo c", "undo b", "undo a"]
    assert story.status == "compensated"
    assert story.saga.error.code == "Full"


def test_a_compensation_gets_its_payload_or_the_steps_input_and_output_and_its_own_key():
    story = after_three().fails("Full")

    assert story.commands == [
        Compensate("c", 1, 1, "t", "undo_c", {"id": 3, "why": "Full"}, "s1/c/compensate", 7.0, "s1/c")
    ]
    story.succeeds().succeeds()
    assert story.commands == [
        Compensate(
            "a",
            1,
            1,
            "s",
            "undo_a",
            {"input": {"x": 1}, "output": {"id": 1}},
            "s1/a/compensate",
            30.0,
            "s1/a",
        )
    ]


def test_parallel_order_undoes_all_at_once_and_waits_for_all():
    story = after_three("parallel").fails()
    assert sorted(story.wants) == ["undo a", "undo b", "undo c"]

    assert story.succeeds("b").wants == []
    assert story.succeeds("a").wants == []
    assert story.succeeds("c").wants == ["compensated"]


def test_a_compensation_is_retried_by_its_own_policy():
    story = after_three().fails().succeeds().fails()
    assert story.wants == ["wait 3"]

    story.timer_fires()
    assert (story.wants, story.call().attempt) == (["undo b"], 2)
    assert story.succeeds().wants == ["undo a"]


def test_an_undo_leaves_the_service_alone_for_as_long_as_it_asks():
    story = after_three().fails().succeeds().fails(retry_after=45.0)
    assert story.status_of("b") == "compensation_failed"
    assert story.timer().delay == 45.0

    assert story.timer_fires().wants == ["undo b"]


def test_halt_stops_at_the_first_compensation_that_cannot_be_done():
    story = after_three().fails().fails()

    assert story.wants == ["compensation_failed"]
    assert story.status_of("c") == "compensation_failed"
    assert story.status_of("b") == story.status_of("a") == "completed"
    assert story.saga.error.code == "Broken"


def test_continue_tries_the_rest_and_still_ends_in_compensation_failed():
    story = after_three(on_failure="continue").fails().fails()
    assert story.wants == ["undo b"]

    assert story.succeeds().succeeds().wants == ["compensation_failed"]
    assert [story.status_of(name) for name in "abc"] == ["compensated", "compensated", "compensation_failed"]


def test_a_retry_goes_on_with_the_compensation_that_failed_and_then_with_the_rest():
    story = after_three().fails().fails().given(RetryRequested())

    assert (story.wants, story.call().attempt) == (["undo c"], 2)
    assert story.succeeds().wants == ["undo b"]
    assert story.succeeds().succeeds().wants == ["compensated"]


def test_a_retry_after_continue_repeats_only_what_failed():
    story = after_three(on_failure="continue").fails().fails().succeeds().succeeds()

    assert story.given(RetryRequested()).wants == ["undo c"]
    assert story.succeeds().wants == ["compensated"]


def test_a_person_resolves_a_failed_compensation_and_the_rest_is_undone():
    story = after_three().fails().fails().given(StepResolved("c", by="ann"))
    assert story.wants == ["undo b"]

    assert story.succeeds().succeeds().wants == ["compensated"]


def test_the_last_failed_compensation_resolved_ends_the_saga():
    story = after_three(on_failure="continue").fails().fails().succeeds().succeeds()

    assert story.given(StepResolved("c")).wants == ["compensated"]


def test_a_step_in_doubt_is_undone_first_and_its_payload_has_no_output():
    story = Story(
        """
        name: doubt
        steps:
          - {id: a, service: s, action: do_a, compensation: undo_a}
          - id: b
            service: s
            action: do_b
            compensation: {action: undo_b, payload: {id: "${has(states.b.output.id) ? states.b.output.id : 'unknown'}"}}
        """
    )
    story.succeeds().times_out()

    assert story.wants == ["undo b"]
    assert story.call().payload == {"id": "unknown"}
    assert story.succeeds().wants == ["undo a"]


def test_a_step_whose_second_attempt_fails_is_still_in_doubt_because_of_the_first():
    story = Story(
        """
        name: doubt
        steps:
          - {id: a, service: s, action: do_a, compensation: undo_a, retry: {max_attempts: 2, initial_delay: 0}}
        """
    )
    story.times_out()
    assert story.wants == ["do a"]

    assert story.fails().wants == ["undo a"]


def test_a_compensation_payload_that_does_not_evaluate_is_not_retried():
    story = Story(
        """
        name: bad
        compensation: {retry: {max_attempts: 5}}
        steps:
          - {id: a, service: s, action: do_a, compensation: {action: u, payload: {id: "${states.a.output.id}"}}}
          - {id: b, service: s, action: do_b, kind: read_only}
        """
    )
    story.succeeds(output={}).fails()

    assert story.wants == ["compensation_failed"]
    assert story.saga.executions["a", "", 1].undo_failure.code == "InvalidPayload"


def test_a_late_result_of_an_abandoned_attempt_is_recorded_and_changes_nothing_else():
    story = Story(THREE % ("reverse", "halt")).times_out()
    assert story.wants == ["undo a"]
    before = {**story.saga.snapshot(), "seq": None, "now": None}

    story.given(StepSucceeded("a", 1, {"id": "late"}), after=5)

    assert story.commands == []
    after = {**story.saga.snapshot(), "seq": None, "now": None}
    for step in (*before["steps"], *after["steps"]):
        step["attempts"] = None  # the attempt is no longer among those that may report late
    assert after == before


@pytest.mark.parametrize("order", ["reverse", "parallel"])
def test_a_saga_that_did_nothing_has_nothing_to_undo(order):
    assert Story(THREE % (order, "halt")).fails().wants == ["compensated"]


def test_top_level_compensation_policy_is_the_default_of_every_compensation():
    story = Story(
        """
        name: p
        compensation: {timeout: 9s, retry: {max_attempts: 2, initial_delay: 1s}}
        steps:
          - {id: a, service: s, action: do_a, compensation: u}
          - {id: b, service: s, action: do_b, kind: read_only}
        """
    )
    story.succeeds().fails()

    assert story.call().timeout == 9
    assert story.fails().wants == ["wait 1"]


def test_the_failed_compensation_of_an_earlier_execution_is_resolved():
    story = Story(
        """
        name: loop
        states:
          draw: {service: s, action: draw, compensation: put_back, next: enough}
          enough: {type: choice, choices: [{when: states.draw.output.red == true, next: last}], default: draw}
          last: {service: s, action: last, kind: read_only, next: end}
          end: {type: succeed}
        """
    )
    story.succeeds(output={"red": False}).succeeds(output={"red": True}).fails()
    story.succeeds().fails()
    assert story.wants == ["compensation_failed"]

    assert story.given(StepResolved("draw")).wants == ["compensated"]
