"""Drawing a saga of 50 states, beside the pictures that `transitions` draws of the same machine.

`python -m pytest -s tests/benchmarks/test_draw.py`; nothing is compared but what was measured in the same run.
"""

import shutil
import subprocess
import sys
import time

import pytest
from transitions.extensions import GraphMachine

from sagadsl import compile_saga, load
from sagadsl.diagrams import render
from tests.benchmarks.sagas import chain

STATES = 50
ROUNDS = 7
MOST = 4  # times as long as the library's picture, for one with a heading, colours, ids and tooltips
FIRST_SVG, NEXT_SVG = 6.0, 0.1  # seconds without `dot`, as the project promises them
FIRST = """
import sys, time
began, used = time.perf_counter(), time.process_time()
from sagadsl import compile_saga, load
from sagadsl.diagrams import render
compiled = compile_saga(load(sys.argv[1]))
for _ in range(6):
    assert render(compiled, "svg").startswith(b"<?xml")
    print(time.perf_counter() - began, time.process_time() - used)
    began, used = time.perf_counter(), time.process_time()
"""


@pytest.fixture(scope="module")
def compiled():
    return compile_saga(load(chain(STATES - 1)))


def graph_machine(compiled):
    """The flow of the saga as a machine of the library's own that can be drawn, by Graphviz if that is wanted."""
    description = compiled.describe()["machines"]["flow"]
    return GraphMachine(
        states=[state["name"] for state in description["states"]],
        transitions=description["transitions"],
        initial=description["initial"],
        auto_transitions=False,
        graph_engine="graphviz",
    )


def graph_machine_svg(compiled):
    return graph_machine(compiled).get_graph().pipe(format="svg")


def fastest(works):
    """The shortest time of each, in turn, so that whatever else the machine does falls on all alike."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(ROUNDS):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            best[name] = min(best[name], time.perf_counter() - began)
    return best


def ours(compiled):
    return {f"view {view}": lambda view=view: render(compiled, "svg", view=view) for view in ("machine", "flow")}


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_with_dot_beside_the_graph_machine(compiled):
    assert b"<svg" in graph_machine_svg(compiled)
    best = fastest({"GraphMachine": lambda: graph_machine_svg(compiled), **ours(compiled)})

    for name, took in best.items():
        times = took / best["GraphMachine"]
        print(f"\n{STATES} states, with dot: {name} {took * 1000:.0f} ms, {times:.1f} times GraphMachine", end="")
    assert best["view machine"] < MOST * best["GraphMachine"]


def test_without_dot_the_graph_machine_draws_nothing_and_sagadsl_does(compiled, monkeypatch, tmp_path):
    from graphviz import ExecutableNotFound

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ExecutableNotFound):
        graph_machine_svg(compiled)
    render(compiled, "svg")
    best = fastest(ours(compiled))

    for name, took in best.items():
        print(f"\n{STATES} states, without dot: {name} {took * 1000:.0f} ms", end="")


def test_without_dot_the_first_picture_of_a_process(tmp_path, monkeypatch):
    """View `flow`, twice: where Graphviz has to be compiled first, and where that was done by a process before."""
    saga = tmp_path / "saga.yaml"
    saga.write_text(chain(STATES - 1), encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for how in ("compiled", "loaded from the cache"):
        command = [sys.executable, "-c", FIRST, str(saga)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        first, *others = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
        took, used = min(took for took, _ in others), min(used for _, used in others)
        print(f"\nwithout dot, Graphviz {how}: first SVG {first[0]:.2f} s, ", end="")
        print(f"the next ones {took * 1000:.0f} ms, {used * 1000:.0f} ms of the processor", end="")
        assert first[0] < FIRST_SVG
        assert used < NEXT_SVG  # of the processor: what else the machine does is not ours
    assert list((tmp_path / "cache").rglob("*.cwasm"))
