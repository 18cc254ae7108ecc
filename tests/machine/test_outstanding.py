"""What a saga waits for, held against a plain table of commands by their names."""

from hypothesis import given
from hypothesis import strategies as st

from sagadsl import compile_saga
from sagadsl.machine.commands import AcquireLocks, CompensateChild, Invoke, StartTimer
from sagadsl.machine.cursor import Cursor
from sagadsl.machine.execution import Execution
from tests.machine.build import definition, succeed, task
from tests.machine.story import Story

PAIR = definition(task("a", "b"), task("b", "end"), succeed("end"))
COMPILED = compile_saga(PAIR)
places = st.tuples(st.sampled_from("ab"), st.sampled_from(["", "0"]), st.sampled_from([1, 2]))
timers = st.sampled_from(["saga", "a/retry/1"])
deeds = st.lists(
    st.tuples(st.sampled_from(["call", "undo child", "answer"]), places)
    | st.tuples(st.sampled_from(["start timer", "cancel timer", "take timer"]), timers)
    | st.tuples(st.sampled_from(["ask for locks", "grant locks"]), st.none()),
    max_size=12,
)


def step(state, region, number):
    return Execution(COMPILED.plans[state], Cursor(COMPILED.flow, state, {}, region=region), number, 0.0)


def name(state, region, number):
    return f"call {state}{'/' + region if region else ''}{f':{number}' if number > 1 else ''}"


@given(deeds)
def test_whatever_is_asked_and_answered_just_what_has_no_answer_is_outstanding(deeds):
    saga, table = COMPILED.new("s"), {}
    for deed, about in deeds:
        match deed:
            case "call":
                state, region, number = about
                table[name(*about)] = Invoke(state, number, 1, "s", state, {}, "k", 1.0, region)
                saga.issue(table[name(*about)])
            case "undo child":
                state, region, number = about
                table[name(*about)] = CompensateChild(state, number, 1, "c", region)
                saga.issue(table[name(*about)])
            case "answer":
                assert saga.answered(step(*about)) == (table.pop(name(*about), None) is not None)
            case "start timer":
                table[f"timer {about}"] = StartTimer(about, 1.0, 1.0)
                saga.start_timer(about, 1.0)
            case "cancel timer":
                assert saga.timer_is_set(about) == (table.pop(f"timer {about}", None) is not None)
                saga.cancel_timer(about)
            case "take timer":
                table.pop(f"timer {about}", None)
                saga.take_timer(about)
            case "ask for locks":
                table["locks"] = AcquireLocks(("l",))
                saga.issue(table["locks"])
            case "grant locks":
                assert saga.locks_are_granted() == (table.pop("locks", None) is not None)

        assert list(saga.outstanding.items()) == list(table.items())
        assert saga.awaits_nothing == (not table)


def test_what_is_outstanding_is_the_very_command_that_was_given():
    story = Story(PAIR)

    assert story.saga.outstanding["call a"] is story.commands[0]


def test_what_a_saga_says_is_outstanding_can_be_changed_without_changing_the_saga():
    story = Story(PAIR, timeout=60.0)

    story.saga.outstanding.clear()

    assert list(story.saga.outstanding) == ["timer saga", "call a"]
