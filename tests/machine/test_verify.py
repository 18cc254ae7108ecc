"""The walk through everything that can happen finds what is broken, and says how it comes about."""

import pytest

from sagadsl import compile_saga, load
from sagadsl.language.definition import Invariant
from sagadsl.machine import backward, steps
from sagadsl.machine.execution import Execution
from sagadsl.machine.verify import verify
from tests.machine.build import branch, definition, parallel, succeed, task

ORDER = definition(task("a", next="b"), task("b", next="pay"), task("pay", next="ship", kind="pivot"),
                   task("ship", next="end", kind="retriable"), succeed("end"))  # fmt: skip


def verified(a_definition, **kwargs):
    return verify(compile_saga(a_definition), **kwargs)


def test_a_sound_saga_is_verified_and_the_ways_it_can_end_are_told():
    report = verified(ORDER)

    assert report.verified
    assert report.statuses == ("completed", "compensated", "compensation_failed", "failed")
    assert report.states > 20
    assert report.transitions > report.states


def test_every_shipped_kind_of_failure_policy_is_walked():
    halting, going_on = verified(ORDER), verified(ORDER.vary(on_failure="continue"))
    at_once = verified(ORDER.vary(order="parallel"))

    assert halting.verified
    assert going_on.verified
    assert at_once.verified
    assert len({halting.states, going_on.states, at_once.states}) > 1


def test_a_walk_that_was_cut_short_is_not_called_verified():
    report = verified(ORDER, max_states=5)

    assert (report.verified, report.complete, report.violations) == (False, False, ())


def broken_order(monkeypatch):
    def forwards(saga):
        saga.to_undo = [execution for execution in reversed(saga.done) if execution.must_be_undone]
        backward._continue(saga)

    monkeypatch.setattr(backward, "go_on", forwards)


def broken_pivot(monkeypatch):
    monkeypatch.setattr(
        "sagadsl.machine.endings.give_up", lambda s, c, f, *, at="", rest=False: backward.begin(s, f, at or c.state)
    )
    monkeypatch.setattr(steps, "give_up", lambda s, c, f, *, at="", rest=False: backward.begin(s, f, at or c.state))


def lost_undo(monkeypatch):
    real = Execution.must_be_undone.fget
    monkeypatch.setattr(Execution, "must_be_undone", property(lambda e: e.name != "a" and real(e)))


@pytest.mark.parametrize("bug", [broken_order, broken_pivot, lost_undo], ids=lambda bug: bug.__name__)
def test_a_machine_that_was_broken_on_purpose_is_found_out_with_the_way_to_it(bug, monkeypatch):
    bug(monkeypatch)

    report = verified(ORDER)

    assert not report.verified
    assert report.violations
    story = report.violations[0].story
    assert len(story) >= 2
    assert any("a" in line for line in story)


PROMISING = """
name: promising
invariants:
  - {name: nothing_is_shipped_for_nothing, when: compensated, require: steps.ship.status != 'completed'}
  - {name: always_paid, when: completed, require: %s}
steps:
  - {id: ship, service: s, action: ship, compensation: take_back}
  - {id: pay, service: s, action: pay, kind: read_only, on_failure: continue}
"""


def test_promises_of_the_definition_are_held_to_it():
    kept = verified(load(PROMISING % "steps.ship.status == 'completed'"))
    broken = verified(load(PROMISING % "steps.pay.status == 'completed'"))

    assert kept.verified
    (violation,) = broken.violations
    assert "always_paid" in violation.rule
    assert any("pay" in line for line in violation.story)


def branches(count, length):
    def one(number):
        names = [f"x{number}_{place}" for place in range(length)]
        tasks = [task(name, next=after) for name, after in zip(names, [*names[1:], f"e{number}"], strict=True)]
        return branch(*tasks, succeed(f"e{number}"))

    return definition(
        parallel("all", {f"b{number}": one(number) for number in range(count)}, next="last"),
        task("last", next="end"),
        succeed("end"),
    )


@pytest.mark.parametrize(("count", "length"), [(2, 1), (2, 2), (3, 1)])
def test_looking_at_fewer_interleavings_comes_to_the_same_ends(count, length):
    saga = branches(count, length)

    reduced, whole = verified(saga), verified(saga, reduce=False)

    assert reduced.statuses == whole.statuses
    assert (reduced.verified, whole.verified) == (True, True)
    assert reduced.states <= whole.states


@pytest.mark.parametrize("reduce", [True, False])
def test_a_broken_promise_about_branches_is_found_with_and_without_the_reduction(reduce):
    promise = Invariant("all_or_nothing", "completed", "steps.x0_0.status == 'compensated'")
    saga = branches(3, 1).vary(invariants=(promise,))

    report = verified(saga, reduce=reduce)

    assert any("all_or_nothing" in violation.rule for violation in report.violations)
