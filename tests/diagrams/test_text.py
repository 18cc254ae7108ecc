"""Words stay what they are, on lines that fit."""

from hypothesis import given
from hypothesis import strategies as st

from sagadsl.diagrams.text import clean, letters, measure, wide_letters, wrap

UNDRAWABLE = "\x00\x07\x1b\x7f\x85\ud800\ufffe\u202e"


def test_spaces_and_line_ends_are_one_space():
    assert clean("  a\t\r\n b\u2028c\u00a0 ") == "a b c"


@given(st.text(st.sampled_from("ab é" + UNDRAWABLE)))
def test_nothing_undrawable_is_left(text):
    assert not set(clean(text)) & set(UNDRAWABLE)
    assert clean(clean(text)) == clean(text)


@given(st.text(), st.integers(min_value=2, max_value=60))
def test_wrapping_loses_nothing_but_spaces(text, width):
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(clean(text).split())
    assert all(line and line == line.strip() for line in lines)


@given(st.text(st.characters(codec="ascii")), st.integers(min_value=4, max_value=60))
def test_no_line_is_longer_than_asked(text, width):
    assert all(letters(line) <= width for line in wrap(text, width))


def test_names_break_behind_their_joints():
    assert wrap("reserve_inventory_item", 12) == ["reserve_", "inventory_", "item"]


def test_an_emoji_family_and_an_accent_stay_together():
    family, accent = "👨\u200d👩\u200d👧", "e\u0301"
    assert wrap(family * 3, 2) == [family] * 3
    assert wrap(accent * 4, 2) == [accent * 2] * 2


@given(st.text(), st.text())
def test_text_is_as_wide_as_its_parts(first, second):
    assert abs(measure(first + second, 10.0) - measure(first, 10.0) - measure(second, 10.0)) < 1e-6
    assert measure(first, 10.0, bold=True) >= measure(first, 10.0)


def test_chinese_letters_and_emoji_are_wide():
    assert wide_letters("a日本 🎉é") == 3


def test_wide_letters_are_wider():
    assert measure("ill", 10.0) < measure("non", 10.0) < measure("MWM", 10.0) < measure("日本語", 10.0)
