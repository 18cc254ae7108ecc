"""How times are read and written, and how a table finds room."""

import io
import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from sagadsl.cli.exits import CommandError
from sagadsl.cli.formats import shortened
from sagadsl.cli.moments import clock_time, duration, from_now, length, since
from sagadsl.cli.tables import Column, show

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("text", "ago"), [("2h", 7200), ("1h30m", 5400), ("90", 90), ("0s", 0), ("1d", 86_400), ("500ms", 0.5)]
)
def test_a_duration_is_meant_to_be_ago(text, ago):
    assert since(text, "--since", NOW) == NOW - ago


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))
def test_a_date_and_time_is_meant_as_it_is_shown(moment):
    instant = moment.replace(microsecond=0, fold=0).timestamp()

    assert since(clock_time(instant), "--since", NOW) in (instant, instant - 3600, instant + 3600)
    assert clock_time(since(clock_time(instant), "--since", NOW)) == clock_time(instant)


def test_a_time_zone_counts():
    assert since("2030-01-31T12:00:00+02:00", "--since", NOW) == since("2030-01-31T10:00:00Z", "--since", NOW)


@given(st.text(max_size=20))
def test_whatever_is_no_time_is_refused_in_words(text):
    for read in (lambda: since(text, "--since", NOW), lambda: duration(text, "--older-than")):
        said = None
        try:
            instant = read()
        except CommandError as error:
            said = str(error)
        assert isinstance(instant, float) if said is None else "a duration such as" in said


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.000s"),
        (1.2345, "1.234s"),
        (12.34, "12.3s"),
        (75, "1m15s"),
        (3725, "1h2m"),
        (90_061, "1d1h"),
        (-1, "0.000s"),
    ],
)
def test_a_length_is_told_in_two_units(seconds, shown):
    assert length(seconds) == shown


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_an_instant_is_ahead_or_past(instant, now):
    assert from_now(instant, now).startswith("in ") == (instant >= now)


def test_an_instant_beyond_every_calendar_is_told():
    assert clock_time(1e18) == "at the end of time"
    assert clock_time(time.time()).startswith("2")


COLUMNS = (
    Column("saga", least=13),
    Column("definition", least=8, goes=1),
    Column("status"),
    Column("started", goes=3),
    Column("took", is_number=True, goes=4),
)
CELLS = st.text(st.characters(codec="utf-8"), max_size=30)
ROWS = st.lists(
    st.tuples(CELLS, CELLS, st.sampled_from(["running", "completed", "compensation_failed"]), CELLS, CELLS),
    min_size=1,
    max_size=5,
)


def printed(rows, *, terminal, width=80):
    out = io.StringIO()
    show(COLUMNS, rows, Console(file=out, force_terminal=terminal, width=width, color_system=None, soft_wrap=True))
    return out.getvalue().splitlines()


@given(ROWS, st.integers(40, 200))
def test_every_line_fits_into_a_terminal_and_has_its_status(rows, width):
    lines = printed(rows, terminal=True, width=width)

    assert len(lines) == len(rows) + 1
    assert all(cell_len(line) <= width for line in lines)
    assert all(row[2] in line for row, line in zip(rows, lines[1:], strict=True))


@given(ROWS)
def test_nothing_is_cut_where_there_is_no_terminal(rows):
    lines = printed(rows, terminal=False, width=40)

    assert len(lines) == len(rows) + 1
    for row, line in zip(rows, lines[1:], strict=True):
        assert all("".join(c if c.isprintable() else " " for c in cell).strip() in line for cell in row)


def test_a_column_in_which_there_is_nothing_is_left_out():
    assert printed([("a", "", "running", "", "")], terminal=False) == ["saga   status", "a      running"]


def test_data_that_nobody_looks_through_on_a_terminal_is_cut_with_a_word_on_how_to_get_it_all():
    data = "x" * 4_000

    assert shortened(data, on_terminal=True) == data
    cut = shortened(data + "y" * 56_000_000, on_terminal=True)
    assert cut == f"{data}\n… and 56,000,000 more characters: --format json writes all of them"
    assert shortened(data + "y", on_terminal=False) == data + "y"
