"""`verify`: it sees everything that can happen, says so honestly, and finds what is broken on purpose."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sagadsl import compile_saga, load
from sagadsl.language.definition import Catch, Invariant, Pass, Retry
from sagadsl.language.library import ActionSpec, Catalogue
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import CompensationRequested, StepSucceeded
from sagadsl.machine.execution import Execution
from sagadsl.machine.saga import HANDLERS, Saga
from sagadsl.machine.verification.copies import copy_saga
from sagadsl.machine.verification.exploring import Explorer
from sagadsl.machine.verify import explorer_of, verify

from sagadsl.machine import backward, steps, waits  # isort: skip - the saga has to be imported before its parts
from tests.machine.build import branch, choice, definition, map_of, parallel, sub, succeed, task, wait
from tests.machine.story import Story

TRIP = definition(
    task("book_hotel", next="book_flight"),
    task("book_flight", next="pay"),
    task("pay", next="send", kind="pivot"),
    task("send", next="end", kind="retriable"),
    succeed("end"),
)


def verified(definition, **options):
    return verify(compile_saga(definition), **options)


def broken(report):
    return {violation.rule for violation in report.violations}


def story_of(report, rule):
    return next(list(violation.story) for violation in report.violations if violation.rule == rule)


def promising(definition, when, require):
    return replace(definition, invariants=(Invariant("kept", when, require),))


# -- what it sees -----------------------------------------------------------------------------------------------------


def test_a_sound_saga_is_verified_and_its_ends_are_told():
    report = verified(TRIP)

    assert report.verified
    assert report.statuses == ("completed", "compensated", "compensation_failed", "failed")
    assert (report.cut, report.reduced) == ((), ())


def test_a_saga_that_cannot_fail_after_its_pivot_never_fails():
    report = verified(definition(task("a", next="end", kind="pivot", compensation=None), succeed("end")))

    assert report.statuses == ("completed", "compensated")


def test_the_walk_says_when_it_has_stopped_early_and_then_nothing_is_verified():
    report = verified(TRIP, max_states=10)

    assert not report.complete
    assert not report.verified
    assert not report.violations


@pytest.fixture
def words_of(monkeypatch):
    """Walk through a saga and return every sentence that was tried, also where it led to nothing new."""

    def words(definition, **options):
        told, node = set(), Explorer._node

        def listening(*args):
            new = node(*args)
            told.update(new.words)
            return new

        monkeypatch.setattr(Explorer, "_node", listening)
        compiled = definition if isinstance(definition, CompiledSaga) else compile_saga(definition)
        explorer_of(compiled, **options).walk(20_000)
        return told

    return words


def test_both_sides_of_every_condition_on_data_are_followed(words_of):
    words = words_of(
        definition(
            task("a", next="pick"),
            choice("pick", {"states.a.output > 3": "b", "input.x == 1": "c"}, default="end"),
            task("b", next="end"),
            task("c", next="end"),
            succeed("end"),
        )
    )

    assert {"`states.a.output > 3` is true", "`states.a.output > 3` is false", "b succeeds", "c succeeds"} <= words


def test_a_condition_on_what_is_known_is_decided_and_not_guessed(words_of):
    words = words_of(
        load(
            """
            name: known
            states:
              rate: {type: pass, output: {fee: 5}, next: pick}
              pick: {type: choice, choices: [{when: states.rate.output.fee > 3, next: dear}], default: cheap}
              dear: {service: s, action: a, kind: read_only, next: end}
              cheap: {service: s, action: b, kind: read_only, next: end}
              end: {type: succeed}
            """
        )
    )

    assert "dear succeeds" in words
    assert "cheap succeeds" not in words


def test_the_same_question_about_the_same_data_has_the_same_answer():
    twice = definition(
        choice("first", {"input.large": "ask"}, default="second"),
        task("ask", next="second"),
        choice("second", {"input.large": "check"}, default="end"),
        task("check", next="end"),
        succeed("end"),
    )
    report = verified(promising(twice, "completed", "steps.ask.status == steps.check.status"))

    assert report.verified


def test_an_answer_from_an_earlier_round_of_a_cycle_is_not_taken_for_the_next():
    again = definition(
        task("ask", next="pick"), choice("pick", {"states.ask.output.more": "ask"}, default="end"), succeed("end")
    )
    walk = explorer_of(compile_saga(again)).walk(1000)
    ways = [[line for each in node.path() for line in each.words] for node in walk.nodes if node.status == "completed"]

    assert any({f"`states.ask.output.more` is {each}" for each in ("true", "false")} <= set(way) for way in ways)


def test_a_cycle_is_followed_as_often_as_asked_and_the_report_says_so():
    again = definition(task("a", next="pick"), choice("pick", {"input.x": "end"}, default="a"), succeed("end"))
    once, thrice = verified(again, max_visits=1), verified(again, max_visits=3)

    assert once.cut == thrice.cut == ("a",)
    assert once.tried_again == ()
    assert once.states < thrice.states


def test_a_cycle_that_waits_for_nothing_is_cut():
    turn = Pass(name="turn", output="${saga.id}", next="pick")
    report = verified(definition(choice("pick", {"states.turn.output == 'x'": "end"}, "turn"), turn, succeed("end")))

    assert report.cut
    assert report.statuses == ("completed",)


def test_a_map_has_no_item_one_or_two(words_of):
    each = definition(
        map_of("each", "input.items", branch(task("a", next="a_end"), succeed("a_end")), next="end"), succeed("end")
    )
    assert {"each has no item", "each has one item", "each has two items", "a/1 succeeds"} <= words_of(each)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"retry": Retry(max_attempts=2, on=("Busy",))}, "a fails with Busy"),
        ({"catch": (Catch(("Gone",), "end"),)}, "a fails with Gone"),
        ({"callback": True}, "It is reported that a has succeeded"),
        ({"callback": True}, "a gets no report in time, so nobody knows whether it happened"),
        ({}, "a times out, so nobody knows whether it happened"),
        ({}, "a answers too late"),
        ({}, "A person has the saga undone"),
        ({}, "The undoing of a times out, so nobody knows whether it happened"),
        ({}, "A person says that a has been undone by hand"),
    ],
)
def test_everything_that_the_definition_speaks_of_happens(changed, said, words_of):
    assert said in words_of(definition(task("a", next="end", **changed), succeed("end")))


def test_errors_that_only_the_catalogue_names_happen_where_they_are_caught_elsewhere(words_of):
    text = "name: c\nstates: {a: {service: s, action: a, kind: read_only, catch: [{errors: ['*'], next: pick}], next: end},"
    text += (
        "pick: {type: choice, choices: [{when: error.code == 'Lost', next: end}], default: end}, end: {type: succeed}}"
    )
    compiled = compile_saga(load(text))
    catalogue = Catalogue("c", {"s": {"a": ActionSpec(errors=("Lost",))}})

    assert "a fails with Lost" in words_of(compiled, catalogue=catalogue)


def test_a_field_that_an_answer_may_lack_makes_a_payload_impossible_unless_the_catalogue_knows_better(words_of):
    compiled = compile_saga(
        definition(task("a", next="b"), task("b", next="end", payload={"x": "${states.a.output.x}"}), succeed("end"))
    )
    known = ActionSpec(output={"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}}})
    said = "the payload of b cannot be made, because states.a.output.x is not there"

    for catalogue, expected in ((None, True), (Catalogue("c", {"s": {"a": known}}), False)):
        assert (said in words_of(compiled, catalogue=catalogue)) is expected


def test_signals_come_early_in_time_and_not_at_all(words_of):
    words = words_of(definition(wait("w", signal="go", timeout=5.0, next="a"), task("a", next="end"), succeed("end")))

    assert "The signal go arrives" in words
    assert "w does not get its signal in time" in words
    early = definition(task("a", next="w"), wait("w", signal="go", next="end"), succeed("end"))
    assert "The signal go arrives before anybody waits for it" in words_of(early)


def test_sub_sagas_locks_and_the_time_of_the_saga_are_part_of_it(words_of):
    saga = definition(sub("child", "other", next="a"), task("a", next="end"), succeed("end"), locks=("l",), timeout=9.0)

    words = words_of(saga)

    assert {"The locks are granted", "child succeeds", "The time of the whole saga is over"} <= words
    assert {"child fails, and is undone as far as it had come", "child is undone"} <= words
    assert verified(saga).verified


def test_a_saga_that_another_one_runs_may_be_undone_after_it_has_completed(words_of):
    saga = definition(task("a", next="end"), succeed("end"))
    done = promising(saga, "compensated", "steps.a.status != 'compensated'")

    assert "The saga that has run this one is undone, and has this one undone" not in words_of(saga)
    assert "The saga that has run this one is undone, and has this one undone" in words_of(saga, is_child=True)
    assert broken(verified(done, is_child=True)) == {"promise kept"}


# -- promises ---------------------------------------------------------------------------------------------------------


def test_a_promise_that_can_be_broken_is_told_with_the_shortest_way_to_it():
    report = verified(promising(TRIP, "failed", "steps.send.status == 'completed'"))

    (violation,) = report.violations
    assert violation.rule == "promise kept"
    assert violation.what == "`steps.send.status == 'completed'` does not hold: send is failed"
    assert violation.story == (
        "The saga starts",
        "book_hotel succeeds",
        "book_flight succeeds",
        "pay succeeds",
        "send fails",
    )


def test_a_promise_that_is_kept_is_no_violation():
    kept = promising(TRIP, "compensated", "steps.pay.status != 'completed' && steps.send.status == 'pending'")

    assert verified(kept).verified


def test_a_promise_about_a_step_of_a_map_is_made_for_every_item():
    each = definition(
        map_of("each", "input.items", branch(task("a", next="b"), task("b", next="fin"), succeed("fin")), next="end"),
        succeed("end"),
    )
    assert verified(promising(each, "completed", "steps.b.status in ['completed', 'pending']")).violations == ()
    told = verified(promising(each, "compensated", "steps.a.status == 'compensated'"))
    assert broken(told) == {"promise kept"}


def test_a_promise_about_steps_of_three_branches_is_seen_in_every_combination():
    three = {name: branch(task(name, next=f"{name}_end"), succeed(f"{name}_end")) for name in "abc"}
    saga = definition(parallel("all", three, next="end"), succeed("end"))
    every = " || ".join(f"steps.{name}.status != 'compensated'" for name in "abc")

    assert broken(verified(promising(saga, "compensated", every))) == {"promise kept"}


@pytest.mark.parametrize("reduce", [True, False])
def test_a_broken_promise_about_branches_is_found_with_and_without_the_reduction(reduce):
    three = {name: branch(task(name, next=f"{name}_end"), succeed(f"{name}_end")) for name in "abc"}
    saga = definition(parallel("all", three, next="end"), succeed("end"))

    report = verified(promising(saga, "completed", "steps.a.status == 'compensated'"), reduce=reduce)

    assert broken(report) == {"promise kept"}


def test_a_promise_that_cannot_be_evaluated_is_broken():
    report = verified(promising(TRIP, "completed", "steps.nobody.status == 'completed'"))

    assert broken(report) == {"promise kept"}


# -- machines that are broken on purpose ------------------------------------------------------------------------------


def first_completed_first(saga):
    while not saga.outstanding:
        if not saga.to_undo:
            backward._end(saga)
            return
        backward._start(saga, saga.to_undo.pop(0))


def test_a_wrong_order_of_compensation_is_found(monkeypatch):
    monkeypatch.setattr(backward, "_continue", first_completed_first)

    report = verified(TRIP)

    assert story_of(report, "last completed first") == [
        "The saga starts",
        "book_hotel succeeds",
        "book_flight times out, so nobody knows whether it happened",
    ]
    assert "book_hotel is undone before book_flight, which completed after it" in {v.what for v in report.violations}


def test_an_order_that_is_wrong_only_between_branches_is_found_however_many_there_are(monkeypatch):
    names = "abcd"
    branches = {n: branch(task(f"{n}1", next=f"{n}2"), task(f"{n}2", next=f"{n}3"), succeed(f"{n}3")) for n in names}
    saga = definition(parallel("all", branches, next="end"), succeed("end"))
    assert verified(saga).verified

    def branch_by_branch(self):
        self.to_undo.sort(key=lambda step: step.name)
        return backward_continue(self)

    backward_continue = backward._continue
    monkeypatch.setattr(backward, "_continue", branch_by_branch)

    report = verified(saga)

    wrong = {violation.what.replace(" is undone before ", "/").partition(",")[0] for violation in report.violations}
    assert {f"{late}{i}/{early}{j}" for early, late in combinations(names, 2) for i in (1, 2) for j in (1, 2)} & wrong
    for early, late in combinations(names, 2):
        assert any(what[0] + what[3] in (early + late, late + early) for what in wrong), (early, late)


def test_a_double_undo_is_found(monkeypatch):
    call = backward._call

    def call_twice(saga, execution):
        call(saga, execution)
        saga.issue(next(reversed(saga.outstanding.values())))

    monkeypatch.setattr(backward, "_call", call_twice)

    assert "book_hotel is undone twice at the same time" in {v.what for v in verified(TRIP).violations}


def test_undoing_what_was_undone_is_found(monkeypatch):
    real = Execution.must_be_undone.fget
    forgets = property(lambda step: real(step) or step.status == "compensated")
    monkeypatch.setattr(Execution, "must_be_undone", forgets)

    report = verified(TRIP)

    assert broken(report) & {"only what is owed", "the machine does not break"}
    assert any("undone by hand" in line or "tried again" in line for v in report.violations for line in v.story)


def test_an_undo_after_the_pivot_is_found(monkeypatch):
    monkeypatch.setattr("sagadsl.machine.endings._rest", backward.begin)

    report = verified(TRIP)

    assert story_of(report, "nothing after the pivot")[-2:] == ["pay succeeds", "send fails"]


def test_a_lost_compensation_of_a_step_in_doubt_is_found(monkeypatch):
    real = Execution.must_be_undone.fget
    monkeypatch.setattr(Execution, "must_be_undone", property(lambda step: real(step) and not step.in_doubt))

    report = verified(TRIP)

    assert story_of(report, "nothing is left undone") == [
        "The saga starts",
        "book_hotel times out, so nobody knows whether it happened",
    ]


def test_a_compensation_that_is_lost_for_one_branch_is_found_among_many(monkeypatch):
    names = "abcde"
    branches = {n: branch(task(f"{n}1", next=f"{n}2"), task(f"{n}2", next=f"{n}3"), succeed(f"{n}3")) for n in names}
    saga = definition(parallel("all", branches, next="end"), succeed("end"))
    note = Saga.note_done
    monkeypatch.setattr(Saga, "note_done", lambda self, step: None if step.name == "d2" else note(self, step))

    report = verified(saga)

    assert report.violations
    assert all("d2" in violation.what for violation in report.violations)
    shortest = report.violations[0].story
    assert "d2 succeeds" in shortest
    assert len(shortest) <= 9, "the shortest way does not lead through all other branches"


def test_too_many_attempts_are_found(monkeypatch):
    monkeypatch.setattr(steps, "may_retry", lambda *args, retryable: retryable)
    saga = definition(task("a", next="end", retry=Retry(max_attempts=2)), succeed("end"))

    report = verified(saga)

    assert {v.what for v in report.violations} == {"a is called 3 times, and it may be 2 times"}


def test_a_saga_that_stands_still_is_found(monkeypatch):
    monkeypatch.setattr(Saga, "start_step_timer", lambda *args: None)
    saga = definition(task("a", next="end", retry=Retry(max_attempts=2)), succeed("end"))

    assert story_of(verified(saga), "no saga stands still") == ["The saga starts", "a fails"]


def test_a_saga_that_can_never_end_is_found(monkeypatch):
    def keeps_it(saga, event):
        waits.signal_received(saga, event) if event.name != "go" else None

    monkeypatch.setitem(HANDLERS, next(kind for kind in HANDLERS if kind.__name__ == "SignalReceived"), keeps_it)
    saga = definition(task("a", next="w", kind="pivot"), wait("w", signal="go", next="end"), succeed("end"))

    assert story_of(verified(saga), "every saga can end") == ["The saga starts", "a succeeds"]


def test_a_step_that_starts_beside_a_failure_is_found(monkeypatch):
    from sagadsl.machine import regions

    monkeypatch.setattr(regions, "_stop", lambda saga, cursor: None)
    two = {n: branch(task(f"{n}1", next=f"{n}2"), task(f"{n}2", next=f"{n}3"), succeed(f"{n}3")) for n in "ab"}
    saga = definition(parallel("all", two, next="end"), succeed("end"))

    assert story_of(verified(saga), "no step starts beside a failure") == ["The saga starts", "a1 fails", "b1 succeeds"]


def test_a_machine_that_breaks_is_found(monkeypatch):
    def breaks(saga, event):
        raise KeyError("oh")

    monkeypatch.setitem(HANDLERS, CompensationRequested, breaks)

    report = verified(TRIP)

    assert report.violations[0].what == "KeyError: 'oh'"
    assert report.violations[0].story == ("The saga starts", "A person has the saga undone")


def test_a_machine_that_refuses_what_it_waits_for_is_found(monkeypatch):
    succeeded = HANDLERS[StepSucceeded]

    def refuses(saga, event):
        if event.state == "book_flight":
            raise saga.refuse(event, "no")
        succeeded(saga, event)

    monkeypatch.setitem(HANDLERS, StepSucceeded, refuses)

    assert story_of(verified(TRIP), "what is waited for is taken")[-1] == "book_flight succeeds"


def test_a_machine_that_remembers_more_than_its_events_is_found(monkeypatch):
    called = []
    may_retry = steps.may_retry

    def moody(*args, retryable):
        called.append(1)
        return len(called) < 5 and may_retry(*args, retryable=retryable)

    monkeypatch.setattr(steps, "may_retry", moody)
    saga = definition(task("a", next="b", retry=Retry(max_attempts=2)), task("b", next="end"), succeed("end"))

    assert "a replay is the same" in broken(verified(saga))


def test_a_late_result_that_changes_something_is_found(monkeypatch):
    succeeded = HANDLERS[StepSucceeded]

    def forgets(saga, event):
        late = event.attempt in saga.executions[event.state, event.region, event.execution].attempts.abandoned
        succeeded(saga, event)
        if late:
            saga.start_timer("again", 1.0)

    monkeypatch.setitem(HANDLERS, StepSucceeded, forgets)

    assert story_of(verified(TRIP), "late results change nothing")[-1].endswith("answers too late")


# -- the reduction ----------------------------------------------------------------------------------------------------

KINDS = st.sampled_from([{}, {"kind": "read_only"}, {"retry": Retry(max_attempts=2)}, {"callback": True}])


@st.composite
def wide(draw):
    """A parallel with three branches of any kind of task, and a step before and after it."""
    branches = {name: branch(task(name, next=f"{name}_end", **draw(KINDS)), succeed(f"{name}_end")) for name in "abc"}
    caught = draw(st.sampled_from([None, {"Broken": "end"}]))
    rule = draw(st.sampled_from([None, "continue"]))
    saga = definition(
        task("before", next="all"),
        parallel("all", branches, next="after", catch=caught, on_failure=rule),
        task("after", next="end", kind="read_only"),
        succeed("end"),
    )
    return saga.vary(on_failure=draw(st.sampled_from(["halt", "continue"])))


def ends(definition, *, reduce):
    """Every end, with the statuses of every two steps in it, for a walk without decisions of people about steps."""
    explorer = explorer_of(compile_saga(definition), reduce=reduce)
    possibilities = type(explorer.world).possibilities
    explorer = replace(explorer, world=Undecided(explorer.world, possibilities))
    found = set()
    canon = replace(explorer.canon, watched=frozenset(definition.all_states))
    explorer = replace(explorer, promises=Ends(explorer.promises, found), canon=canon)
    walk = explorer.walk(40_000)
    return found, walk.complete, {(each.rule) for each in walk.findings.values()}


class Undecided:
    """The world without people who decide about single steps."""

    def __init__(self, world, possibilities):
        self.definition, self.failures, self.world, self.all = world.definition, world.failures, world, possibilities

    def possibilities(self, saga, *, decided):
        return (each for each in self.all(self.world, saga, decided=True) if not each.is_decision)


class Ends:
    """Takes note of every end; promises nothing."""

    def __init__(self, promises, found):
        self.steps, self.found = promises.steps, found

    def broken(self, saga):
        statuses = sorted((step.place, step.status) for step in saga.latest.values())
        self.found.update((saga.status, one, other) for one, other in combinations(statuses, 2))
        return ()


def with_two_steps_each():
    branches = {
        name: branch(task(f"{name}1", next=f"{name}2"), task(f"{name}2", next=f"{name}3"), succeed(f"{name}3"))
        for name in "abc"
    }
    return definition(parallel("all", branches, next="end"), succeed("end"))


@settings(deadline=None, max_examples=3)
@given(wide())
@example(with_two_steps_each())
def test_two_branches_at_a_time_show_every_end_of_every_two_steps(saga):
    all_ends, complete, findings = ends(saga, reduce=False)
    seen_ends, _, reduced_findings = ends(saga, reduce=True)

    assert complete
    assert findings == reduced_findings == set()
    assert seen_ends == all_ends


def test_undos_that_run_at_once_are_gone_through_one_by_one_and_end_alike():
    saga = definition(*(task(name, next=after) for name, after in ("ab", "bc", "cd", "de")), succeed("e"))
    saga = saga.vary(order="parallel", on_failure="continue")

    assert ends(saga, reduce=True) == ends(saga, reduce=False)


def test_a_report_says_where_branches_were_looked_at_two_at_a_time():
    three = {name: branch(task(name, next=f"{name}_end"), succeed(f"{name}_end")) for name in "abc"}
    saga = definition(parallel("all", three, next="end"), succeed("end"))

    reduced, whole = verified(saga), verified(saga, reduce=False)

    assert (reduced.reduced, whole.reduced) == (("all",), ())
    assert reduced.states < whole.states
    assert reduced.statuses == whole.statuses


def a_and_b(b, **options):
    a = branch(task("a1", "a2"), task("a2", "a3"), succeed("a3"))
    return parallel("all", {"a": a, "b": b}, next="end", **options)


SHORT = branch(task("b1", "b3"), succeed("b3"))
LONG = branch(task("b1", "b2"), task("b2", "b3"), succeed("b3"))
ONE_IS_BORNE = map_of(
    "each", "input.items", branch(task("a", "b"), task("b", "e"), succeed("e")), "end", max_failures=1
)
NESTED = parallel(
    "outer",
    {
        "x": branch(
            parallel("inner", {"a": branch(task("x", "a_end"), succeed("a_end"))}, "x_end", on_failure="fail"),
            succeed("x_end"),
        ),
        "y": branch(task("y", "y_end"), succeed("y_end")),
    },
    "end",
)


@pytest.mark.parametrize(
    "state",
    [a_and_b(LONG), a_and_b(SHORT, on_failure="fail"), ONE_IS_BORNE, NESTED],
    ids=["undone", "failed", "borne", "nested"],
)
def test_a_step_done_by_hand_while_others_beside_it_are_at_work_does_no_harm(state):
    report = verified(definition(state, succeed("end")), reduce=False)

    assert report.complete
    assert report.violations == ()


# -- copies -----------------------------------------------------------------------------------------------------------


def test_a_copy_is_the_same_saga_and_goes_its_own_way():
    three = {name: branch(task(name, next=f"{name}_end"), succeed(f"{name}_end")) for name in "abc"}
    story = Story(definition(task("first", next="all"), parallel("all", three, next="end"), succeed("end")))
    story.succeeds().succeeds("b").fails("Timeout", "a", in_doubt=True)
    saga, before = story.saga, story.saga.snapshot()

    twin = copy_saga(saga)
    assert twin.snapshot() == before
    story.saga = twin
    story.succeeds("c").succeeds()

    assert saga.snapshot() == before
    assert twin.snapshot() != before


def test_a_report_is_plain_data():
    data = verified(promising(TRIP, "failed", "false")).to_json()

    assert data["verified"] is False
    assert data["violations"][0]["story"][0] == "The saga starts"
    assert set(data) >= {"name", "states", "transitions", "statuses", "cut", "reduced", "complete"}
