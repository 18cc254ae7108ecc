"""Warnings that an author asks not to be told, and errors, which are told all the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.codes import CODES, diagnose
from sagadsl.language.ignores import silence
from sagadsl.language.source import parse

WARNING, ERROR = "SAGA502", "SAGA501"


def told(text, code=WARNING):
    """What is still told when each line of the text has a problem of this code."""
    document = parse(text, "f")
    offsets = [0, *(at + 1 for at, character in enumerate(text[:-1]) if character == "\n")]
    found = [diagnose(code, "m", document.place_of(at, at)) for at in offsets]
    return [(each.code, each.place.line) for each in silence(found, document)]


def complaints(text):
    """What is told of the comments themselves, with the text it points at."""
    found = silence([], parse(text, "f"))
    lines = text.split("\n")
    assert {each.code for each in found} <= {"SAGA601"}
    return [(lines[d.place.line - 1][d.place.column - 1 : d.place.end_column - 1], d.message) for d in found]


def test_at_the_end_of_a_line_it_silences_that_line():
    assert told("a: 1\nb: 2  # sagadsl: ignore=SAGA502\nc: 3\n") == [(WARNING, 1), (WARNING, 3)]


@pytest.mark.parametrize("before", ["", "# a comment\n", "%YAML 1.2\n---\n", "\n\n", "--- # x\n", "{\n"])
def test_above_the_first_key_it_silences_the_whole_file(before):
    after = "}" if before == "{\n" else ""
    assert told(f"{before}# sagadsl: ignore=SAGA502\n# and so on\na: 1{after}\n") == []


def test_beside_the_first_key_it_is_about_that_line_alone():
    assert told("a: 1  # sagadsl: ignore=SAGA502\nb: 1\n") == [(WARNING, 2)]


@pytest.mark.parametrize(
    "codes",
    ["SAGA502", "SAGA5xx", "SAGA6xx,SAGA502", " SAGA6xx , SAGA5xx", "SAGA502 because it is so", "SAGA601,SAGA502,"],
)
def test_codes_may_be_many_or_a_family_and_followed_by_a_reason(codes):
    text = f"a: 1  # why not #sagadsl:ignore={codes}\n"
    assert told(text) == []
    assert complaints(text) == []


def test_other_codes_are_told():
    assert told("a: 1 # sagadsl: ignore=SAGA6xx\n") == [(WARNING, 1)]
    assert told("# sagadsl: ignore=SAGA601\na: 1\n") == [(WARNING, 1), (WARNING, 2)]


def test_errors_are_told_whatever_the_comment_says():
    text = "# sagadsl: ignore=SAGA5xx\na: 1 # sagadsl: ignore=SAGA5xx\n"
    assert told(text, ERROR) == [(ERROR, 1), (ERROR, 2)]


@pytest.mark.parametrize(
    "text",
    [
        "a: '# sagadsl: ignore=SAGA502'\n",
        'a: "b # sagadsl: ignore=SAGA502"\n',
        "a: b#sagadsl:ignore=SAGA502\n",
        '"# sagadsl: ignore=SAGA502": b\n',
        '{"# sagadsl: ignore=SAGA502": b, <<: {"# sagadsl: ignore=SAGA502": c}}\n',
    ],
)
def test_text_is_no_comment(text):
    assert told(text) == [(WARNING, 1)]
    assert complaints(text) == []


def test_a_block_of_text_has_no_comments_but_its_first_line_may():
    text = "a: |  # sagadsl: ignore=SAGA502\n  # sagadsl: ignore=SAGA502\nb: >-\n  x # sagadsl: ignore=SAGA502\nc: 1\n"
    assert told(text) == [(WARNING, 2), (WARNING, 3), (WARNING, 4), (WARNING, 5)]
    assert complaints(text) == []


def test_old_line_breaks_and_halves_of_characters_do_not_move_comments():
    text = 'a: "\u2028\x85 \\ud83d\\ude00 # sagadsl: ignore=SAGA502"  # sagadsl: ignore=SAGA601\nb: 1\n'
    assert told(text) == [(WARNING, 1), (WARNING, 2)]


@pytest.mark.parametrize(
    ("comment", "at", "says"),
    [
        ("# sagadsl: ignore=SAGA501", "SAGA501", "SAGA501 is an error, and errors are never ignored"),
        ("# sagadsl: ignore=SAGA502,SAGA1xx", "SAGA1xx", "all of SAGA1xx are errors, and errors are never ignored"),
        ("# sagadsl: ignore=SAGA520", "SAGA520", "there is no warning 'SAGA520'"),
        ("# sagadsl: ignore=SAGA9xx", "SAGA9xx", "there is no warning 'SAGA9xx'"),
        ("# sagadsl: ignore=all", "all", "there is no warning 'all'"),
        ("# sagadsl: ignore", "# sagadsl: ignore", "does not say which warnings"),
        ("# sagadsl: ignore=", "# sagadsl: ignore=", "does not say which warnings"),
        ("# sagadsl: ignore SAGA502", "# sagadsl: ignore SAGA502", "does not say which warnings"),
    ],
)
def test_a_comment_that_silences_nothing_is_a_warning_itself(comment, at, says):
    ((where, message),) = complaints(f"a: 1  {comment}\n")
    assert where == at
    assert says in message


def test_on_a_line_of_its_own_further_down_it_silences_nothing_and_that_is_told():
    text = "a:\n  # sagadsl: ignore=SAGA502\n  b: 1\n"
    assert told(text) == [(WARNING, 1), (WARNING, 2), (WARNING, 3), ("SAGA601", 2)]
    ((where, message),) = complaints(text)
    assert where == "# sagadsl: ignore=SAGA502"
    assert "in the middle of a file" in message


def test_other_comments_are_nobodys_business():
    assert complaints("# ignore=SAGA502 sagadsl\n# sagadsl: ignored\na: 1  # the sagadsl: ignore comment\n") == []


@given(st.sets(st.sampled_from(sorted(CODES))), st.integers(1, 6))
def test_no_comment_ever_silences_an_error(codes, family):
    text = f"# sagadsl: ignore={','.join([*codes, f'SAGA{family}xx'])}\na: 1\n"
    document = parse(text, "f")
    found = [diagnose(code, "m", document.place_of(0, 0)) for code in CODES]
    left = {each.code for each in silence(found, document)}
    assert {code for code, row in CODES.items() if row.severity == "error"} <= left
    assert not left & {code for code in codes if CODES[code].severity == "warning"}
