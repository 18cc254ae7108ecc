"""Expressions on plain data: values, conditions, and failures told in plain words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.celtokens import references, string_value, tokens
from sagadsl.language.expressions import Environment, EvaluationError

ENVIRONMENT = Environment(["reserve", "charge"])
SCOPE = {
    "input": {
        "amount": 12.5,
        "count": 3,
        "name": "Zoë",
        "items": [{"sku": "a"}, {"sku": "b"}],
        "none": None,
        "yes": True,
    },
    "saga": {"id": "1-2", "name": "order", "version": "1", "started_at": 1_577_880_000.5},
    "states.reserve.output": {"id": "r1", "lines": {"b": 1, "a": 2}},
}


def value(text: str, scope=SCOPE):
    return ENVIRONMENT.expression(text).evaluate(scope)


def reason(text: str, scope=SCOPE) -> str:
    with pytest.raises(EvaluationError) as raised:
        value(text, scope)
    assert raised.value.expression == text
    return str(raised.value)


def same(actual, expected) -> bool:
    return actual == expected and type(actual) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input.amount", 12.5),
        ("input.count", 3),
        ("input.count + 1", 4),
        ("input.amount * 2.0", 25.0),
        ("input.none", None),
        ("input.yes && input.count > 2", True),
        ("input.items.map(i, i.sku)", ["a", "b"]),
        ("input.items[1].sku", "b"),
        ("'to ' + input.name", "to Zoë"),
        ("states.reserve.output.id", "r1"),
        ("states.reserve.output.lines", {"b": 1, "a": 2}),
        ("{'n': input.count, 'l': [null, 1.0]}", {"n": 3, "l": [None, 1.0]}),
        ("saga.id + '/' + saga.version", "1-2/1"),
        ("saga.started_at", "2020-01-01T12:00:00.500000Z"),
        ("saga.started_at + duration('90m')", "2020-01-01T13:30:00.500000Z"),
        ("saga.started_at.getFullYear()", 2020),
        ("duration('1m30s')", 90.0),
        ("5u", 5),
    ],
)
def test_a_value_is_plain_json(text, expected):
    assert same(value(text), expected)


def test_the_whole_saga_is_json_too():
    assert value("saga") == {**SCOPE["saga"], "started_at": "2020-01-01T12:00:00.500000Z"}


@pytest.mark.parametrize("started", ["2020-01-01T12:00:00Z", 1_577_880_000])
def test_the_start_may_be_given_as_text_or_seconds(started):
    assert value("saga.started_at.getHours()", {"saga": {"started_at": started}}) == 12


def test_what_is_not_there_yet_can_be_asked_for():
    assert value("has(states.charge.output.id)") is False
    assert value("has(error.code)") is False
    assert value("has(output.ok)") is False


def test_names_are_the_variables_that_are_read():
    text = "input.items.all(saga, saga.sku != '') && states.reserve.output.id != 'states.charge.output' // error"
    assert ENVIRONMENT.expression(text).names == {"input", "states.reserve.output"}


def test_a_text_is_compiled_once():
    assert ENVIRONMENT.expression("input.count + 7") is ENVIRONMENT.expression("input.count + 7")


def test_values_share_nothing_with_the_data():
    for text in ("input.items", "[input.items][0]"):
        value(text).append("changed")
    assert len(SCOPE["input"]["items"]) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("input.amont", "there is no field 'amont' in input"),
        ("input.items[0].price > 1", "there is no field 'price' in input.items[0]"),
        ("states.charge.output.id", "there is no field 'id' in states.charge.output"),
        ("input.items[7]", "there is no element [7] in a list of 2"),
        ("input.name.first", "a field is read from something that is not an object"),
        ("input.name > 1", "'>' cannot compare text with an integer"),
        ("input.name + 1", "'+' cannot take text and an integer"),
        ("input.count / 0", "a division by zero"),
        ("9223372036854775807 + input.count", "the result is beyond 64 bits"),
        ("input.amount / 0.0", "infinite or undefined"),
        ("b'x'", "bytes"),
        ("{1: 2}", "a key that is not text"),
        ("type(1)", "a type"),
        ("int(input.name)", "the text is not a number"),
        ("timestamp(input.name)", "the text is not a timestamp"),
        ("input.name.matches('(')", "not a regular expression"),
        ("input.count ? 1 : 2", "what stands before '?' is not true or false"),
        ("{input.name: 1, input.name: 2}", "an object is given the same key twice"),
    ],
)
def test_a_failure_is_told_in_plain_words(text, words):
    message = reason(text)
    assert words in message
    assert "_ARGUMENT" not in message
    assert "overload" not in message


def test_an_expression_that_would_take_too_long_fails():
    scope = {"input": {"l": list(range(3000))}}
    assert "too many steps" in reason("size(input.l.map(a, input.l.map(b, input.l.map(c, a * b * c))))", scope)


def test_data_that_cel_cannot_hold_is_told():
    assert "beyond 64 bits" in reason("input.n + 1", {"input": {"n": 2**64}})
    assert "broken character" in reason("input.n + 'x'", {"input": {"n": "\ud800"}})
    assert "infinite or undefined" in reason("input.n", {"input": {"n": float("nan")}})
    assert "not a timestamp" in reason("saga.started_at", {"saga": {"started_at": "yesterday"}})


def test_deep_data_is_told_rather_than_crashing():
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    assert "nested too deeply" in reason("input.deep", {"input": {"deep": deep}})


@pytest.mark.parametrize("text", ["1 +", "nope.x", "states.ship.output.id", "", "\ud800"])
def test_what_does_not_compile_raises_at_once(text):
    with pytest.raises(EvaluationError, match="cannot be read"):
        ENVIRONMENT.expression(text)


def test_a_condition_is_true_or_false_and_nothing_else():
    assert ENVIRONMENT.expression("input.count > 2").test(SCOPE) is True
    with pytest.raises(EvaluationError, match="gives text, not true or false"):
        ENVIRONMENT.expression("input.name").test(SCOPE)


# CEL's Python binding ends every text at a zero character, so there are none here.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@given(data=JSON)
def test_json_comes_out_as_it_went_in_on_both_ways_through(data):
    # A bare reference is read without CEL; a list around it goes through CEL.
    scope = {"input": {"x": data}}
    assert value("input.x", scope) == data
    assert value("[input.x][0]", scope) == data


# -- what an expression refers to ---------------------------------------------------------------------------------


def read(text: str) -> list[str]:
    return [found.text for found in references(tokens(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input.a.b", ["input.a.b"]),
        ("input['a'][0].b", ["input.a[0].b"]),
        ("input[x].b", ["input", "x"]),
        ("size(input.a)", ["input.a"]),
        ("input.a.size() > y", ["input.a", "y"]),
        ("'input.a' + \"x.y\" + r'\\' + z", ["z"]),
        ("a // b\n + c", ["a", "c"]),
        ("a.all(x, x.y > z) && x", ["a", "z", "x"]),
        ("a.all(x, .x > 1)", ["a", "x"]),
        ("[1].exists(e, e in b)", ["b"]),
        ("has(a.b.c)", ["a.b.c"]),
        ("{'k': v}.k", ["v"]),
        ("true ? null : false", []),
        ("a.`b-c`.d", ["a.b-c.d"]),
        ("'''a\n'b''' + c", ["c"]),
    ],
)
def test_references_are_found_where_they_are_code(text, expected):
    assert read(text) == expected


@given(st.text())
def test_tokens_and_white_space_make_up_the_whole_text(text):
    at = 0
    for token in tokens(text):
        gap = text[at : token.start]
        assert all(c in "\t\n\f\r " for c in gap) or gap.lstrip("\t\n\f\r ").startswith("//")
        assert text[token.start : token.end] == token.text
        at = token.end


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))
def test_quoted_text_is_read_as_cel_reads_it(text):
    literal = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    assert string_value(literal) == text == value(literal)


@pytest.mark.parametrize(
    "literal", [r"'\x41\u00e9\U0001F600\101\n\t\\\'\"\`\?'", r'r"\n\x"', '"""a"b"""', "''", "''''''"]
)
def test_escapes_are_read_as_cel_reads_them(literal):
    assert string_value(literal) == value(literal)


# -- items, signals, and the order of objects ----------------------------------------------------------------------


def test_items_signals_and_steps_are_variables_of_their_own():
    environment = Environment(["pay"], ["order"], ["go"])
    scope = {"order": {"sku": "a"}, "index": 2, "signals.go": {"by": "ann"}, "steps": {"pay": {"status": "completed"}}}
    for text, value, names in [
        ("order.sku + string(index)", "a2", {"order", "index"}),
        ("signals.go.by", "ann", {"signals.go"}),
        ("has(signals.go.by) ? 1 : 2", 1, {"signals.go"}),
        ("steps.pay.status == 'completed'", True, {"steps"}),
    ]:
        expression = environment.expression(text)
        assert (expression.evaluate(scope), expression.names) == (value, names)


@pytest.mark.parametrize("text", ["order.sku", "signals.go.by"])
def test_where_there_is_no_such_item_or_signal_it_cannot_be_read(text):
    with pytest.raises(EvaluationError):
        Environment(["pay"]).expression(text)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.integers(0, 9)))
def test_map_and_filter_go_through_an_object_in_the_order_of_its_keys(data):
    scope = {"input": {"data": data}}
    order = sorted(data)
    assert ENVIRONMENT.expression("input.data.map(k, k)").evaluate(scope) == order
    assert ENVIRONMENT.expression("input.data.filter(k, input.data[k] > 4)").evaluate(scope) == [
        key for key in order if data[key] > 4
    ]
    assert ENVIRONMENT.expression("input.data.map(k, input.data[k] > 4, k)").evaluate(scope) == [
        key for key in order if data[key] > 4
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'b': 1, 'a': 2, 'c': 3}.map(k, k)", ["a", "b", "c"]),
        ("{1: 1, 'a': 2, 0: 4}.map(k, string(k))", ["0", "1", "a"]),
        ("input.list.map(x, x).filter(x, x != 1)", [3, 2.5, None, {"a": [1]}]),
        ("[[2, 1], [3]].map(x, x.map(y, y + 1))", [[3, 2], [4]]),
        ("[duration('90s')].map(d, d)", [90.0]),
        ("[{'a': timestamp('2030-01-01T00:00:00Z')}].map(t, t.a)", ["2030-01-01T00:00:00Z"]),
        ("'a.map(x, x)'", "a.map(x, x)"),
    ],
)
def test_lists_keep_their_order_and_their_elements(text, value):
    assert ENVIRONMENT.expression(text).evaluate({"input": {"list": [3, 2.5, 1, None, {"a": [1]}]}}) == value


def test_going_through_what_is_neither_list_nor_object_is_told_in_plain_words():
    with pytest.raises(EvaluationError, match="need a list or an object"):
        ENVIRONMENT.expression("input.n.map(x, x)").evaluate({"input": {"n": 1}})


def test_the_word_that_keeps_the_order_is_no_word_of_the_language():
    with pytest.raises(EvaluationError):
        ENVIRONMENT.expression("input.n.in_order()")
