"""Fields that most never need behave as any other field, and weigh nothing until one of them is set."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from sagadsl.machine.seldom import Seldom, WithExtras


@dataclass
class Extras:
    number: int = 0
    text: str | None = None
    several: tuple = ()


class Thing(WithExtras):
    __slots__ = ()
    Extras = Extras
    number, text, several = Seldom(), Seldom(), Seldom()

    def __init__(self):
        self.extras = None


@dataclass
class Plain:
    number: int = 0
    text: str | None = None
    several: tuple = ()


@given(
    st.lists(
        st.tuples(st.just("number"), st.integers(0, 2))
        | st.tuples(st.just("text"), st.none() | st.text(max_size=1))
        | st.tuples(st.just("several"), st.sampled_from([(), (1,)]))
    )
)
def test_whatever_is_set_is_read_and_the_rest_is_as_usual(deeds):
    thing, plain = Thing(), Plain()
    for name, value in deeds:
        setattr(thing, name, value)
        setattr(plain, name, value)

        assert all(getattr(thing, each) == getattr(plain, each) for each in vars(plain))


def test_nothing_is_kept_until_something_unusual_is_set_and_things_share_nothing():
    one, other = Thing(), Thing()
    one.number, one.text, one.several = 0, None, ()
    assert one.extras is None

    one.number = 3

    assert (one.number, other.number, other.extras) == (3, 0, None)
