"""Editors count lines from 0 and mostly UTF-16 units; we count code points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.diagnostics import Place
from sagadsl.lsp.positions import Places, Position, Positions, Span, edited

TEXTS = st.text(st.sampled_from("aé🙂\n\r\u2028\x85 \ufeff"), max_size=30)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 7), ("utf-16", 4), ("utf-32", 3)])
def test_a_smiley_takes_as_many_units_as_the_encoding_gives_it(encoding, character):
    positions = Positions("x\né🙂!", encoding)

    assert positions.position(4) == Position(1, character - 1)
    assert positions.position(5) == Position(1, character)
    assert positions.offset(Position(1, character)) == 5


def test_a_position_within_a_smiley_is_its_start():
    assert Positions("a🙂b", "utf-16").offset(Position(0, 2)) == 1


def test_a_position_behind_the_end_of_a_line_is_that_end():
    positions = Positions("one\r\ntwo", "utf-16")

    assert positions.offset(Position(0, 99)) == 3
    assert positions.offset(Position(1, 99)) == 8
    assert positions.offset(Position(9, 0)) == 8


def test_the_line_breaks_of_other_worlds_end_no_line():
    positions = Positions("a\u2028b\x85c\nd", "utf-16")

    assert positions.position(6) == Position(1, 0)
    assert positions.offset(Position(0, 4)) == 4


def test_a_place_counts_without_a_byte_order_mark():
    assert Places("\ufeffname: x").span(Place("f", 1, 7, 1, 8)) == Span(7, 8)


def test_an_edit_replaces_what_stands_between_two_positions():
    assert edited("a🙂b\nc", Position(0, 3), Position(1, 0), "-", "utf-16") == "a🙂-c"
    assert edited("", Position(0, 0), Position(0, 0), "x") == "x"
    assert edited("last", Position(0, 4), Position(0, 4), "!") == "last!"


@given(TEXTS, ENCODINGS)
def test_every_offset_comes_back_from_its_position(text, encoding):
    positions = Positions(text, encoding)

    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n":  # between the two there is no position
            assert positions.offset(positions.position(offset)) == offset


@given(TEXTS, ENCODINGS, st.integers(0, 9), st.integers(0, 40), st.integers(0, 9), st.integers(0, 40))
def test_every_pair_of_positions_can_be_edited(text, encoding, line, character, end_line, end_character):
    result = edited(text, Position(line, character), Position(end_line, end_character), "NEW", encoding)

    before, new, after = result.partition("NEW")
    assert new
    assert text.startswith(before)
    assert text.endswith(after)
