"""What the graph of a definition knows, held against plain enumeration of paths."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language import graphs
from sagadsl.language.definition import Catch, Choice, Choose, Definition, OnFailure, Pass, State, Succeed, Task
from sagadsl.language.edges import OUTSIDE
from sagadsl.language.flow import Flow


def task(name: str, to: str, *, catch: tuple[str, ...] = (), goes_on: bool = False) -> Task:
    return Task(
        name=name, service="s", action="a", payload={}, next=to, timeout=1.0,
        catch=tuple(Catch(("E",), target) for target in catch),
        on_failure=OnFailure("continue") if goes_on else None,
    )  # fmt: skip


def flow(*states: State) -> Flow:
    return Flow(Definition(name="x", states={s.name: s for s in states}, start=states[0].name))


def choice(name: str, *to: str) -> Choice:
    return Choice(name=name, choices=tuple(Choose("true", t) for t in to[:-1]), default=to[-1])


END = Succeed(name="end")


def test_what_a_straight_line_has_passed_is_all_that_came_before():
    line = flow(task("a", "b"), task("b", "end"), END)
    assert line.completed_before("a", "b")
    assert line.completed_before("a", "end")
    assert not line.completed_before("b", "a")
    assert not line.completed_before("b", "b")


def test_a_state_left_by_a_catch_has_not_completed_there():
    caught = flow(task("a", "b", catch=("sorry",)), task("b", "end"), task("sorry", "end"), END)
    assert caught.completed_before("a", "b")
    assert not caught.completed_before("a", "sorry")
    assert not caught.completed_before("a", "end")
    assert caught.way_past("a", "end") == ["a", "sorry", "end"]
    assert caught.after_catch == {"sorry"}


def test_going_on_after_a_failure_is_no_completion_and_no_catch():
    best_effort = flow(task("a", "b", goes_on=True), task("b", "end"), END)
    assert not best_effort.completed_before("a", "b")
    assert best_effort.way_past("a", "b") == ["a", "b"]
    assert best_effort.after_catch == frozenset()


def test_a_catch_and_next_to_the_same_state_are_two_ways():
    both = flow(task("a", "end", catch=("end",)), END)
    assert not both.completed_before("a", "end")
    assert both.after_catch == frozenset()


def test_where_branches_meet_only_what_both_passed_has_completed():
    meet = flow(choice("pick", "left", "right"), task("left", "join"), task("right", "join"), task("join", "end"), END)
    assert meet.completed_before("pick", "join")
    assert not meet.completed_before("left", "join")
    assert meet.way_past("left", "join") == ["pick", "right", "join"]


def test_edges_that_lead_nowhere_are_left_out_and_guesses_taken():
    states = {"a": task("a", "bb"), "b": task("b", "end"), "end": END}
    definition = Definition(name="x", states=states, start="a")
    assert Flow(definition).reachable == {"a"}
    assert Flow(definition, {(OUTSIDE, "bb"): "b"}).reachable == {"a", "b", "end"}


def test_an_unknown_start_reaches_nothing():
    lost = Flow(Definition(name="x", states={"end": END}, start="nowhere"))
    assert lost.reachable == frozenset()
    assert lost.way_past("end", "end") == []
    assert not lost.completed_before("end", "end")


def test_before_and_after_a_pivot():
    line = flow(task("a", "p"), task("p", "b", catch=("c",)), task("b", "end"), task("c", "end"), END)
    assert line.before_any(["p"]) == {"a", "p", "c", "end"}
    assert line.after(["p"]) == {"b", "end"}
    assert line.before(["p"]) == {"a"}
    assert line.before(["end"], barriers=["b"]) == {"a", "c"}


def test_ten_thousand_states_in_a_row_with_one_common_way_out():
    size = 10_000
    states = [task(f"s{i}", f"s{i + 1}" if i + 1 < size else "end", catch=("end",)) for i in range(size)]
    long = flow(*states, END)
    assert long.completed_before("s0", f"s{size - 1}")
    assert not long.completed_before("s0", "end")
    assert len(long.reachable) == size + 1
    assert long.way_past(f"s{size - 1}", "end") == ["s0", "end"]
    assert long.cycles_among([s.name for s in states]) == []


def test_a_cycle_is_told_as_a_round_trip_from_its_first_state():
    ring = flow(task("a", "b"), choice("b", "c", "end"), task("c", "a"), END)
    assert ring.cycles_among(["a", "b", "c"]) == [["a", "b", "c", "a"]]
    assert ring.cycles_among(["a", "b"]) == []


# -- laws ---------------------------------------------------------------------------------------------------------

SIZE = 6
NODES = st.lists(st.lists(st.integers(0, SIZE - 1), max_size=3), min_size=SIZE, max_size=SIZE)


@given(NODES)
def test_a_node_dominates_another_exactly_if_no_path_goes_past_it(successors):
    dominators = graphs.Dominators(successors, 0)
    reached = graphs.reachable(successors, [0])
    for node in range(SIZE):
        past = graphs.reachable(successors, [0], without={node})
        for other in range(SIZE):
            expected = node in reached and other in reached and other not in past
            assert dominators.dominates(node, other) == expected


@given(NODES)
def test_two_nodes_are_in_one_part_exactly_if_each_reaches_the_other(successors):
    from_each = [graphs.reachable(successors, targets) for targets in successors]
    parts = graphs.strongly_connected(successors)
    together = {(a, b) for part in parts for a in part for b in part}
    assert together == {(a, b) for a in range(SIZE) for b in range(SIZE) if b in from_each[a] and a in from_each[b]}
    for part in parts:
        trip = graphs.round_trip(successors, part[0])
        assert trip[0] == trip[-1] == part[0]
        assert all(b in successors[a] for a, b in itertools.pairwise(trip))


NAMES = [f"s{i}" for i in range(5)]
TARGETS = st.sampled_from([*NAMES, "end"])
STATES = st.one_of(
    st.builds(
        lambda to, catch, goes_on: ("task", to, tuple(catch), goes_on),
        TARGETS,
        st.lists(TARGETS, max_size=2),
        st.booleans(),
    ),
    st.builds(lambda to: ("pass", to, (), False), TARGETS),
    st.builds(lambda to: ("choice", to[0], tuple(to[1:]), False), st.lists(TARGETS, min_size=2, max_size=3)),
)


def build(name: str, plan: tuple[str, str, tuple[str, ...], bool]) -> State:
    kind, to, others, goes_on = plan
    if kind == "task":
        return task(name, to, catch=others, goes_on=goes_on)
    return Pass(name=name, output={}, next=to) if kind == "pass" else choice(name, to, *others)


def histories(states: dict[str, State], steps: int) -> set[tuple[str, frozenset[str], bool]]:
    """All (state entered, states completed so far, whether a catch was taken) within some steps: a simulation."""
    seen = {("s0", frozenset[str](), False)}
    row = set(seen)
    for _ in range(steps):
        row = {after for history in row for after in moves(states, *history)} - seen
        seen |= row
    return seen


def moves(states: dict[str, State], name: str, completed: frozenset[str], caught: bool):
    state = states[name]
    if isinstance(state, Task):
        yield from ((catch.next, completed, True) for catch in state.catch)
        if state.on_failure is not None:
            yield state.next, completed, caught
        yield state.next, completed | {name}, caught
    elif isinstance(state, Pass):
        yield state.next, completed | {name}, caught
    elif isinstance(state, Choice):
        yield from ((to, completed | {name}, caught) for to in state.successors)


@given(st.lists(STATES, min_size=5, max_size=5))
def test_what_is_readable_is_what_every_run_has_completed(plans):
    states = {name: build(name, plan) for name, plan in zip(NAMES, plans, strict=True)} | {"end": END}
    graph = Flow(Definition(name="x", states=states, start="s0"))
    runs = histories(states, 80)
    for here in states:
        completed = [done for name, done, _ in runs if name == here]
        assert (here in graph.reachable) == bool(completed)
        for name in states:
            everywhere = bool(completed) and all(name in done for done in completed)
            assert graph.completed_before(name, here) == everywhere
            if completed and not everywhere:
                way = graph.way_past(name, here)
                assert (way[0], way[-1]) == ("s0", here)
        caught = [was for name, _, was in runs if name == here]
        assert (here in graph.after_catch) == (bool(caught) and all(caught))
