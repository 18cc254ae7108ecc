"""What an expression cannot do without is told from what it may never come to read."""

import pytest

from sagadsl.language.celneeds import lacks, needed
from sagadsl.language.celtokens import tokens


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("input.a", ["input.a"]),
        ("input.a / input.b[0] == size(input['c'])", ["input.a", "input.b[0]", "input.c"]),
        ("input.table[input.key]", ["input.table", "input.key"]),
        ("input.all + input.has + '?' + '&&'", ["input.all", "input.has"]),
        ("input.name.size()", ["input.name"]),
        ("input.a ? input.b : input.c", []),
        ("input.a && input.b", []),
        ("input.a || input.b", []),
        ("has(input.a)", []),
        ("input.list.map(x, input.a)", []),
        ("input.list.exists_one(x, x == input.a) == input.b", []),
    ],
)
def test_only_what_is_read_in_any_case_is_needed(text, read):
    assert [found.text for found in needed(tokens(text))] == read


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({}, ("a",)),
        ({"a": {}}, ("a", "b")),
        ({"a": []}, ("a", 0)),
        ({"a": 1}, ("a", "b")),
        (None, ("a",)),
        ("text", (0,)),
    ],
)
def test_a_value_lacks_what_more_in_it_would_bring(value, path):
    assert lacks(value, path)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({}, ()),
        ({"a": None}, ("a",)),
        ({"a": [{"b": 0}]}, ("a", 0, "b")),
        ({"a": []}, ("a", "b")),
        ({"a": {}}, ("a", 0)),
    ],
)
def test_a_value_lacks_nothing_that_is_there_nor_what_it_would_have_to_be_another_kind_of_value_for(value, path):
    assert not lacks(value, path)
