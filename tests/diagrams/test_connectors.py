"""Large pictures stay readable, and are laid out in bearable time: their longest ways are cut."""

import re

import pytest

from sagadsl import compile_saga
from sagadsl.diagrams.connectors import FAR, LARGE, MANY
from sagadsl.diagrams.dot import WIDE
from sagadsl.diagrams.views import picture, to_dot
from sagadsl.language.definition import Catch, Choice, Choose, Fail
from tests.diagrams.conftest import saga, task, undo
from tests.machine.build import branch, definition, parallel, succeed
from tests.machine.build import task as step


def all_into_one(number):
    """Steps that all lead to one state when they fail."""
    catch = (Catch(("*",), "sorry"),)
    steps = [task(f"s{i}", f"s{i + 1}", compensation=undo(f"u{i}"), catch=catch) for i in range(number)]
    return saga(*steps, task(f"s{number}", "done"), succeed("done"), Fail(name="sorry", error="Sorry"))


def jumping(number):
    """Every other state is a choice that may jump far."""
    states = []
    for i in range(0, number, 2):
        far = f"s{(i * 7 + number // 2) // 2 * 2 % number}"
        states += [
            task(f"s{i}", f"c{i}", compensation=undo(f"u{i}")),
            Choice(name=f"c{i}", choices=(Choose("input.x > 1", far),), default=f"s{i + 2}"),
        ]
    return saga(*states, task(f"s{number}", "done"), succeed("done"))


def drawn(definition_, view="flow"):
    return picture(compile_saga(definition_), view)


def into(drawn_, node):
    return [edge for edge in drawn_.edges if edge.target == node]


def jumps(drawn_):
    return {node.id: node for node in drawn_.nodes if node.kind == "jump"}


def test_a_few_catches_into_one_state_are_lines():
    assert not jumps(drawn(all_into_one(MANY)))
    assert len(into(drawn(all_into_one(MANY)), "state-sorry")) == MANY


@pytest.mark.parametrize("view", ["flow", "machine"])
def test_of_many_catches_into_one_state_the_last_is_a_line_and_the_others_say_where_they_lead(view):
    many = drawn(all_into_one(MANY + 5), view)
    cut = jumps(many)
    assert [edge.source for edge in into(many, "state-sorry")] == [f"state-s{MANY + 4}"]
    assert len(cut) == MANY + 4
    assert {(node.title, node.state) for node in cut.values()} == {("→ sorry", "sorry")}
    assert {edge.source for name in cut for edge in into(many, name)} == {f"state-s{i}" for i in range(MANY + 4)}


def test_no_state_stands_alone_because_all_ways_to_it_were_cut():
    steps = [task(f"s{i}", f"s{i + 1}", compensation=undo(f"u{i}")) for i in range(LARGE)]
    first = task("first", "s0", catch=(Catch(("*",), "sorry"),))
    last = (task(f"s{LARGE}", "done"), succeed("done"), Fail(name="sorry", error="Sorry"))

    assert [edge.source for edge in into(drawn(saga(first, *steps, *last)), "state-sorry")] == ["state-first"]


def test_a_cut_way_keeps_its_words():
    many = drawn(all_into_one(MANY + 5))
    assert {edge.label for name in jumps(many) for edge in into(many, name)} == {"any error"}


def test_far_jumps_are_cut_in_large_pictures_only():
    small, large = drawn(jumping(20)), drawn(jumping(120))
    assert len(small.edges) <= LARGE < len(large.edges)
    assert not jumps(small)
    assert jumps(large)
    places = {node.id: place for place, node in enumerate(large.nodes)}
    spans = [abs(places[edge.source] - places[edge.target]) for edge in large.edges if edge.kind == "choice"]
    assert max(spans) <= FAR * 2


def test_a_cut_way_out_of_a_branch_stays_in_its_box():
    inner = branch(*(step(f"x{i}", f"x{i + 1}", catch=(Catch(("*",), "inner"),)) for i in range(MANY + 2)),
                   step(f"x{MANY + 2}", "x_end"), step("inner", "x_end"), succeed("x_end"))  # fmt: skip
    saga_ = definition(parallel("both", {"one": inner}, "done"), succeed("done"))
    picture_ = drawn(saga_)
    (box,) = picture_.groups
    (one,) = box.groups
    assert set(jumps(picture_)) <= set(one.nodes)
    assert jumps(picture_)


@pytest.mark.parametrize("branches", [WIDE, WIDE + 1, 30])
def test_many_branches_stand_one_below_the_other(branches):
    inside = {f"b{i}": branch(step(f"s{i}", f"e{i}"), succeed(f"e{i}")) for i in range(branches)}
    dot = to_dot(drawn(definition(parallel("both", inside, "done"), succeed("done"))))
    assert re.search("rankdir=(..)", dot).group(1) == ("TB" if branches <= WIDE else "LR")
