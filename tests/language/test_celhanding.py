"""What an expression hands on, and where in its value that is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.celhanding import handed_on
from sagadsl.language.celtokens import tokens


def handed(text):
    return [(".".join(to), ".".join((variable, *path)), whole) for to, variable, path, whole in handed_on(tokens(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input.a", [("", "input.a", True)]),
        ("'no. ' + input.a", [("", "input.a", False)]),
        ("{'a': input.b, \"c\": {'d': 'x' + input.e}}", [("c.d", "input.e", False), ("a", "input.b", True)]),
        ("{'a': c ? input.b : [input.d]}", [("a", "input.b", True), ("a", "input.d", True)]),
        ("input.rows.map(r, r.cells.map(c, {'x': c.v, 'y': r.n}))", [("y", "input.rows.n", True), ("x", "input.rows.cells.v", True)]),
        ("states.s.output.rows.filter(r, r.n > 1).map(r, r.n > 2, r)", [("", "states.s.output.rows", True)]),
        ("input.rows.map(r, r.map(r, r.deep))", [("", "input.rows.deep", True)]),
        ("{input.key: input.b}", []),
        ("input.rows.map(r, size(r))", []),
        ("input.rows.exists(r, r)", []),
        ("input.a.startsWith('4')", []),
        ("size(input.a)", []),
        ("{}", []),
        ("", []),
    ],
)  # fmt: skip
def test_values_that_come_out_as_they_are(text, expected):
    assert handed(text) == expected


words = st.sampled_from(
    ["input", "a", ".", ",", ":", "?", "+", "(", ")", "{", "}", "[", "]", ".map(", "r", "'k'", "'", "=="]
)


@given(st.lists(words, max_size=20))
def test_of_any_words_at_all_only_variables_that_stand_there_are_handed_on(pieces):
    text = "".join(pieces)

    assert all(variable in text for _, variable, _ in handed(text))
