"""Waits that nothing ends, and sagas that have less time than their steps."""

import pytest

from tests.language.checks.findings import codes, findings, only

CALL = "service: x, action: y, compensation: u"


def waiting(wait: str, more: str = "") -> str:
    return f"name: w\n{more}states:\n  ask: {{type: wait, {wait}, next: done}}\n  done: {{type: succeed}}\n"


def test_a_wait_for_a_signal_that_may_never_come_is_told():
    found = only(waiting("signal: go"))
    assert (found.code, found.marked) == ("SAGA510", "go")
    assert found.message == "'ask' waits for ever if the signal 'go' never comes"
    assert "only the timeout of the saga ends" in only(waiting("signal: go", "timeout: 1h\n")).message


@pytest.mark.parametrize("wait", ["signal: go, timeout: 1h", "for: 1h", "until: saga.started_at"])
def test_a_wait_that_something_ends_is_fine(wait):
    assert not codes(waiting(wait))


def saga(timeout: str, states: str) -> str:
    return f"name: t\ntimeout: {timeout}\nstates:\n{states}  done: {{type: succeed}}\n"


LINE = f"  a: {{{CALL}, timeout: 20s, next: b}}\n  b: {{{CALL}, timeout: 40s, next: done}}\n"


def test_a_saga_has_to_have_the_time_that_its_steps_have():
    found = only(saga("59s", LINE))
    assert (found.code, found.marked, found.line) == ("SAGA511", "59s", 2)
    assert found.message == "the saga has 59s, and a → b may take 1m"
    assert not codes(saga("60s", LINE))


def test_every_attempt_and_every_delay_between_them_counts():
    tried = f"  a: {{{CALL}, timeout: 10s, retry: {{max_attempts: 4, initial_delay: 1s, multiplier: 3, max_delay: 5s}}, next: done}}\n"
    assert "may take 49s" in only(saga("48s", tried)).message  # 4 times 10 + 1 + 3 + 5
    assert not codes(saga("49s", tried))


def test_of_two_ways_the_longer_one_counts():
    forked = (
        "  pick: {type: choice, choices: [{when: saga.id == 'x', next: a}], default: c}\n"
        + LINE
        + f"  c: {{{CALL}, timeout: 50s, next: done}}\n"
    )
    assert only(saga("59s", forked)).message.startswith("the saga has 59s, and a → b may take")
    assert not codes(saga("1m", forked))


def test_the_steps_of_a_cycle_count_once():
    ring = f"""  a: {{{CALL}, timeout: 10s, next: again}}
  again: {{type: choice, choices: [{{when: saga.id == 'x', next: a}}], default: b}}
  b: {{{CALL}, timeout: 10s, next: done}}
"""
    assert not codes(saga("20s", ring))
    assert codes(saga("19s", ring)) == ["SAGA511"]


def test_waits_and_other_sagas_count_with_what_they_have():
    waits = """  ask: {type: wait, signal: go, timeout: 2h, next: nap}
  nap: {type: wait, for: 1h, next: sub}
  sub: {type: saga, saga: other, timeout: 3h, next: done}
"""
    assert "may take 6h" in only(saga("5h", waits)).message
    assert not codes(saga("6h", waits))


def test_of_branches_the_longest_counts_and_of_a_map_its_body():
    def step(name: str, timeout: str) -> str:
        return f"{{id: {name}, {CALL}, timeout: {timeout}}}"

    nested = f"""  both:
    type: parallel
    branches:
      one: {{steps: [{step("a", "10s")}, {step("b", "10s")}]}}
      two: {{steps: [{{id: each, type: map, items: "[1, 2]", steps: [{step("c", "30s")}]}}]}}
    next: last
  last: {{{CALL}, timeout: 5s, next: done}}
"""
    assert "both → last may take 35s" in only(saga("34s", nested)).message
    assert not codes(saga("35s", nested))


def test_without_a_timeout_there_is_nothing_to_keep():
    assert not codes(saga("1s", LINE).replace("timeout: 1s\n", ""))


def test_any_number_of_attempts_is_reckoned_in_no_time():
    many = f"  a: {{{CALL}, timeout: 1d, retry: {{max_attempts: 1000000000}}, next: done}}\n"
    assert [f.code for f in findings(saga("10d", many))] == ["SAGA511"]
