"""Colours: every word can be read on what is behind it, on light paper and on dark; none is used for two things."""

from itertools import product

import pytest

from sagadsl.diagrams import theme
from sagadsl.diagrams.model import Edge, Mark, Node
from sagadsl.diagrams.palette import COLOURS, contrast, light

ENOUGH = 4.5  # WCAG 2.2, success criterion 1.4.3, for text of any size
EMPHASES = ("usual", "strong", "faded")
NAMES = {colour.light: name for name, colour in COLOURS.items()}


def nodes():
    for kind, emphasis in product(theme.NODES, EMPHASES):
        yield Node("s", kind, emphasis=emphasis)
    for role, emphasis in product(theme.ROLES, EMPHASES):
        yield Node("s", "task", role=role, emphasis=emphasis)
    for kind, mark in product(theme.NODES, theme.MARKS):
        yield Node("s", kind, marks=(Mark(mark, "here"),))


def words():
    """Every pair of colours, of words and of what they stand on, by name, that the theme can bring about."""
    for node in (each for each in nodes() if each.kind not in ("start", "join")):  # those have no words
        style = theme.node_style(node)
        yield style.text, style.fill
        if style.text == theme.INK:
            yield theme.MUTED, style.fill
        for badge in ("pivot", "timeout 5s"):
            yield theme.badge_colours(badge, style)[::-1]
    for kind, emphasis, ground in product(theme.EDGES, EMPHASES, (theme.PAPER, theme.GROUP_FILL)):
        yield theme.edge_text(Edge("a", "b", kind, emphasis=emphasis)), ground
    for style in theme.LIFELINES.values():
        yield style.text, style.fill
    for style in theme.MESSAGES.values():
        yield style.colour, theme.PAPER
    yield from product((theme.INK, theme.MUTED), (theme.PAPER, theme.GROUP_FILL, theme.INSIDE_FILL))


PAIRS = sorted({(NAMES[text], NAMES[ground]) for text, ground in words()})


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_words_can_be_read(text, ground):
    for paper in ("light", "dark"):
        assert contrast(getattr(COLOURS[text], paper), getattr(COLOURS[ground], paper)) >= ENOUGH


def test_black_on_white_is_the_most_and_nothing_on_itself_the_least():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#123456", "#123456") == 1
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_light_value_names_one_colour():
    assert len(NAMES) == len(COLOURS)
    assert NAMES[light("ink")] == "ink"
