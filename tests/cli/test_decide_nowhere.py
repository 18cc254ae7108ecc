"""A saga that has failed where there is no step: what is offered, what a decision does, and what is said of it."""

import json

import pytest

from sagadsl.machine.events import Failure
from tests.cli.test_decide import words

ORDER = """\
name: order
max_retries: 3
states:
  pay: {service: bank, action: pay, kind: pivot, next: sum}
  sum: {type: pass, output: {q: "${states.pay.output.q}"}, next: send}
  send: {service: post, action: send, kind: retriable, payload: {q: "${states.sum.output.q}"}, retry: {max_attempts: 1},
    next: done}
  done: {type: succeed, output: {parcel: "${states.send.output.parcel}"}}
"""
LOST = Failure("Lost", "no van", retryable=False)


@pytest.fixture
def order(write):
    return write("order.yaml", ORDER)


def test_nothing_is_offered_that_is_known_to_fail_and_a_resolve_says_what_it_leaves_out(sagadsl, keep, order):
    keep(order, "o-1", {}, [("pay", {})])
    told = sagadsl("dead-letters", "o-1").out

    assert "failed\n  sum                      InvalidPayload: " in told
    assert "attempts)" not in told
    assert "sagadsl retry o-1" not in told
    assert "sagadsl resolve o-1 sum --output '{}'   completes the saga with this output: whatever comes after" in told
    assert "no step can be called again or skipped: a person has to resolve it as a whole" in sagadsl("show", "o-1").out

    result = sagadsl("resolve", "o-1", "sum", "--output", '{"q": 2}')

    assert (result.code, "the saga is completed" in result.out) == (0, True)
    assert "warning: sum calls nobody, so that the whole saga has been resolved; not called: send" in words(result.err)


def test_a_step_that_is_resolved_leaves_nothing_out(sagadsl, keep, order):
    keep(order, "o-1", {}, [("pay", {"q": 1}), ("send", LOST)])

    result = sagadsl("resolve", "o-1", "send", "--output", '{"parcel": "P"}')

    assert (result.code, "warning" in result.err) == (0, False)


def test_the_output_that_is_offered_has_to_be_filled_in_and_is_then_taken(sagadsl, keep, order):
    keep(order, "o-1", {}, [("pay", {"q": 1}), ("send", LOST)])
    told = sagadsl("dead-letters", "o-1").out

    assert """sagadsl resolve o-1 send --output '{"parcel": …}'   says that send""" in told
    assert "put a value for each …: what comes next cannot go on without it" in told
    assert sagadsl("resolve", "o-1", "send", "--output", '{"parcel": …}').code == 1
    assert sagadsl("resolve", "o-1", "send", "--output", '{"parcel": 7}').code == 0


def test_of_many_it_is_said_how_many_fail_again_at_once(sagadsl, keep, order):
    keep(order, "o-1", {}, [("pay", {})])
    keep(order, "o-2", {}, [("pay", {"q": 1}), ("send", LOST)])

    foreseen, done = sagadsl("retry", "--all"), sagadsl("retry", "--all", "--yes")

    assert "1 of them would fail again at once: `sagadsl dead-letters` says why" in foreseen.out
    assert "1 of them failed again at once: `sagadsl dead-letters` says why" in done.out
    assert (foreseen.code, done.code) == (5, 5)
    again = json.loads(sagadsl("retry", "--all", "--yes", "--format", "json").out)
    assert (again["recorded"], again["failed_again"]) == (1, 1)
