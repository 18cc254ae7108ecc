"""Records are frozen dataclasses, although nothing is compiled for them."""

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, field, fields, is_dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.records import record


@record()
class Point:
    """A point."""

    x: int
    y: int = 0
    seen: list[str] = field(default_factory=list, compare=False, repr=False)


@record(kw_only=True)
class Named:
    """What has a name."""

    name: str
    note: str | None = None


@record(kw_only=True)
class Place(Named):
    """A point with a name."""

    at: Point


@record(eq=False)
class Thing:
    """Equal to itself alone."""

    x: int


HOME = Place(name="home", at=Point(1, 2))


def test_values_are_given_by_place_and_by_name_and_defaults_fill_in_the_rest():
    assert (Point(1, 2).x, Point(1, 2).y) == (1, 2)
    assert Point(x=1) == Point(1, 0)
    assert (HOME.name, HOME.note, HOME.at) == ("home", None, Point(1, 2))
    assert Point(1).seen is not Point(1).seen


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (Point, "Point() lacks 'x'"),
        (lambda: Point(1, 2, [], 4), "Point() takes 3 values by their place, not 4"),
        (lambda: Point(1, x=1), "Point() got 'x' twice"),
        (lambda: Point(1, z=1), "Point() has no 'z'"),
        (lambda: Place("home", at=Point(1)), "Place() takes 0 values by their place, not 1"),
        (lambda: Place(name="home"), "Place() lacks 'at'"),
    ],
)
def test_what_does_not_fit_is_refused(make, says):
    with pytest.raises(TypeError) as caught:
        make()
    assert str(caught.value) == says


def test_equal_values_are_equal_and_hash_alike_unless_they_are_of_another_class():
    assert Point(1, 2, ["a"]) == Point(1, 2, ["b"])
    assert hash(Point(1, 2)) == hash(Point(1, 2, ["b"]))
    assert Point(1, 2) != Point(2, 1)
    assert Point(1) != (1, 0)
    assert Named(name="a") != Place(name="a", at=Point(1))
    assert len({Thing(1), Thing(1)}) == 2


def test_nothing_can_be_set_deleted_or_added():
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2
    with pytest.raises(FrozenInstanceError):
        del point.x
    with pytest.raises(FrozenInstanceError):
        point.z = 2
    assert not hasattr(point, "__dict__")


def test_it_is_shown_with_its_fields():
    assert repr(HOME) == "Place(name='home', note=None, at=Point(x=1, y=2))"


def test_it_is_a_dataclass_for_all_who_take_one():
    assert is_dataclass(HOME)
    assert [each.name for each in fields(Place)] == ["name", "note", "at"]
    assert asdict(HOME) == {"name": "home", "note": None, "at": {"x": 1, "y": 2, "seen": []}}
    assert replace(HOME, name="work") == Place(name="work", at=Point(1, 2))
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
    match HOME:
        case Named(name="home"):
            pass
        case _:
            pytest.fail("a record is an instance of its base")


@given(st.integers(), st.lists(st.text(max_size=2), max_size=2))
def test_a_copy_is_the_same(x, seen):
    point = Point(x, -x, seen)
    for twin in (copy.copy(point), copy.deepcopy(point), pickle.loads(pickle.dumps(point))):
        assert (twin, twin.seen) == (point, seen)
        assert twin is not point
