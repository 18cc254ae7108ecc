import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.durations import LONGEST, format_duration, parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (90, 90.0),
        (0, 0.0),
        (1.5, 1.5),
        ("500ms", 0.5),
        ("30s", 30.0),
        ("1.5s", 1.5),
        ("1h30m", 5400.0),
        ("2d", 172_800.0),
        ("1d2h3m4s5ms", 93_784.005),
        ("0.1s0.2ms", 0.1002),
    ],
)
def test_a_duration_is_read_as_seconds(written, seconds):
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "not a duration"),
        ("soon", "not a duration"),
        ("1h 30m", "not a duration"),
        ("-1s", "not a duration"),
        ("1s\n", "not a duration"),
        ("1.s", "not a duration"),
        ("90", "has no unit"),
        ("1m1h", "write 1h1m"),
        ("1m2m", "twice"),
        (-1, "negative"),
        (math.nan, "negative"),
        (math.inf, "100 years"),
        ("101000d", "100 years"),
        ("9" * 400 + "d", "100 years"),
        (10**400, "100 years"),
        (True, "was expected"),
        (None, "was expected"),
        ([1], "was expected"),
    ],
)
def test_anything_else_is_refused_with_what_was_expected(written, says):
    with pytest.raises(ValueError, match=says):
        parse_duration(written)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0s"), (0.25, "250ms"), (1.5, "1.5s"), (90, "1m30s"), (5400, "1h30m"), (86_400, "1d"), (0.0005, "0.5ms")],
)
def test_a_duration_is_written_for_people(seconds, written):
    assert format_duration(seconds) == written


@given(st.floats(min_value=0, max_value=LONGEST) | st.integers(min_value=0, max_value=int(LONGEST)))
def test_what_is_written_is_read_back_to_the_same_value(seconds):
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.text() | st.text(alphabet="0123456789.dhms", max_size=30) | st.floats() | st.integers())
def test_whatever_is_given_is_a_duration_or_refused(value):
    try:
        seconds = parse_duration(value)
    except ValueError:
        return
    assert 0 <= seconds <= LONGEST


@pytest.mark.parametrize(
    ("value", "shown"),
    [(3_155_760_001, "3155760001"), (4e9, "4000000000.0"), ("40000d", "'40000d'"), (10**400, "this number")],
)
def test_a_duration_that_is_too_long_is_told_as_it_was_written(value, shown):
    with pytest.raises(ValueError, match="100 years") as caught:
        parse_duration(value)
    assert str(caught.value) == f"{shown} is longer than 100 years; check the unit"


def test_what_is_longer_than_a_definition_may_say_is_written_all_the_same():
    assert format_duration(251_607_121_736.0) == "2912119d11h8m56s"
