"""What a running saga weighs, and a hundred thousand of them at once. See `test_machine.py`.

pytest -s tests/benchmarks/test_memory.py
"""

import gc
import time
import tracemalloc

from sagadsl import compile_saga, load
from sagadsl.machine.events import SagaStarted, StepSucceeded
from tests.benchmarks.sagas import chain

STEPS = 5
COMPILED = compile_saga(load(chain(STEPS)))


def started(number, completed, input, outputs):
    """A saga so many of whose steps have completed; the next one is under way."""
    saga = COMPILED.new(f"saga-{number}")
    definition = COMPILED.definition
    saga.apply(SagaStarted(input, definition.name, definition.version, COMPILED.hash, at=1000.5 + number))
    for step in range(completed):
        saga.apply(StepSucceeded(f"s{step}", 1, outputs[step], at=1001.5 + number + step))
    return saga


def weight(completed, count=10_000):
    """Bytes for one saga, beyond its input and what its actions have answered."""
    given = [({"amount": 1.0 + number}, [{"ref": f"r{number}"} for _ in range(completed)]) for number in range(count)]
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    sagas = [started(number, completed, *each) for number, each in enumerate(given)]
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(sagas) == count
    return (after - before) / count


def test_a_running_saga_weighs_at_most_two_kibibytes():
    weight(STEPS - 1, 100)
    weights = [weight(completed) for completed in range(STEPS)]

    for step, each in enumerate(weights, 1):
        print(f"\nstep {step} of {STEPS} under way: {each:,.0f} bytes beyond what it was given", end="")
    assert max(weights) <= 2048


def test_a_hundred_thousand_sagas_run_in_one_process():
    count, outputs = 100_000, [{"ref": "r"}] * STEPS
    began = time.perf_counter()
    sagas = [started(number, 0, {"amount": 1.0}, outputs) for number in range(count)]
    for step in range(STEPS):
        for saga in sagas:
            saga.apply(StepSucceeded(f"s{step}", 1, outputs[step]))
    seconds = time.perf_counter() - began

    assert {saga.status for saga in sagas} == {"completed"}
    events = count * (STEPS + 1)
    print(f"\n{count:,} sagas side by side: {seconds:.1f} s, {events / seconds:,.0f} events a second")
