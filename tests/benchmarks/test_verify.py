"""How long `verify` takes: states a second, and how it grows with branches side by side.

    .venv/bin/python -m pytest tests/benchmarks/test_verify.py -s

A parallel state with six branches of four steps has to be verified within a minute on two slow cores; everything else
is only printed.
"""

import time

import pytest

from sagadsl import compile_saga, load
from sagadsl.machine.verify import verify
from tests.benchmarks.sagas import chain, side_by_side

LIMIT = 60.0  # seconds


def measured(name, text, **options):
    compiled = compile_saga(load(text))
    started = time.perf_counter()
    report = verify(compiled, **options)
    seconds = time.perf_counter() - started
    told = f"{report.states:,} states, {report.transitions:,} transitions, {seconds:.1f} s"
    print(f"\n{name}: {told}, {report.transitions / seconds:,.0f} transitions a second", end="")
    return report, seconds


@pytest.mark.parametrize("branches", [2, 3, 4, 5, 6])
def test_branches_of_four_steps_side_by_side(branches):
    report, seconds = measured(f"{branches} branches of 4 steps", side_by_side(branches, 4))

    assert report.verified
    assert seconds < LIMIT


def test_six_branches_of_four_steps_that_are_each_tried_three_times():
    report, _ = measured("6 branches of 4 steps, 3 attempts each", side_by_side(6, 4, attempts=3))

    assert report.verified


@pytest.mark.parametrize("branches", [2, 3])
def test_the_same_without_the_reduction(branches):
    every = measured(f"{branches} branches of 2 steps, every order", side_by_side(branches, 2), reduce=False)[0]
    reduced = measured(f"{branches} branches of 2 steps, reduced", side_by_side(branches, 2))[0]

    assert reduced.states <= every.states
    assert reduced.statuses == every.statuses


def test_a_straight_line_of_fifty_steps():
    report, _ = measured("a line of 50 steps", chain(50))

    assert report.verified
