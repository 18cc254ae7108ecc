"""What is said of what the mouse is on."""

import pytest

from sagadsl.lsp.hover import hover
from tests.lsp.marked import CURSOR, ORDER, in_order, viewed, words
from tests.lsp.test_completion import AROUND


def said(text, around=AROUND):
    found = hover(*viewed(text), around)
    return found.text if found else None


def test_a_key_is_explained_as_its_state_knows_it():
    assert "Where to go on when the state has failed" in said(in_order("    cat"))
    assert 'Default: `"30s"`' in said(f"name: x\ndefaults: {{time{CURSOR}out: 10s}}\nsteps: []\n")
    task, whole = (
        said(f"name: x\n{text}") for text in (f"steps: [{{time{CURSOR}out: 1s}}]\n", f"time{CURSOR}out: 1s\n")
    )
    assert task != whole
    assert "one attempt" in task
    assert "whole saga" in whole


def test_a_key_with_few_values_lists_them():
    assert 'One of `"compensatable"`, `"pivot"`' in said(in_order("    ki"))


@pytest.mark.parametrize("before", ["start: re", "    default: do", "states.re", "  do"])
def test_a_state_says_what_it_is_wherever_it_is_named(before):
    state = "done" if "do" in before else "reserve"
    expected = {"done": "`succeed`", "reserve": "`task: stock.reserve`"}[state]

    assert said(in_order(before)).startswith(f"**{state}**\n\n{expected}")


def test_a_state_tells_its_role_and_its_undoing():
    assert "Put it aside." in said(in_order("start: re"))
    assert "Undone by: `release`." in said(in_order("start: re"))
    assert "Role: `pivot`." in said(in_order("    next: p"))
    assert "Errors: `CardDeclined`, `LimitReached`." in said(in_order("    next: p"))


def test_the_input_shows_its_schema_as_deep_as_the_mouse_is():
    text = in_order("input.am").replace("when: input.am", "when: input.customer.name == '' || input.am")

    assert '"required"' in said(in_order("when: inp"))
    assert '"type": "number"' in said(in_order("when: input.am"))
    assert "What it costs." in said(in_order("when: input.am"))
    assert '"city"' in said(text.replace(CURSOR, "").replace("when: input.cus", f"when: input.cu{CURSOR}s"))


def test_an_output_says_what_it_is():
    assert "What stock.reserve answered in the state reserve." in said(in_order("states.reserve.out"))
    assert '"fee"' in said(in_order("states.pay.out"))
    assert '"type": "string"' in said(in_order("states.pay.output.i"))


def test_characters_in_front_move_nothing():
    view, offset = viewed(in_order("🙂 ${states.reserve.out"))

    found = hover(view, offset, AROUND)
    assert words(view, [found.span]) == ["states.reserve.output"]


def test_an_action_shows_what_the_catalogue_knows():
    text = said(in_order("action: char"))

    assert text.startswith("**bank.charge**")
    assert '"iban"' in text
    assert "`LimitReached`" in text


def test_nothing_is_said_of_plain_text():
    assert said(in_order("description: Put")) is None
    assert said(in_order("  done: {type: suc")) is None
    assert said(f"{CURSOR}\n{ORDER}") is None


def test_hover_works_while_the_text_is_broken():
    assert "Role: `pivot`." in said(in_order("    next: p").replace("start: reserve", "start: ["))
