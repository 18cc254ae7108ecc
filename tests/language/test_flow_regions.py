"""What the graph knows of branches and bodies, held against running them side by side in every order."""

from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.definition import (
    Catch,
    Choice,
    Choose,
    Definition,
    Map,
    Parallel,
    Region,
    State,
    Succeed,
    Task,
    Wait,
)
from sagadsl.language.edges import Home
from sagadsl.language.flow import Flow


def task(name: str, to: str, *, catch: tuple[str, ...] = ()) -> Task:
    caught = tuple(Catch(("E",), target) for target in catch)
    return Task(name=name, service="s", action="a", payload={}, next=to, timeout=1.0, catch=caught)


def choice(name: str, *to: str) -> Choice:
    return Choice(name=name, choices=tuple(Choose("true", t) for t in to[:-1]), default=to[-1])


def region(*states: State) -> Region:
    return Region(states[0].name, {state.name: state for state in states})


def flow(*states: State) -> Flow:
    return Flow(Definition(name="x", states={s.name: s for s in states}, start=states[0].name))


def both(left: Region, right: Region, **more) -> Parallel:
    return Parallel(name="both", branches={"left": left, "right": right}, next="after", **more)


LEFT = region(task("l1", "l2"), task("l2", "l_end"), Succeed(name="l_end"))
RIGHT = region(task("r1", "r_end"), Succeed(name="r_end"))
END = Succeed(name="end")
AFTER = task("after", "end")


def test_after_the_join_what_each_branch_has_passed_has_completed():
    joined = flow(both(LEFT, RIGHT), AFTER, END)
    assert joined.reachable == {"both", "l1", "l2", "l_end", "r1", "r_end", "after", "end"}
    assert all(joined.completed_before(name, "after") for name in ("both", "l1", "l2", "r1"))


def test_what_runs_in_another_branch_may_not_have_completed():
    joined = flow(both(LEFT, RIGHT), AFTER, END)
    assert joined.completed_before("l1", "l2")
    assert not joined.completed_before("l1", "r1")
    assert not joined.completed_before("r1", "l_end")
    assert not joined.completed_before("both", "l1")


def test_of_a_branch_that_can_go_two_ways_only_what_both_pass_has_completed():
    fork = region(choice("pick", "l1", "l_end"), task("l1", "l_end"), Succeed(name="l_end"))
    joined = flow(both(fork, RIGHT), AFTER, END)
    assert not joined.completed_before("l1", "after")
    assert joined.way_past("l1", "after") == ["both", "pick", "l_end", "after"]
    assert joined.completed_before("r1", "after")


def test_a_path_into_a_branch_does_not_lead_through_the_other_one():
    fork = region(choice("pick", "r1", "r2"), task("r1", "r2"), task("r2", "r_end"), Succeed(name="r_end"))
    joined = flow(both(LEFT, fork), AFTER, END)
    assert joined.way_past("r1", "r2") == ["both", "pick", "r2"]


def test_where_the_whole_has_failed_nothing_in_it_has_completed_for_certain():
    caught = flow(both(LEFT, RIGHT, catch=(Catch(("*",), "sorry"),)), AFTER, task("sorry", "end"), END)
    assert not caught.completed_before("l1", "sorry")
    assert caught.after_catch == {"sorry"}
    assert not caught.completed_before("l1", "end")


def test_one_branch_that_never_ends_keeps_all_from_going_on():
    ring = region(task("l1", "l2"), task("l2", "l1"))
    stuck = flow(both(ring, RIGHT), AFTER, END)
    assert "after" not in stuck.reachable
    assert {"l1", "l2", "r1", "r_end"} <= stuck.reachable


def test_the_body_of_a_map_may_never_run():
    mapped = flow(Map(name="each", items="[]", body=LEFT, next="after"), AFTER, END)
    assert {"l1", "l2", "after"} <= mapped.reachable
    assert mapped.completed_before("l1", "l2")
    assert mapped.completed_before("each", "after")
    assert not mapped.completed_before("l1", "after")


def test_a_wait_that_is_given_up_has_not_completed():
    given_up = flow(Wait(name="ask", signal="yes", timeout=1.0, next="after", on_timeout="end"), AFTER, END)
    assert given_up.completed_before("ask", "after")
    assert not given_up.completed_before("ask", "end")
    assert given_up.after_catch == frozenset()


def test_a_transition_out_of_its_branch_is_left_out_and_does_not_cut_off_what_follows():
    astray = region(task("l1", "after"), Succeed(name="l_end"))
    crossed = flow(both(astray, RIGHT), AFTER, END)
    assert all(edge.target != "after" or edge.source == "both" for edge in crossed.edges)
    assert {"after", "end"} <= crossed.reachable
    assert "l_end" not in crossed.reachable


def test_what_runs_beside_a_pivot_comes_before_and_after_it():
    joined = flow(task("a", "both"), both(LEFT, RIGHT), AFTER, END)
    assert joined.before_any(["l1"]) == {"a", "both", "l1", "r1", "r_end"}
    assert joined.after(["l1"]) == {"l2", "l_end", "r1", "r_end", "after", "end"}
    assert joined.behind(["l1"]).keys() == {"l2", "l_end", "after", "end"}
    assert joined.before(["r1"]) == {"a", "l1", "l2", "l_end"}
    assert joined.before(["l1"]) == {"a", "r1", "r_end"}


def test_what_has_completed_in_a_branch_is_behind_the_caller_of_its_failure_too():
    caught = flow(both(LEFT, RIGHT, catch=(Catch(("*",), "sorry"),)), AFTER, task("sorry", "end"), END)
    assert "sorry" in caught.after(["l1"])
    assert "l1" in caught.before(["sorry"])


def test_other_items_run_beside_a_state_of_a_map():
    mapped = flow(Map(name="each", items="[]", body=LEFT, next="after"), AFTER, END)
    assert mapped.after(["l2"]) == {"l1", "l2", "l_end", "after", "end"}
    assert "l2" in mapped.before(["l1"])


def test_a_region_knows_what_lives_in_it():
    inner = Map(name="each", items="[]", body=LEFT, next="m_end")
    homes = flow(both(region(inner, Succeed(name="m_end")), RIGHT), AFTER, END).homes
    assert homes.around("l1")[1:] == (Home("both", "left"), Home("each", "body"))
    assert homes.are_side_by_side("l1", "r1")
    assert not homes.are_side_by_side("l1", "m_end")
    assert homes.parting("l1", "m_end") == Home("each", "body")
    assert [state.name for state in homes.states_within(Home("both", "left"))] == [
        "each", "l1", "l2", "l_end", "m_end",
    ]  # fmt: skip


def test_ten_thousand_branches_are_no_trouble():
    size = 10_000
    branches = {f"b{i}": region(task(f"s{i}", f"e{i}"), Succeed(name=f"e{i}")) for i in range(size)}
    wide = flow(Parallel(name="wide", branches=branches, next="after"), AFTER, END)
    assert wide.completed_before(f"s{size - 1}", "after")
    assert len(wide.before([f"s{i}" for i in range(size)])) == 2 * size
    assert len(wide.after([f"s{i}" for i in range(size)])) == 2 * size + 2


# -- laws ---------------------------------------------------------------------------------------------------------

LEFT_NAMES, RIGHT_NAMES = ["l0", "l1", "l_end"], ["r0", "r1", "r_end"]
TASKS = ["start", "l0", "l1", "r0", "r1", "after"]
TOP = st.sampled_from(["both", "after", "end"])


def plans(names: list[str]):
    one = st.tuples(st.sampled_from(names), st.lists(st.sampled_from(names), max_size=1))
    return st.tuples(one, one)


def branch(names: list[str], plan) -> Region:
    tasks = [task(name, to, catch=tuple(catch)) for name, (to, catch) in zip(names, plan, strict=False)]
    return region(*tasks, Succeed(name=names[-1]))


def entries(parallel: Parallel, top: dict[str, Task]) -> set[tuple[str, frozenset[str]]]:
    """All (state entered, tasks completed until then) of all runs, the branches side by side in every order."""
    first = ("start", frozenset[str](), None)
    seen, pending = {first}, [first]
    entered = {("start", frozenset[str]())}
    while pending:
        for name, place in moves(parallel, top, *pending.pop()):
            entered.update((each, place[1]) for each in name)
            if place not in seen:
                seen.add(place)
                pending.append(place)
    return entered


def moves(parallel: Parallel, top: dict[str, Task], name: str, done: frozenset[str], cursors):
    if name == "end":
        return
    if name != "both":
        for to, completed in task_moves(top[name], done):
            yield enter(parallel, to, completed)
        return
    for catch in parallel.catch:
        yield enter(parallel, catch.next, done)
    if all(cursor is None for cursor in cursors):
        yield enter(parallel, parallel.next, done)
    for i, inner in enumerate(parallel.branches.values()):
        if cursors[i] is None:
            continue
        state = inner.states[cursors[i]]
        steps = [(None, done)] if isinstance(state, Succeed) else list(task_moves(state, done))
        for to, completed in steps:
            moved = (*cursors[:i], to, *cursors[i + 1 :])
            yield ([] if to is None else [to]), ("both", completed, moved)


def task_moves(state: Task, done: frozenset[str]):
    yield state.next, done | {state.name}
    yield from ((catch.next, done) for catch in state.catch)


def enter(parallel: Parallel, name: str, done: frozenset[str]):
    if name != "both":
        return [name], (name, done, None)
    starts = tuple(inner.start for inner in parallel.branches.values())
    return ["both", *starts], ("both", done, starts)


@given(plans(LEFT_NAMES), plans(RIGHT_NAMES), TOP, st.lists(TOP, max_size=1), TOP, st.sampled_from(TASKS))
def test_what_is_known_of_branches_is_what_every_order_of_running_them_shows(left, right, onwards, caught, last, pivot):
    parallel = both(branch(LEFT_NAMES, left), branch(RIGHT_NAMES, right), catch=tuple(Catch(("E",), n) for n in caught))
    top = {"start": task("start", onwards), "after": task("after", last)}
    graph = flow(top["start"], parallel, top["after"], END)
    runs = entries(parallel, top)
    assert graph.reachable == {name for name, _ in runs}
    for here in graph.reachable:
        completed = [done for name, done in runs if name == here]
        for name in TASKS:
            assert graph.completed_before(name, here) == all(name in done for done in completed), (name, here)
    assert graph.before_any([pivot]) == {name for name, done in runs if pivot not in done}
    beside = {"l0": "r0", "l1": "r0", "r0": "l0", "r1": "l0"}.get(pivot)  # entered before, and maybe still running
    later = {name for name, done in runs if pivot in done}
    assert graph.after([pivot]) == (later | {beside} if beside and later else later)
