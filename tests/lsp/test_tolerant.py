"""A text that is being typed is read as far as it goes."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.source import parse
from sagadsl.lsp.tolerant import read_tolerantly

DEFINITIONS = Path(__file__).parents[2] / "definitions"
KEYS = st.sampled_from(["name", "next", "on", "states", "a b", "x-y", "it's"])
SCALARS = st.sampled_from(
    ["", "word", "two words", "${input.a}", "a # b", "- x", "it's", 'say "x"', "1", 1, 1.5, True, None]
)
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=10
)


def read(text):
    return read_tolerantly(text, "f.yaml").data


@pytest.mark.parametrize("file", ["account_opening", "loan_approval", "order_processing", "payment", "ship_order"])
def test_a_text_that_is_right_is_read_as_the_language_reads_it(file):
    text = (DEFINITIONS / f"{file}.yaml").read_text(encoding="utf-8")

    assert read(text) == parse(text, "f.yaml").data


@given(st.dictionaries(KEYS, DATA, min_size=1, max_size=4), st.sampled_from([None, False, True]))
def test_whatever_is_written_as_yaml_is_read_alike(data, flow_style):
    text = yaml.safe_dump(data, default_flow_style=flow_style, width=1000)

    assert read(text) == parse(text, "f.yaml").data


def test_a_word_alone_is_a_key_in_the_making():
    assert read("states:\n  pay:\n    service: bank\n    act\n  done:\n    type: succeed\n") == {
        "states": {"pay": {"service": "bank", "act": None}, "done": {"type": "succeed"}}
    }


def test_a_bracket_that_is_never_closed_ends_before_what_is_indented_no_deeper():
    assert read('states:\n  pay:\n    payload: {amount: "${input.\n    next: done\n  done: {}\n') == {
        "states": {"pay": {"payload": {"amount": "${input."}, "next": "done"}, "done": {}}
    }


def test_a_template_without_quotes_holds_together():
    assert read("{amount: ${input.amount}, next: x}") == {"amount": "${input.amount}", "next": "x"}


def test_text_in_block_style_is_no_structure():
    assert read("description: |\n  states:\n    a: b\nname: x\n")["name"] == "x"
    assert read("description: |\n  states:\n    a: b\nname: x\n")["description"].startswith("states:")


def test_a_line_that_is_indented_too_far_belongs_to_the_map_above_it():
    assert read("name: x\n    start: y\n") == {"name": "x", "start": "y"}


def test_keys_and_values_stand_where_they_stand():
    document = read_tolerantly("name: x\nstates:\n  pay: {next: [\n", "f.yaml")
    key = document.place(("states", "pay", "next"), "key")

    assert (key.line, key.column, key.end_column) == (3, 9, 13)


@given(st.text(st.sampled_from("ab: -\n{}[]\"'#|>&*!,$\\\t\r\ufeff"), max_size=60))
def test_no_text_is_too_broken_to_be_read(text):
    document = read_tolerantly(text, "f.yaml")

    assert document.place(("a", "b", 0)).line >= 1


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", '{"'])
def test_nesting_without_end_is_cut_off(opening):
    read(opening * 5_000)
