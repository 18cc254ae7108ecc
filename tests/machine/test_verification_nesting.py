"""Regions inside regions: two of all that run side by side do everything, at whatever depth they are."""

from dataclasses import replace

import pytest

from sagadsl import compile_saga
from sagadsl.language.definition import Invariant
from sagadsl.machine.verification.nesting import Nesting
from sagadsl.machine.verify import verify
from tests.machine.build import branch, choice, definition, map_of, parallel, succeed, task


def looked_up(name, next):
    return task(name, next=next, kind="read_only")


def nested(*branches, items="input.xs", **keys):
    """A map whose items have branches of one step each."""
    inside = {name: branch(looked_up(name, f"{name}_end"), succeed(f"{name}_end")) for name in branches}
    body = branch(parallel("side", inside, next="item_end"), succeed("item_end"))
    return definition(map_of("each", items, body, next="last", **keys), looked_up("last", "end"), succeed("end"))


def test_what_is_inside_each_other_is_looked_at_two_at_a_time_where_it_is_much():
    assert Nesting(nested("a", "b", "c")).deep == {"each", "side"}
    assert Nesting(nested("a", "b")).deep == frozenset()
    assert Nesting(definition(looked_up("a", "end"), succeed("end"))).deep == frozenset()


def test_what_cannot_end_well_stays_in_focus():
    body = branch(parallel("side", {n: branch(looked_up(n, n)) for n in "abc"}, next="fin"), succeed("fin"))

    assert Nesting(definition(map_of("each", "input.xs", body, next="end"), succeed("end"))).deep == frozenset()


@pytest.mark.parametrize("keys", [{}, {"max_concurrency": 1}])
def test_everything_is_seen_of_what_would_take_too_long_in_every_order(keys):
    compiled = compile_saga(nested("a", "b", "c", **keys))

    report = verify(compiled, max_states=20_000)

    assert report.verified
    assert report.statuses == ("completed", "compensated")
    assert report.reduced == ("each", "side")


@pytest.mark.parametrize(
    "require",
    [
        "!(steps.a.status == 'failed' && steps.c.status == 'completed')",
        "steps.b.status != 'failed'",
    ],
)
def test_a_broken_promise_is_found(require):
    saga = replace(nested("a", "b", "c"), invariants=(Invariant("kept", "compensated", require),))

    assert {each.rule for each in verify(compile_saga(saga)).violations} == {"promise kept"}


def test_items_that_count_are_not_alike():
    inside = branch(
        choice("pick", {"index == 1": "second"}, default="first"),
        parallel("second", {n: branch(looked_up(n, f"{n}_end"), succeed(f"{n}_end")) for n in "abc"}, next="fin"),
        looked_up("first", "fin"),
        succeed("fin"),
    )
    saga = definition(map_of("each", "input.xs", inside, next="end"), succeed("end"))
    promise = Invariant("kept", "compensated", "steps.b.status != 'failed'")

    report = verify(compile_saga(replace(saga, invariants=(promise,))))

    assert report.reduced == ("each", "second")
    assert {each.rule for each in report.violations} == {"promise kept"}
