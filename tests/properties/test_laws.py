"""What holds for every saga of every definition, whatever happens to it and in whatever order."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagadsl.machine.events import RetryRequested
from tests.properties.life import Life
from tests.strategies import definitions

LENGTH = 40
some = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def life_of(definition, data):
    """A life so far; on the way the ledger has seen to it that no rule was broken.

    Those rules are: nothing is undone that has not happened, twice, before its time or after the pivot; in
    `compensated` exactly what happened was undone, in the reverse order; no action is tried too often; and an event
    that is refused changes nothing.
    """
    life = Life(definition, lambda options: data.draw(st.sampled_from(options)))
    life.happen(data.draw(st.integers(0, LENGTH)))
    return life


@given(definitions(), st.data())
@some
def test_a_replay_of_any_prefix_is_what_the_saga_was_then_with_the_same_commands_outstanding(definition, data):
    life = life_of(definition, data)

    for replayed, was in life.replayed():
        assert replayed == was


@given(definitions(), st.data())
@some
def test_a_saga_comes_to_rest_when_the_world_answers_and_keeps_the_rules_until_then(definition, data):
    life = life_of(definition, data)

    assert life.settle()
    if life.saga.status == "compensation_failed":
        assert life.take(RetryRequested(by="a person"))
        assert life.settle()
        assert life.saga.status == "compensated"


@given(definitions(max_blocks=2, depth=2), st.data())
@some
def test_with_a_flaky_world_a_saga_still_ends_and_is_replayed(definition, data):
    life = life_of(definition, data)
    for _ in range(3):
        life.settle()
        life.happen(data.draw(st.integers(0, 6)))

    assert life.settle()
    for replayed, was in life.replayed():
        assert replayed == was
