"""What is expected, what there is, and how an analyst is shown the difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.runtime.scenarios.data import compare

DECLINED = "services: {pay: {fails: {code: Declined, message: no money, retryable: false}}}"


def subjects(verdict):
    return [difference.subject for difference in verdict.differences]


@pytest.mark.parametrize(
    "expect",
    [
        "{status: compensated}",
        "{error: Declined}",
        "{error: {code: Declined, state: pay, message: no money, in_doubt: false}}",
        "{error: {message: {contains: money}}}",
        "{actions: [book, pay, ~book]}",
        "{actions: {contains: [book, ~book]}}",
        "{actions: {contains: []}}",
        "{payloads: {book: {city: Rome}, ~book: {contains: {input: {city: Rome}}}}}",
        "{steps: {book: compensated, pay: {status: failed, attempts: 1, compensation_attempts: 0}}}",
        "{output: null}",
        "{takes: 0}",
        "{takes: {at_most: 1s}}",
    ],
)
def test_what_is_as_expected_passes(folder, expect):
    verdict = folder.verdict(f"{DECLINED}\nexpect: {expect}")

    assert verdict.passed
    assert verdict.story == ()


@pytest.mark.parametrize(
    ("expect", "subject", "row"),
    [
        ("{status: completed}", "status", ("", "completed", "compensated")),
        ("{error: Closed}", "error", ("code", '"Closed"', '"Declined"')),
        ("{error: {state: book}}", "error", ("state", '"book"', '"pay"')),
        ("{error: {in_doubt: true}}", "error", ("in_doubt", "true", "false")),
        ("{error: {message: {contains: gold}}}", "error", ("message", '… "gold" …', '"no money"')),
        ("{output: {room: 1}}", "output", ("", '{"room": 1}', "null")),
        ("{payloads: {book: {town: Rome}}}", "payload of book", ("town", '"Rome"', "nothing")),
        ("{payloads: {~pay: {}}}", "payload of ~pay", ("", "a payload", "is never called")),
        ("{steps: {book: completed}}", "steps", ("book", "completed", "compensated")),
        ("{steps: {pay: {attempts: 3}}}", "steps", ("pay, attempts", "3", "1")),
        ("{takes: 5s}", "takes", ("", "5s", "0s")),
        ("{takes: {at_least: 1m}}", "takes", ("", "at least 1m", "0s")),
    ],
)
def test_what_is_not_as_expected_is_shown_beside_what_there_is(folder, expect, subject, row):
    (difference,) = folder.verdict(f"{DECLINED}\nexpect: {expect}").differences

    assert difference.subject == subject
    assert difference.rows[0][:3] == row


def test_a_saga_without_an_error_has_not_the_one_that_is_expected(folder):
    (difference,) = folder.verdict("expect: {error: Declined}").differences

    assert difference.rows[0] == ("code", '"Declined"', "no error", True)


def test_actions_are_aligned_so_that_one_more_shifts_nothing(folder):
    (difference,) = folder.verdict(f"{DECLINED}\nexpect: {{actions: [book, ~pay, ~book]}}").differences

    assert [row[1:] for row in difference.rows] == [
        ("book", "book", False),
        ("~pay", "pay", True),
        ("~book", "~book", False),
    ]
    (missing,) = folder.verdict(f"{DECLINED}\nexpect: {{actions: [book, pay, ~pay, ~book]}}").differences
    assert [row[1:] for row in missing.rows if row.differs] == [("~pay", "nothing", True)]


def test_actions_that_only_have_to_be_contained_have_to_come_in_order(folder):
    (difference,) = folder.verdict(f"{DECLINED}\nexpect: {{actions: {{contains: [~book, book]}}}}").differences

    assert [row[1:] for row in difference.rows] == [
        ("", "book", False),
        ("", "pay", False),
        ("~book", "~book", False),
        ("book", "does not come in this place", True),
    ]


def test_a_failure_reads_as_a_comparison_and_a_story(folder):
    verdict = folder.verdict(
        f"{DECLINED}\nexpect: {{actions: [book, pay], steps: {{book: completed, pay: completed}}}}"
    )

    assert verdict.summary == "actions, steps not as expected"
    assert verdict.text.splitlines() == [
        "actions",
        "       expected  actual",
        "    1  book      book",
        "    2  pay       pay",
        "  > 3  nothing   ~book",
        "",
        "steps",
        "          expected   actual",
        "  > book  completed  compensated",
        "  * pay   completed  failed",
        "",
        "what happened:",
        "    0.000s  · stay                     version 1, saga scenario",
        "    0.000s  → book                     hotel.book",
        "    0.000s  ✓ book",
        "    0.000s  → pay                      bank.pay",
        "    0.000s  ✗ pay                      Declined: no money",
        "    0.000s  ↩ book                     hotel.cancel",
        "    0.000s  ↶ book                     undone",
        "in the end: compensated, because of Declined: no money, in pay",
    ]


def test_a_long_story_is_told_in_part(folder):
    circle = "name: c\nstates:\n  a: {service: s, action: a, kind: read_only, next: b}\n  b: {type: choice, choices: [{when: states.a.output == 1, next: c}], default: a}\n  c: {type: succeed}"
    verdict = folder.verdict("services: {a: {succeeds: 2}}\nexpect: {status: completed}", circle, "{}")

    assert len(verdict.story) == 121
    assert verdict.story[80].endswith("lines more …")
    assert "note: the saga goes in a circle: it has not ended after 2000 events" in verdict.text


def test_a_verdict_is_data_for_programs(folder):
    data = folder.verdict(f"{DECLINED}\nexpect: {{status: completed, error: Declined}}").to_json()

    assert (data["name"], data["line"], data["passed"], data["status"]) == ("one", 2, False, "compensated")
    assert data["differences"] == [
        {"subject": "status", "rows": [{"place": "", "expected": "completed", "actual": "compensated"}]}
    ]


# Data.


def places(expected, actual):
    return [row.place for row in compare(expected, actual)]


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        (1, True, [""]),
        ({"a": 0}, {"a": False}, ["a"]),
        ({"a": 1}, {"a": 1, "b": 2}, ["b"]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3, 4]}}, ["a.b[1]", "a.b[2]"]),
        ([1, 2], [1], ["[1]"]),
        ({"contains": {"a": 1}}, {"a": 1, "b": 2}, []),
        ({"contains": {"a": 1}}, {"b": 2}, ["a"]),
        ({"contains": {"a": {"b": 1}}}, {"a": {"b": 1, "c": 2}}, ["a.c"]),
        ({"a": {"contains": {"b": 1}}}, {"a": {"b": 1, "c": 2}}, []),
        ({"contains": [1, 3]}, [1, 2, 3], []),
        ({"contains": [3, 1]}, [1, 2, 3], [""]),
        ({"contains": [{"contains": {"a": 1}}]}, [{}, {"a": 1, "b": 2}], []),
        ({"contains": "b"}, "abc", []),
        ({"contains": "d"}, "abc", [""]),
        ({"contains": 5}, 5, []),
        ({"contains": 5}, 6, [""]),
        ({"exactly": {"contains": 1}}, {"contains": 1}, []),
        ({"exactly": {"a": 1}}, {"a": 1, "b": 2}, [""]),
        (None, {}, [""]),
    ],
)
def test_data_differs_where_it_does(expected, actual, found):
    assert places(expected, actual) == found


def test_long_texts_are_shown_from_where_they_part():
    same = "x" * 200
    (row,) = compare(f"{same}left", f"{same}right")

    assert (row.expected, row.actual) == (f'"…{"x" * 15}left"', f'"…{"x" * 15}right"')


LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=3)
DATA = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(DATA, DATA)
def test_data_is_as_expected_when_it_is_the_same_and_never_otherwise(one, other):
    import json

    assert places(one, one) == []
    assert (places(one, other) == []) == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


@given(DATA.filter(lambda data: isinstance(data, dict | list | str)), st.data())
def test_data_contains_any_part_of_itself(whole, data):
    if isinstance(whole, dict):
        keys = data.draw(st.sets(st.sampled_from("abc")))
        part = {key: value for key, value in whole.items() if key in keys}
    elif isinstance(whole, list):
        part = [entry for entry in whole if data.draw(st.booleans())]
    else:
        part = whole[data.draw(st.integers(0, 3)) :]
    assert places({"contains": part}, whole) == []
