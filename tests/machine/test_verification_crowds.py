"""Of sagas that have come to one place with different things done, enough are followed to show all of it."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from sagadsl.machine.verification.crowds import MANY, Crowd, Front, enough, some


@dataclass(frozen=True)
class Saga:
    """One that has done some steps and is in a state."""

    traits: frozenset[int]
    state: str = "here"
    position: str = "here"
    name: int = 0


SAGAS = st.lists(st.frozensets(st.integers(0, 7)).map(Saga), min_size=1, max_size=60)


def ever(sagas):
    return frozenset().union(*(each.traits for each in sagas))


def always(sagas):
    first, *others = sagas
    return first.traits.intersection(*(each.traits for each in others))


@given(SAGAS)
def test_enough_sagas_show_what_is_done_ever_and_what_is_done_always(sagas):
    kept = enough(sagas)

    assert {*kept} <= {*sagas}
    assert (ever(kept), always(kept)) == (ever(sagas), always(sagas))


@given(SAGAS)
def test_some_sagas_show_it_as_well_as_they_come(sagas):
    kept = list(some(sagas))

    assert (ever(kept), always(kept)) == (ever(sagas), always(sagas))
    assert len(kept) <= 2 * MANY + 8 + 8  # those for which there is room, and one for each step done or left out first


@given(st.integers(8, 16))
def test_steps_that_may_each_be_left_out_need_two_sagas(steps):
    """All that were done, and none: between them they show everything."""
    every = [Saga(frozenset(n for n in range(steps) if code >> n & 1)) for code in range(2**8)]
    assert len(enough([*every, Saga(frozenset(range(steps)))])) == 2


def test_there_is_room_for_few_whatever_they_show():
    crowd = Crowd(room=2)
    same = Saga(frozenset({1}))

    assert [crowd.has_room_for(same) for _ in range(4)] == [True, True, False, False]
    assert crowd.has_room_for(Saga(frozenset()))


def test_a_front_leads_those_first_that_are_behind():
    front = Front({"a": 0, "b": 1, "c": 2}, [Saga(frozenset(), "c", name=1), Saga(frozenset(), "a", name=2)])
    seen = []
    for saga, add in front.places():
        seen.append((saga.name, saga.state))
        if saga.state == "a":
            add([Saga(frozenset(), "b", name=3)])

    assert seen == [(2, "a"), (3, "b"), (1, "c")]


def test_sagas_at_different_places_do_not_stand_for_each_other():
    places = [Saga(frozenset(), "a", f"place {n}", n) for n in range(3 * MANY)]
    assert len([*Front({"a": 0}, places).places()]) == 3 * MANY
