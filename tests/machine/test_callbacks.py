"""Callbacks of other people on the machines of running sagas: they are called, and they can break nothing."""

import pytest
from transitions.core import Condition
from transitions.extensions.markup import MarkupMachine

from sagadsl import Engine, Services, UnexpectedEvent
from sagadsl.machine.commands import Finish, Invoke
from sagadsl.machine.events import StepSucceeded
from sagadsl.machine.guests import CallbackError, ConditionRefusedError
from tests.machine.build import definition, succeed, task
from tests.machine.story import Story

TWO = definition(task("a", "b"), task("b", "end"), succeed("end"))


class Watch:
    """A model with methods that the library finds by their names."""

    def __init__(self):
        self.seen = []

    def on_enter_b(self, *args):
        self.seen.append(args)


def begun():
    return Story(TWO)


def test_callbacks_receive_the_saga_and_on_a_steps_lifecycle_the_step():
    story, seen = begun(), []
    compiled = story.compiled
    compiled.flow.on_enter_b(lambda saga: seen.append((saga.id, saga.state)))
    compiled.flow.before_next(lambda saga: seen.append(saga.state))
    compiled.saga_lifecycle.on_enter_compensating(lambda saga: seen.append(saga.status))
    compiled.step_lifecycle.on_exit_running(lambda saga, step: seen.append((saga.id, step.name, step.status)))

    story.succeeds("a").fails(state="b", retryable=False)

    assert seen == [("s1", "a", "running"), "a", ("s1", "b"), ("s1", "b", "running"), "compensating"]


def test_a_model_that_is_added_has_its_methods_called_and_running_sagas_go_on():
    story, watch = begun(), Watch()
    story.compiled.flow.add_model(watch)

    story.succeeds("a")
    assert (story.saga.state, watch.seen) == ("b", [])

    assert watch.may_next()
    watch.next("by hand")
    assert (watch.state, watch.seen) == ("b", [("by hand",)])


def test_a_name_is_not_looked_for_among_what_sagas_are_made_of():
    story = begun()
    story.compiled.saga_lifecycle.on_enter_completed("finish")
    story.compiled.flow.on_enter_b("is_active")
    put_condition(story.compiled, "failure")

    story.succeeds("a").succeeds("b")

    assert story.wants == ["completed"]


def test_a_function_by_its_path_is_called_for_sagas_too():
    story = begun()
    story.compiled.flow.on_enter_b("tests.machine.test_callbacks.told")

    story.succeeds("a")

    assert story.saga.id in TOLD


TOLD = set()


def told(saga):
    TOLD.add(saga.id)


def refuse(*args):
    raise ValueError("not with me")


PLACES = {
    "before": lambda compiled: compiled.flow.before_next(refuse),
    "on exit": lambda compiled: compiled.flow.on_exit_a(refuse),
    "on enter": lambda compiled: compiled.flow.on_enter_b(refuse),
    "after": lambda compiled: compiled.flow.after_next(refuse),
    "prepare": lambda compiled: setattr(compiled.flow, "prepare_event", refuse),
    "finalize": lambda compiled: setattr(compiled.flow, "finalize_event", refuse),
    "in a step": lambda compiled: compiled.step_lifecycle.on_enter_completed(refuse),
    "a condition that fails": lambda compiled: put_condition(compiled, refuse),
    "by a path that leads nowhere": lambda compiled: compiled.flow.on_enter_b("no.such.function"),
}


def put_condition(compiled, condition):
    """Put the library's own condition on a transition, as its users do."""
    compiled.flow.get_transitions("next", "a")[0].conditions.append(Condition(condition))


@pytest.mark.parametrize("where", PLACES)
def test_an_error_in_a_callback_comes_out_when_the_event_has_been_taken(where):
    story = begun()
    PLACES[where](story.compiled)
    event = StepSucceeded("a", 1, {}, seq=2, at=1.0)

    with pytest.raises(CallbackError, match="s1: the event was taken, but a callback failed") as caught:
        story.saga.apply(event)

    assert [type(command) for command in caught.value.commands] == [Invoke]
    assert caught.value.__cause__ is caught.value.errors[0]
    undisturbed = Story(TWO)
    undisturbed.saga.apply(event)
    assert story.saga.snapshot() == undisturbed.saga.snapshot()


def test_the_saga_goes_on_after_such_an_error():
    story = begun()
    story.compiled.flow.on_enter_b(refuse)
    with pytest.raises(CallbackError):
        story.succeeds("a")

    story.succeeds("b")

    assert story.wants == ["completed"]


def test_a_condition_that_says_no_is_such_an_error_and_stops_nothing():
    story = begun()
    put_condition(story.compiled, lambda saga: saga.id != "s1")

    with pytest.raises(CallbackError, match="a condition is against 'next' in 'a'") as caught:
        story.succeeds("a")

    assert isinstance(caught.value.errors[0], ConditionRefusedError)
    assert story.saga.state == "b"


def test_errors_go_to_on_exception_where_there_is_one():
    story, heard = begun(), []
    story.compiled.flow.on_exception = lambda saga: heard.append(saga.id)
    story.compiled.flow.on_enter_b(refuse)
    story.succeeds("a")
    assert (story.saga.state, heard) == ("b", ["s1"])

    again = begun()
    again.compiled.flow.on_exception = refuse
    again.compiled.flow.on_enter_b(refuse)
    with pytest.raises(CallbackError) as caught:
        again.succeeds("a")
    assert len(caught.value.errors) == 1


def test_a_callback_cannot_give_the_saga_an_event_in_the_middle_of_another():
    story = begun()
    story.compiled.flow.on_enter_b(lambda saga: saga.apply(StepSucceeded("a", 1, {})))

    with pytest.raises(CallbackError) as caught:
        story.succeeds("a")

    assert isinstance(caught.value.errors[0], UnexpectedEvent)
    assert story.saga.seq == 2


def test_the_callbacks_of_one_definition_are_not_those_of_another():
    one, other = begun(), begun()
    one.compiled.saga_lifecycle.on_enter_completed(refuse)

    other.succeeds("a").succeeds("b")

    assert isinstance(other.commands[-1], Finish)


async def test_an_engine_goes_on_with_a_saga_whose_callback_failed(caplog):
    story, services = begun(), Services()
    for action in ("a", "b", "undo_a", "undo_b"):
        services.action(f"s.{action}")(lambda ref=None: {})
    story.compiled.flow.on_enter_b(refuse)

    async with Engine("memory:", services) as engine:
        outcome = await engine.run(story.compiled, {})

    assert outcome.status == "completed"
    assert [event.seq for event in outcome.events] == [1, 2, 3]
    assert "not with me" in caplog.text


def test_the_library_describes_and_draws_the_machine():
    flow = begun().compiled.flow
    flow.on_enter_b("watched")

    again = MarkupMachine(model=None, markup=dict(flow.markup))

    assert list(again.states) == ["a", "b", "end"]
    assert again.states["b"].on_enter == ["watched"]
    assert again.get_triggers("a") == flow.get_triggers("a") == ["next"]
    assert "a -> b [label=next" in flow.get_graph().source
    assert flow.models == []


def active(graph):
    return [line.split()[0] for line in graph.source.splitlines() if "darksalmon" in line]


def test_the_picture_shows_where_a_saga_is():
    story = begun()
    story.succeeds("a")

    assert active(story.compiled.flow.get_graph(story.saga.root)) == ["b"]
    assert active(story.compiled.flow.get_graph()) == []


def test_a_machine_says_where_a_running_saga_may_go():
    story = begun()
    flow, lifecycle = story.compiled.flow, story.compiled.saga_lifecycle
    lifecycle.get_transitions("compensate", "running")[0].conditions.append(Condition(refuse))

    assert flow.may_next(story.saga.root)
    assert lifecycle.may_compensate(story.saga)
    assert not lifecycle.may_retry(story.saga)
    assert not lifecycle.may(story.saga, "no such trigger")
    with pytest.raises(AttributeError, match="may_fly"):
        lifecycle.may_fly(story.saga)


def test_a_replay_goes_to_its_end_whatever_callbacks_raise():
    story = begun()
    story.succeeds("a").succeeds("b")
    story.compiled.flow.on_enter_b(refuse)
    story.compiled.saga_lifecycle.on_enter_completed(refuse)

    with pytest.raises(
        CallbackError, match=r"s1: the event was taken, but a callback failed: .*, and 1 more"
    ) as caught:
        story.compiled.replay("s1", story.events)

    assert caught.value.saga.snapshot() == story.saga.snapshot()
    assert caught.value.commands == []
