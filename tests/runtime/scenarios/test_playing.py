"""What services do in a scenario, and what the saga makes of it in a time of its own."""

import pytest


def step(played, label):
    state, _, region = label.partition("/")
    return next(s for s in played.outcome.steps if (s.state, s.region) == (state, region))


def test_what_is_not_named_succeeds_with_stand_ins(folder):
    played = folder.played("services: {}")

    assert (played.outcome.status, played.outcome.output) == ("completed", {"room": "<book.room>"})
    assert played.actions == ("book", "pay")
    assert played.payloads == {"book": {"city": "Rome"}, "pay": {"room": "<book.room>"}}


@pytest.mark.parametrize("key", ["book", "hotel.book"])
def test_an_action_is_named_by_its_state_or_as_the_service_knows_it(folder, key):
    played = folder.played(f"services: {{{key}: {{succeeds: {{room: 12}}}}}}")

    assert played.outcome.output == {"room": 12}


def test_the_state_comes_before_the_action(folder):
    played = folder.played("services: {hotel.book: {succeeds: {room: 1}}, book: {succeeds: {room: 2}}}")

    assert played.outcome.output == {"room": 2}


def test_a_list_is_gone_through_call_by_call_and_its_last_entry_stays(folder):
    failing = "services: {pay: [{fails: {code: Busy, times: 2}}, {succeeds: {}}]}"

    assert step(folder.played(failing), "pay").attempts == 3
    assert folder.played(failing).outcome.status == "completed"
    assert folder.played("services: {pay: [{succeeds: {}}, {fails: Busy}]}").outcome.status == "completed"
    assert folder.played("services: {pay: [{fails: Busy}, {fails: Closed}]}").outcome.error.code == "Closed"


def test_failures_that_are_counted_are_followed_by_success(folder):
    assert folder.played("services: {pay: {fails: {code: Busy, times: 2}}}").outcome.status == "completed"
    assert folder.played("services: {pay: {fails: {code: Busy, times: 3}}}").outcome.status == "compensated"


def test_a_failure_is_as_it_is_said_to_be(folder):
    played = folder.played("services: {pay: {fails: {code: Closed, message: on Sundays, retryable: false}}}")

    error = played.outcome.error
    assert (error.code, error.message, error.in_doubt) == ("Closed", "on Sundays", False)
    assert step(played, "pay").attempts == 1
    assert played.actions == ("book", "pay", "~book")


def test_a_service_that_asks_for_time_gets_it(folder):
    played = folder.played("services: {pay: {fails: {code: Busy, times: 2, retry_after: 1m30s}}}")
    given_up = folder.played("services: {pay: {fails: {code: Busy, retry_after: 2h}}}")

    assert (played.outcome.status, played.took) == ("completed", 180.0)
    assert (given_up.outcome.status, given_up.took) == ("compensated", 3600.0), "when the saga's own time is over"


def test_what_may_have_taken_place_is_undone(folder):
    played = folder.played("services: {pay: {fails: {code: Cut, retryable: false, in_doubt: true}}}")

    assert played.actions == ("book", "pay", "~pay", "~book")


def test_a_call_that_times_out_lets_its_time_pass(folder):
    once = folder.played("services: {pay: {times_out: 1}}")
    always = folder.played("services: {pay: {times_out: true}}")
    never = folder.played("services: {pay: {never_answers: true}}")

    assert (once.outcome.status, once.took) == ("completed", 12.0)
    assert (always.outcome.status, always.took) == ("compensated", 36.0)
    assert (never.outcome.error, never.took) == (always.outcome.error, always.took)


def test_an_answer_takes_its_time_and_comes_too_late_after_the_timeout(folder):
    in_time = folder.played("services: {book: {takes: 9s, succeeds: {room: 1}}}")
    late = folder.played("services: {book: {takes: 11s, succeeds: {room: 1}}}")

    assert (in_time.outcome.status, in_time.took) == ("completed", 9.0)
    assert late.outcome.error.code == "Timeout"
    assert late.actions == ("book", "~book")


def test_a_late_answer_is_recorded_and_changes_nothing(folder):
    played = folder.played("services: {pay: [{takes: 11s, succeeds: {}}, {takes: 3s, succeeds: {}}]}")

    started = played.outcome.events[0].at
    told = [(type(event).__name__, event.at - started) for event in played.outcome.events[2:]]
    assert told == [("StepFailed", 10), ("StepSucceeded", 11), ("TimerFired", 12), ("StepSucceeded", 15)]
    assert (played.outcome.status, step(played, "pay").attempts) == ("completed", 2)


def test_compensations_fail_as_they_are_told_to(folder):
    played = folder.played("services: {pay: {fails: {code: X, retryable: false}}, ~book: {fails: Gone}}")

    assert played.outcome.status == "compensation_failed"
    assert played.payloads["~book"] == {"input": {"city": "Rome"}, "output": {"room": "<book.room>"}}


def test_the_timeout_of_the_saga_passes_like_any_other_time(folder):
    patient = """
    name: patient
    timeout: 1m
    steps: [{id: a, service: s, action: a, compensation: b, timeout: 2m}]
    """
    played = folder.played("services: {a: {never_answers: true}}", patient, "{}")

    assert (played.outcome.status, played.took) == ("compensated", 60.0)
    assert played.outcome.error.message == "the saga took longer than 1m"


MAPS = """
name: pack
input: {type: object, required: [skus], properties: {skus: {type: array, items: {type: string}}}}
states:
  each:
    type: map
    items: input.skus
    steps: [{id: pick, service: store, action: pick, payload: {sku: "${item}", n: "${index}"}, compensation: put_back}]
    next: end
  end: {type: succeed, output: {picked: "${states.each.output}"}}
"""


def test_items_of_a_map_are_named_by_their_place(folder):
    services = "services: {pick: {succeeds: {}}, pick/1: {fails: {code: Lost, retryable: false}}}"
    played = folder.played(services, MAPS, "{skus: [a, b, c]}")

    assert played.outcome.error.code == "Lost"
    assert played.actions == ("pick/0", "pick/1", "pick/2", "~pick/2", "~pick/0")
    assert played.payloads["pick/2"] == {"sku": "c", "n": 2}
    assert step(played, "pick/1").status == "failed"


def test_what_holds_for_a_state_is_gone_through_by_all_its_items(folder):
    played = folder.played("services: {pick: [{succeeds: 1}, {fails: Lost}]}", MAPS, "{skus: [a, b]}")

    assert [step(played, f"pick/{i}").status for i in (0, 1)] == ["compensated", "failed"]


CYCLE = """
name: cycle
states:
  draw: {service: s, action: draw, kind: read_only, next: enough}
  enough: {type: choice, choices: [{when: states.draw.output.red == true, next: end}], default: draw}
  end: {type: succeed}
"""


def test_a_repeat_is_the_next_call_and_has_a_name_of_its_own(folder):
    by_list = folder.played("services: {draw: [{succeeds: {red: false}}, {succeeds: {red: true}}]}", CYCLE, "{}")
    by_name = folder.played(
        "services: {draw: {succeeds: {red: false}}, 'draw:3': {succeeds: {red: true}}}", CYCLE, "{}"
    )

    assert by_list.actions == ("draw", "draw:2")
    assert by_name.actions == ("draw", "draw:2", "draw:3")


def test_a_saga_that_goes_in_a_circle_is_stopped_and_said_to(folder):
    played = folder.played("services: {draw: {succeeds: {red: false}}}", CYCLE, "{}")

    assert played.outcome.status == "running"
    assert "goes in a circle" in played.remarks[0]


SIGNALS = """
name: signals
states:
  ask: {type: wait, signal: answer, timeout: 2h, next: pay}
  pay: {service: bank, action: pay, kind: read_only, on_failure: {wait_for: paid_in}, next: end}
  end: {type: succeed, output: {said: "${states.ask.output}"}}
"""


def test_a_signal_comes_when_the_saga_waits_for_it_or_later_or_at_a_time(folder):
    at_once = folder.played("signals: [{name: answer, payload: yes}]", SIGNALS, "{}")
    later = folder.played("signals: [{name: answer, payload: yes, after: 1h}]", SIGNALS, "{}")
    early = folder.played("signals: [{name: answer, payload: yes, at: 0}]", SIGNALS, "{}")
    too_late = folder.played("signals: [{name: answer, at: 3h}]", SIGNALS, "{}")

    assert [(p.outcome.output, p.took) for p in (at_once, later, early)] == [
        ({"said": "yes"}, 0),
        ({"said": "yes"}, 3600),
        ({"said": "yes"}, 0),
    ]
    assert (too_late.outcome.status, too_late.took) == ("compensated", 7200)


def test_each_time_the_saga_waits_the_next_signal_comes(folder):
    signals = "signals: [{name: paid_in, after: 10s}, {name: answer, payload: 1}, {name: paid_in, after: 20s}]"
    played = folder.played(
        f"{signals}\nservices: {{pay: [{{fails: {{code: Poor, times: 2}}}}, {{succeeds: {{}}}}]}}", SIGNALS, "{}"
    )

    assert (played.outcome.status, played.took, step(played, "pay").attempts) == ("completed", 30, 3)


def test_a_signal_that_nobody_sends_leaves_the_saga_waiting(folder):
    played = folder.played("signals: [{name: answer}]\nservices: {pay: {fails: Poor}}", SIGNALS, "{}")

    assert played.outcome.status == "running"
    assert played.remarks == ("pay waits for the signal 'paid_in', which the scenario does not send",)


CALLBACK = """
name: callback
steps: [{id: print, service: shop, action: print, callback: true, timeout: 2h, compensation: stop}]
output: {pages: "${states.print.output.pages}"}
"""


@pytest.mark.parametrize(
    ("behaviour", "status", "took"),
    [
        ("{succeeds: {pages: 3}, takes: 5m}", "completed", 300),
        ("{reports: {succeeds: {pages: 3}, takes: 1h}}", "completed", 3600),
        ("{reports: {succeeds: {pages: 3}, takes: 1h}, takes: 30m}", "completed", 5400),
        ("{reports: {succeeds: {pages: 3}, takes: 3h}}", "compensated", 7200),
        ("{reports: {fails: Jam, takes: 1m}}", "compensated", 60),
        ("{reports: {never_answers: true}}", "compensated", 7200),
        ("{fails: OutOfPaper}", "compensated", 0),
    ],
)
def test_what_is_reported_of_a_job_that_was_taken(folder, behaviour, status, took):
    played = folder.played(f"services: {{print: {behaviour}}}", CALLBACK, "{}")

    assert (played.outcome.status, played.took) == (status, took)
    assert played.outcome.output == ({"pages": 3} if status == "completed" else None)


PARENT = """
name: parent
states:
  pay: {type: saga, saga: payment, input: {amount: 5}, timeout: 1h, next: ship}
  ship: {service: s, action: ship, kind: read_only, next: end}
  end: {type: succeed, output: {paid: "${states.pay.output.receipt}"}}
"""


def test_another_saga_ends_as_the_scenario_says(folder):
    done = folder.played("services: {pay: {succeeds: {receipt: R1}, takes: 10m}}", PARENT, "{}")
    undone = folder.played("services: {ship: {fails: X}, ~pay: {succeeds: {}}}", PARENT, "{}")
    silent = folder.played("services: {pay: {never_answers: true}}", PARENT, "{}")

    assert (done.outcome.output, done.took, done.payloads["pay"]) == ({"paid": "R1"}, 600, {"amount": 5})
    assert undone.actions == ("pay", "ship", "~pay")
    assert (silent.outcome.status, silent.took) == ("compensated", 3600)


def test_the_clock_starts_when_the_scenario_says(folder):
    until = """
    name: until
    states:
      night: {type: wait, until: "'2030-06-01T12:00:00Z'", next: end}
      end: {type: succeed, output: {since: "${saga.started_at}"}}
    """
    played = folder.played("starts_at: 2030-06-01T11:59:00Z", until, "{}")

    assert (played.took, played.outcome.output) == (60, {"since": "2030-06-01T11:59:00Z"})


def test_locks_are_granted_at_once(folder):
    locked = "name: locked\nlocks: [shelf]\nsteps: [{id: a, service: s, action: a, kind: read_only}]"

    assert folder.played("services: {}", locked, "{}").outcome.status == "completed"


def test_stand_ins_that_do_not_fit_are_pointed_out(folder):
    text = CYCLE.replace("== true", "> 5")
    played = folder.played("services: {}", text, "{}")

    assert played.outcome.error.code == "InvalidPayload"
    assert played.remarks == ("stand-ins were answered for what the scenario does not say; give the output of draw",)
