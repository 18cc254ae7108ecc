"""So many at a time overall, so many for each service."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sagadsl.runtime.turns import Turns


def begin(name, begun):
    return lambda: begun.append(name) or True


def test_whoever_comes_while_all_turns_are_taken_waits_for_one_to_be_given_back():
    turns, begun = Turns(2, {}), []
    for name in "abc":
        turns.ask("s", begin(name, begun))
    assert begun == ["a", "b"]

    turns.done("s")

    assert begun == ["a", "b", "c"]


def test_a_service_with_a_limit_does_not_hold_up_the_others():
    turns, begun = Turns(10, {"slow": 1}), []
    for name, service in (("s1", "slow"), ("s2", "slow"), ("q1", "quick")):
        turns.ask(service, begin(name, begun))

    assert begun == ["s1", "q1"]
    turns.done("slow")
    assert begun == ["s1", "q1", "s2"]


def test_one_that_is_no_longer_wanted_gives_its_turn_to_the_next():
    turns, begun = Turns(1, {}), []
    turns.ask("s", begin("a", begun))
    turns.ask("s", lambda: False)
    turns.ask("s", begin("c", begun))

    turns.done("s")

    assert begun == ["a", "c"]


@given(
    total=st.integers(1, 4),
    per_service=st.dictionaries(st.sampled_from("xyz"), st.integers(1, 3)),
    moves=st.lists(st.sampled_from("xyz") | st.integers(0, 9), max_size=60),
)
def test_limits_hold_nobody_is_forgotten_and_each_service_keeps_its_order(total, per_service, moves):
    turns, begun, under_way, asked = Turns(total, per_service), [], [], []

    def ask(service):
        ticket = (service, len(asked))
        asked.append(ticket)
        turns.ask(service, lambda: begun.append(ticket) or under_way.append(ticket) or True)

    for move in moves:
        if isinstance(move, str):
            ask(move)
        elif under_way:
            service, _ = under_way.pop(move % len(under_way))
            turns.done(service)
        count = Counter(service for service, _ in under_way)
        assert len(under_way) <= total
        assert all(count[service] <= limit for service, limit in per_service.items())
    while under_way:
        turns.done(under_way.pop()[0])

    assert sorted(begun) == sorted(asked)
    for service in "xyz":
        order = [ticket for ticket in begun if ticket[0] == service]
        assert order == sorted(order)
