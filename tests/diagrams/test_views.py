"""Every view of every saga: whole, with ids of its own, and written in every format."""

import pytest
from hypothesis import given, settings

from sagadsl import compile_saga
from sagadsl.diagrams.model import STATES
from sagadsl.diagrams.views import VIEWS, ViewError, can_fail, picture, to_dot, to_mermaid, to_plantuml
from tests.diagrams.conftest import saga, task
from tests.machine.build import succeed
from tests.strategies import definitions


def pictures(compiled):
    for view in VIEWS:
        for state in can_fail(compiled) if view == "failure" else [None]:
            yield picture(compiled, view, state=state)


def boxed(groups):
    for group in groups:
        yield group.id
        yield from group.nodes
        yield from boxed(group.groups)


@settings(max_examples=40, deadline=None)
@given(definitions())
def test_every_view_of_any_saga_is_whole(definition):
    for drawn in pictures(compile_saga(definition)):
        ids = [*(node.id for node in drawn.nodes), *drawn.edge_ids]
        in_boxes = list(boxed(drawn.groups))
        assert len(set(ids)) == len(ids)
        assert len(set(in_boxes)) == len(in_boxes)
        assert {name for edge in drawn.edges for name in (edge.source, edge.target)} <= set(ids)
        assert drawn.title == definition.name
        if drawn.view in ("flow", "failure"):
            assert {node.state for node in drawn.nodes if node.kind in STATES} == set(definition.all_states)


@settings(max_examples=20, deadline=None)
@given(definitions())
def test_every_view_is_written_the_same_twice(definition):
    first, second = (list(pictures(compile_saga(definition))) for _ in range(2))
    for write in (to_dot, to_mermaid, to_plantuml):
        assert [write(drawn) for drawn in first] == [write(drawn) for drawn in second]


def test_a_state_is_found_by_its_name_in_the_views_of_states(everything):
    compiled = compile_saga(everything)
    for view in ("flow", "machine"):
        ids = {node.id for node in picture(compiled, view).nodes}
        assert {f"state-{name}" for name in everything.all_states} <= ids


def test_an_id_does_not_depend_on_what_stands_before_it():
    short = picture(compile_saga(saga(task("b", "done"), succeed("done"))))
    long = picture(compile_saga(saga(task("a", "b"), task("b", "done"), succeed("done"))))
    assert set(short.edge_ids) - {"way-start-state-b"} <= set(long.edge_ids)
    assert {node.id for node in short.nodes} <= {node.id for node in long.nodes}


@pytest.mark.parametrize(
    ("view", "state", "words"),
    [
        ("flows", None, "no view 'flows'; the views are flow, machine, lifecycle, failure, sequence"),
        ("flow", "charge", "only the view 'failure' is of one state"),
        ("failure", None, "say which: reserve, review, charge, ship, notify, sorry\\."),
        ("failure", "chrage", "no state 'chrage'; those that can fail are reserve, review, charge"),
        ("failure", "check", "'check' cannot fail by itself; those that can are reserve"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(everything, view, state, words):
    with pytest.raises(ViewError, match=words):
        picture(compile_saga(everything), view, state=state)


def test_a_saga_in_which_nothing_can_fail_says_so():
    with pytest.raises(ViewError, match="No state of this saga can fail"):
        picture(compile_saga(saga(succeed("done"))), "failure", state="done")


def test_whoever_asks_is_told_what_a_box_has_no_room_for(everything):
    details = {node.id: dict(node.details) for node in picture(compile_saga(everything)).nodes}
    assert details["state-reserve"] == {"calls": "shop.do_reserve", "payload": "{}", "timeout": "30s"}
    assert details["undo-reserve"]["retry"] == "up to 4 attempts, after 1s, each time 2 times as long"
    assert details["undo-reserve"]["payload"] == "the step's input and output"
    assert details["state-check"] == {"when": "input.amount > 1000.0: review", "otherwise": "charge"}
    assert details["state-review"]["catches"] == "Refused, Lost: sorry"
    assert details["state-sorry"] == {"error": "NotApproved", "message": "Nobody approved."}
