"""What becomes of a saga when each of its steps fails: how the time for the whole table grows with the saga.

`python -m pytest -s tests/benchmarks/test_outcomes.py`; nothing is compared but what was measured in the same run.
"""

import time

import pytest

from sagadsl import compile_saga, load
from sagadsl.machine.outcomes import outcomes
from tests.benchmarks.sagas import chain

SIZES = (50, 100, 200)
QUADRATIC = 4  # times as long, for a saga twice as long
ROOM = 1.6  # for what else the machine does meanwhile; a cube would be twice as much as a square


def seconds(states):
    compiled = compile_saga(load(chain(states)))
    took = []
    for _ in range(3):
        began = time.process_time()
        found = outcomes(compiled)
        took.append(time.process_time() - began)
        assert len(found) >= states
    return min(took)


@pytest.fixture(scope="module")
def measured():
    return {states: seconds(states) for states in SIZES}


def test_twice_the_states_take_no_more_than_four_times_as_long(measured):
    for small, large in ((50, 100), (100, 200)):
        ratio = measured[large] / measured[small]
        print(f"\noutcomes of {large} states: {measured[large]:.2f} s, {ratio:.1f} times those of {small}", end="")
        assert ratio < QUADRATIC * ROOM
