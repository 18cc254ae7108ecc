"""A saga without its services: what is told of it is what would happen."""

import pytest

from sagadsl import compile_saga, load
from sagadsl.runtime.simulation import PlannedFailure, Script, SimulationError, simulate, stand_ins

TRIP = """
name: trip
steps:
  - {id: book_hotel, service: hotel, action: book, compensation: cancel, retry: {max_attempts: 3, initial_delay: 10s}}
  - id: book_flight
    service: air
    action: book
    payload: {hotel: "${states.book_hotel.output.ref}", city: "${states.book_hotel.output.address.city}"}
    compensation: cancel
    timeout: 20s
output: {hotel: "${states.book_hotel.output.ref}"}
"""


def run(text, script=None, input=None):
    compiled = compile_saga(load(text))
    return simulate(compiled, input or {}, script or Script(), saga_id="s", start_at=100.0)


def test_actions_answer_stand_ins_for_the_fields_that_are_read():
    assert stand_ins(compile_saga(load(TRIP)))["book_hotel"] == {
        "ref": "<book_hotel.ref>",
        "address": {"city": "<book_hotel.address.city>"},
    }

    outcome = run(TRIP)

    assert (outcome.status, outcome.output) == ("completed", {"hotel": "<book_hotel.ref>"})


def test_actions_answer_what_they_are_told_to():
    outcome = run(TRIP, Script(outputs={"book_hotel": {"ref": "H1", "address": {"city": "Rome"}}}))

    assert outcome.output == {"hotel": "H1"}


def test_an_action_fails_as_often_as_it_is_told_to_and_time_jumps_over_the_waiting():
    outcome = run(TRIP, Script([PlannedFailure("book_hotel", times=2)]))

    assert outcome.status == "completed"
    assert outcome.steps[0].attempts == 3
    assert outcome.events[-1].at == 130.0


def test_an_action_that_always_fails_has_the_rest_undone():
    outcome = run(TRIP, Script([PlannedFailure("book_flight", code="Full")]))

    assert outcome.status == "compensated"
    assert outcome.error.code == "Full"
    assert outcome.steps[0].status == "compensated"


def test_a_timeout_lets_the_steps_time_pass_and_leaves_it_in_doubt():
    outcome = run(TRIP, Script([PlannedFailure("book_flight", code="Timeout")]))

    assert outcome.status == "compensated"
    assert [step.status for step in outcome.steps] == ["compensated", "compensated"]
    assert outcome.steps[1].duration == 20.0


def test_a_compensation_that_fails_leaves_the_saga_to_a_person():
    outcome = run(TRIP, Script([PlannedFailure("book_flight"), PlannedFailure("book_hotel", undo=True)]))

    assert outcome.status == "compensation_failed"


def test_the_same_simulation_tells_the_same_story():
    script = Script([PlannedFailure("book_flight", times=1)])

    assert run(TRIP, script) == run(TRIP, script)


WAITING = """
name: waiting
states:
  pay: {service: b, action: pay, kind: read_only, on_failure: {wait_for: paid_in%s}, next: end}
  end: {type: succeed}
"""


def test_a_signal_that_nobody_sends_is_said_and_one_that_was_sent_is_used():
    failing = [PlannedFailure("pay", times=1)]

    with pytest.raises(SimulationError, match="give it with --signal paid_in"):
        run(WAITING % "", Script(failing))
    assert run(WAITING % "", Script(failing, signals=[("paid_in", None)])).status == "completed"
    assert run(WAITING % ", timeout: 2d", Script(failing)).events[-1].at == 100 + 2 * 86400


def test_a_saga_that_goes_in_a_circle_is_stopped():
    circle = """
    name: circle
    states:
      draw: {service: s, action: draw, kind: read_only, next: enough}
      enough: {type: choice, choices: [{when: states.draw.output.red == true, next: end}], default: draw}
      end: {type: succeed}
    """
    with pytest.raises(SimulationError, match=r"goes in a circle at '\w+'"):
        run(circle)
    assert run(circle, Script(outputs={"draw": {"red": True}})).status == "completed"
