"""Going forward: states, choices, retries, time-outs, catches and what happens when nothing helps."""

import json

import pytest

from sagadsl.language.definition import Catch
from sagadsl.machine.backoff import LONGEST_DELAY
from sagadsl.machine.commands import Finish, Invoke
from sagadsl.machine.events import RetryRequested, SignalReceived, from_json, to_json
from tests.machine.story import Story

TWO_STEPS = """
name: order
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  - {id: reserve, service: stock, action: reserve, payload: {n: "${input.n}"}, compensation: release}
  - {id: charge, service: bank, action: charge, payload: {of: "${states.reserve.output.price}"}, compensation: refund}
output: {paid: "${states.charge.output.id}"}
"""


def test_steps_are_called_one_after_the_other_and_the_output_is_made_of_what_they_answer():
    story = Story(TWO_STEPS, {"n": 2})
    assert story.commands == [Invoke("reserve", 1, 1, "stock", "reserve", {"n": 2}, "s1/reserve", 30.0)]

    story.succeeds(output={"price": 9})
    assert story.commands == [Invoke("charge", 1, 1, "bank", "charge", {"of": 9}, "s1/charge", 30.0)]

    story.succeeds(output={"id": "p7"})
    assert story.commands == [Finish("completed", {"paid": "p7"})]
    assert story.status == "completed"
    assert not story.saga.outstanding


@pytest.mark.parametrize(("amount", "next_state"), [(5, "small"), (50, "middle"), (500, "large")])
def test_a_choice_takes_the_first_condition_that_holds_or_its_default(amount, next_state):
    story = Story(
        """
        name: sizes
        input: {type: object, required: [amount], properties: {amount: {type: integer}}}
        start: size
        states:
          size:
            type: choice
            choices:
              - {when: input.amount > 100, next: large}
              - {when: input.amount > 10, next: middle}
            default: small
          small: {service: s, action: a, next: end}
          middle: {service: s, action: a, next: end}
          large: {service: s, action: a, next: end}
          end: {type: succeed}
        """,
        {"amount": amount},
    )

    assert story.wants == [f"do {next_state}"]


def test_a_choice_without_a_true_condition_and_without_a_default_is_the_error_nochoice():
    story = Story(
        """
        name: c
        input: {type: object, required: [n], properties: {n: {type: integer}}}
        states:
          only: {type: choice, choices: [{when: input.n > 1, next: end}]}
          end: {type: succeed}
        """,
        {"n": 0},
    )

    assert story.wants == ["compensated"]
    assert story.saga.error.code == "NoChoice"


def test_a_pass_state_computes_data_and_calls_nobody():
    story = Story(
        """
        name: p
        input: {type: object, required: [a], properties: {a: {type: integer}}}
        states:
          sum: {type: pass, output: {double: "${input.a * 2}", text: "a is ${input.a}"}, next: end}
          end: {type: succeed, output: "${states.sum.output}"}
        """,
        {"a": 4},
    )

    assert story.commands == [Finish("completed", {"double": 8, "text": "a is 4"})]


def test_a_fail_state_fails_with_its_code_and_what_was_done_is_undone():
    story = Story(
        """
        name: f
        states:
          one: {service: s, action: a, compensation: u, next: stop}
          stop: {type: fail, error: TooRisky, message: not today}
        """
    ).succeeds()

    assert story.wants == ["undo one"]
    story.succeeds()
    assert story.wants == ["compensated"]
    assert (story.saga.error.code, story.saga.error.message, story.saga.error_state) == (
        "TooRisky",
        "not today",
        "stop",
    )


RETRYING = """
name: r
states:
  one:
    service: s
    action: a
    kind: read_only
    retry: {max_attempts: 4, initial_delay: 2s, multiplier: 3, max_delay: 10s, except: [Declined]}
    next: end
  end: {type: succeed}
"""


def test_a_failed_attempt_is_retried_after_growing_delays_until_the_attempts_are_used_up():
    story = Story(RETRYING)
    delays = []
    for _ in range(3):
        story.fails()
        assert story.status_of("one") == "retrying"
        delays.append(story.timer().delay)
        story.timer_fires()
        assert story.wants == ["do one"]

    assert delays == [2, 6, 10]
    assert story.call().attempt == 4
    assert story.call().key == "s1/one"
    story.fails()
    assert story.wants == ["compensated"]


@pytest.mark.parametrize("failure", [{"code": "Declined"}, {"code": "Broken", "retryable": False}])
def test_an_error_that_is_excepted_or_not_retryable_is_not_retried(failure):
    story = Story(RETRYING).fails(**failure)

    assert story.wants == ["compensated"]


def test_a_retry_that_names_codes_retries_those_alone():
    text = RETRYING.replace("except: [Declined]", "on: [Busy]")

    assert Story(text).fails("Busy").wants == ["wait 2"]
    assert Story(text).fails("Broken").wants == ["compensated"]


@pytest.mark.parametrize(("asked", "delay"), [(0.0, 2), (1.5, 2), (2.5, 2.5), (60.0, 60.0), (1e12, LONGEST_DELAY)])
def test_the_next_attempt_leaves_the_service_alone_for_as_long_as_it_asks_and_the_policy_says(asked, delay):
    story = Story(RETRYING).fails(retry_after=asked)

    assert story.timer().delay == delay
    assert next(iter(story.replayed().outstanding.values())).delay == delay
    stored = [from_json(json.loads(json.dumps(to_json(event)))) for event in story.events]
    assert story.replayed(stored).snapshot() == story.saga.snapshot()


def test_with_jitter_those_who_were_told_the_same_moment_do_not_come_at_once():
    text = RETRYING.replace("except: [Declined]", "jitter: full")
    drawn = Story(text).fails().timer().delay

    assert Story(text).fails(retry_after=30.0).timer().delay == 30.0 + drawn
    assert drawn > 0


def test_asking_to_be_left_alone_gives_no_attempt_that_the_policy_does_not():
    story = Story(RETRYING)
    assert story.fails("Declined", retry_after=5.0).wants == ["compensated"]

    story = Story(RETRYING)
    for _ in range(3):
        story.fails(retry_after=5.0).timer_fires()
    assert story.fails(retry_after=5.0).wants == ["compensated"]


def test_jitter_draws_from_the_whole_delay_and_the_same_at_every_replay():
    text = RETRYING.replace("except: [Declined]", "jitter: full")
    story = Story(text).fails()
    delay = story.timer().delay

    assert 0 <= delay < 2
    assert next(iter(story.replayed().outstanding.values())).delay == delay
    story.timer_fires().fails()
    assert story.timer().delay != 3 * delay


def test_a_zero_delay_is_retried_at_once():
    story = Story(RETRYING.replace("initial_delay: 2s", "initial_delay: 0")).fails()

    assert story.wants == ["do one"]


CATCHING = """
name: c
states:
  pay:
    service: bank
    action: pay
    compensation: refund
    catch:
      - {errors: [Declined], next: invoice}
      - {errors: ["*"], next: apologise}
    next: end
  invoice: {service: post, action: send, kind: read_only, payload: {because: "${error.message}", of: "${error.state}"}, next: end}
  apologise: {service: post, action: sorry, kind: read_only, payload: {code: "${error.code}"}, next: end}
  end: {type: succeed}
"""


def test_a_caught_error_goes_on_elsewhere_and_can_be_read_there():
    story = Story(CATCHING).fails("Declined")

    assert story.call().state == "invoice"
    assert story.call().payload == {"because": "no", "of": "pay"}
    assert Story(CATCHING).fails("Other").call().payload == {"code": "Other"}


def test_a_caught_failure_is_not_compensated_but_one_in_doubt_is():
    definite = Story(CATCHING).fails("Declined").fails()
    doubtful = Story(CATCHING).times_out().fails()

    assert definite.wants == ["compensated"]
    assert doubtful.wants == ["undo pay"]


def test_fail_when_reads_a_failure_in_an_answer_which_is_retried_and_caught_as_any_other():
    story = Story(
        """
        name: f
        states:
          pay:
            service: bank
            action: pay
            kind: read_only
            fail_when:
              - {when: output.status == 'declined', error: Declined, message: the bank said no}
            retry: {max_attempts: 2, initial_delay: 1s}
            catch: [{errors: [Declined], next: other}]
            next: end
          other: {service: s, action: a, kind: read_only, payload: {why: "${error.message}"}, next: end}
          end: {type: succeed}
        """
    )

    assert story.succeeds(output={"status": "declined"}).wants == ["wait 1"]
    story.timer_fires().succeeds(output={"status": "declined"})
    assert story.call().payload == {"why": "the bank said no"}


def test_a_fail_when_that_cannot_be_evaluated_leaves_the_step_in_doubt():
    story = Story(
        """
        name: f
        states:
          pay:
            service: bank
            action: pay
            compensation: refund
            fail_when: [{when: output.amount > 3, error: TooMuch, message: m}]
            next: end
          end: {type: succeed}
        """
    ).succeeds(output={})

    assert story.saga.error.code == "InvalidPayload"
    assert story.wants == ["undo pay"]


def test_a_payload_that_does_not_evaluate_is_invalid_and_nothing_is_called():
    story = Story(TWO_STEPS, {"n": 2}).succeeds(output={})

    assert story.wants == ["undo reserve"]
    assert story.saga.error.code == "InvalidPayload"
    assert "price" in story.saga.error.message
    assert story.status_of("charge") == "failed"


AFTER_FAILURE = """
name: o
max_retries: 2
states:
  first: {service: s, action: a, compensation: u, next: second}
  second: {service: s, action: b, kind: read_only, on_failure: %s, next: end}
  end: {type: succeed}
"""


def test_on_failure_continue_records_the_failure_and_goes_on():
    story = Story(AFTER_FAILURE % "continue").succeeds().fails()

    assert story.wants == ["completed"]
    assert story.status_of("second") == "failed"
    assert story.saga.executions["second", "", 1].failure.code == "Broken"


def test_on_failure_fail_stops_and_the_saga_can_be_retried_so_many_times():
    story = Story(AFTER_FAILURE % "fail").succeeds().fails()
    assert story.wants == ["failed"]
    assert not story.saga.outstanding

    for attempt in (2, 3):
        assert story.given(RetryRequested()).wants == ["do second"]
        assert story.call().attempt == attempt
        story.fails()
        assert story.wants == ["failed"]

    with pytest.raises(Exception, match="max_retries is 2"):
        story.given(RetryRequested())


def test_a_retried_saga_that_succeeds_completes():
    story = Story(AFTER_FAILURE % "fail").succeeds().fails().given(RetryRequested(by="ann", why="mended")).succeeds()

    assert story.wants == ["completed"]
    assert story.saga.error is None


def test_on_failure_wait_for_tries_again_when_the_signal_arrives():
    story = Story(AFTER_FAILURE % "{wait_for: paid_in, timeout: 1h}").succeeds().fails()
    assert story.wants == ["wait 3600"]

    story.given(SignalReceived("paid_in"))
    assert story.wants == ["cancel second/signal/1", "do second"]
    assert story.succeeds().wants == ["completed"]


def test_on_failure_wait_for_compensates_when_its_time_is_over():
    story = Story(AFTER_FAILURE % "{wait_for: paid_in, timeout: 1h}").succeeds().fails().timer_fires()

    assert story.wants == ["undo first"]


def test_a_signal_that_came_early_is_kept_for_the_step_that_waits_for_it():
    story = Story(AFTER_FAILURE % "{wait_for: paid_in, timeout: 1h}")
    story.given(SignalReceived("paid_in")).succeeds().fails()
    assert story.wants == ["do second"]

    assert story.fails().wants == ["wait 3600"]


def test_a_state_entered_again_is_a_new_execution_with_its_own_key_attempts_and_undo():
    story = Story(
        """
        name: loop
        states:
          draw: {service: s, action: draw, compensation: put_back, next: enough}
          enough:
            type: choice
            choices: [{when: states.draw.output.red, next: last}]
            default: draw
          last: {service: s, action: last, kind: read_only, next: end}
          end: {type: succeed}
        """
    )
    story.succeeds(output={"red": False, "n": 1})
    assert story.call().key == "s1/draw:2"
    story.succeeds(output={"red": True, "n": 2}).fails()

    undo = story.call()
    assert (undo.key, undo.undoes, undo.execution) == ("s1/draw/compensate:2", "s1/draw:2", 2)
    assert undo.payload == {"input": {}, "output": {"red": True, "n": 2}}
    story.succeeds()
    assert story.call().payload == {"input": {}, "output": {"red": False, "n": 1}}
    assert story.call().key == "s1/draw/compensate"
    assert story.succeeds().wants == ["compensated"]


TIMED = """
name: t
timeout: 1m
states:
  one: {service: s, action: a, compensation: u, next: two}
  two: {service: s, action: b, compensation: v, kind: %s, retry: {max_attempts: 3, initial_delay: 5s}, next: three}
  three: {service: s, action: c, next: end}
  end: {type: succeed}
"""


def test_the_saga_timer_starts_with_the_saga_and_ends_with_it():
    story = Story(TIMED % "pivot")
    assert story.wants == ["wait 60", "do one"]

    assert story.succeeds().succeeds().succeeds().wants == ["cancel saga", "completed"]


def test_a_saga_that_times_out_before_its_pivot_undoes_also_what_is_in_doubt():
    story = Story(TIMED % "pivot").succeeds().saga_times_out(after=60)

    assert story.saga.error.code == "Timeout"
    assert story.wants == ["undo two"]
    assert story.succeeds().wants == ["undo one"]


def test_a_saga_that_times_out_while_a_step_waits_for_its_next_attempt_does_not_undo_that_step():
    story = Story(TIMED % "pivot").succeeds().fails().saga_times_out(after=60)

    assert story.wants == ["cancel two/retry/1", "undo one"]
    assert story.status_of("two") == "failed"


def test_a_saga_that_times_out_after_its_pivot_fails_and_a_retry_gives_it_its_whole_time_again():
    story = Story(TIMED % "pivot").succeeds().succeeds().saga_times_out(after=60)
    assert story.wants == ["failed"]

    assert story.given(RetryRequested()).wants == ["wait 60", "do three"]
    assert story.succeeds().status == "completed"


def test_after_the_pivot_a_failed_step_leaves_the_saga_failed_and_nothing_is_undone():
    story = Story(TIMED % "pivot").succeeds().succeeds().fails()

    assert story.wants == ["cancel saga", "failed"]
    assert story.status_of("one") == story.status_of("two") == "completed"


def test_a_pivot_that_fails_is_before_the_point_of_no_return():
    story = Story(TIMED % "pivot").succeeds().fails("X", retryable=False)

    assert story.wants == ["cancel saga", "undo one"]


def test_a_pivot_in_doubt_is_undone_with_its_compensation():
    story = Story(TIMED % "pivot").succeeds().fails("Timeout", retryable=False, in_doubt=True)

    assert story.wants == ["cancel saga", "undo two"]


def circle(payload, **kwargs):
    from tests.machine.build import definition, succeed, task

    step = task("a", next="d", payload=payload, catch=(Catch(("*",), "a"),), **kwargs)
    return definition(step, succeed("d"))


def test_a_circle_of_steps_whose_payloads_fail_ends_and_says_so():
    story = Story(circle({"q": "${1 / input.n}"}), {"n": 0})

    assert story.wants == ["compensated"]
    assert "goes in a circle at a" in story.saga.error.message


def test_a_long_row_of_steps_that_fail_without_a_call_is_gone_through():
    from sagadsl.language.definition import OnFailure
    from tests.machine.build import definition, succeed, task

    rows = [
        task(f"s{n}", next=f"s{n + 1}", payload={"q": "${1 / input.n}"}, on_failure=OnFailure("continue"))
        for n in range(2000)
    ]

    assert Story(definition(*rows, succeed("s2000")), {"n": 0}).wants == ["completed"]


def test_signals_that_were_kept_are_used_up_one_after_the_other():
    from sagadsl.language.definition import OnFailure
    from tests.machine.build import definition, succeed, task

    rule = OnFailure("wait_for", "go", None)
    story = Story(
        definition(
            task("first", next="a"),
            task("a", next="d", payload={"q": "${1 / states.first.output.n}"}, on_failure=rule),
            succeed("d"),
        )
    )
    for _ in range(30):
        story.given(SignalReceived("go"))
    story.succeeds(output={"n": 0})

    assert story.saga.latest["a", ""].awaits == "go"
    assert story.saga.signals["go"] == []
