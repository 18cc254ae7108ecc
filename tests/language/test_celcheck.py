"""The strict check of one expression: right ones pass, and what is wrong is told at the very characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.celcheck import Checker, Refusal, Scope
from sagadsl.language.celtypes import Types
from sagadsl.language.datatypes import ANY, of_schema

CARD = {"type": "object", "properties": {"number": {"type": "string"}}}
TREE = {"type": "object", "properties": {"left": {"$ref": "#/definitions/tree"}, "v": {"type": "integer"}}}
SCHEMA = {
    "type": "object",
    "definitions": {"card": CARD, "tree": TREE},
    "properties": {
        "amount": {"type": "number"},
        "count": {"type": "integer"},
        "name": {"type": "string"},
        "ok": {"type": "boolean"},
        "card": {"$ref": "#/definitions/card"},
        "cards": {"type": "array", "items": CARD},
        "tags": {"type": "array", "items": {"type": "string"}},
        "grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "tree": {"$ref": "#/definitions/tree"},
        "any": {},
        "either": {"type": ["string", "null"]},
        "one": {"oneOf": [CARD]},
        "map": {"type": "object"},
        "open": {"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "number"}},
        "odd": {"type": "object", "required": ["content-type"], "properties": {"content-type": {"type": "string"}}},
        "a_b": {"type": "string"},
        "aB": {"type": "string"},
        "in": {"type": "string"},
    },
}
SCHEMA["required"] = list(SCHEMA["properties"])
CARD["required"] = ["number"]
TREE["required"] = ["left", "v"]
CHECKER = Checker(of_schema(SCHEMA), ["charge", "ship"])
SCOPE = Scope(lambda name: None if name == "charge" else Refusal("SAGA405", f"{name} has not completed"), error=True)


def problems(text: str, expect="any", scope=SCOPE):
    return [(p.code, text[p.start : p.end], p.message, p.hint) for p in CHECKER.check(text, scope, expect)]


@pytest.mark.parametrize(
    "text",
    """input
input.amount > 1000.0
input.count > 1000
double(input.count) * input.amount
input.card.number + input.name
input.cards[0].number.startsWith('4')
input.cards.all(c, c.number != '')
input.tags.exists(t, t == 'x') && 'y' in input.tags
input.grid[0][1] > 3
input.tree.left.left.v > 3
input.any.foo.bar[3] == 'x' || input.any > 1 || input.any > 1.5
input.either == null || input.either == 'x'
input.one.number == 'x'
input.map.x.y > 1 && has(input.map.z) && 'k' in input.map
input.open.whatever > 1.0
input.odd['content-type'] == 'text/html'
input.a_b + input.aB + input.`in`
input.card == null
has(input.card) && has(input.card.number)
saga.id + saga.name + saga.version
saga.started_at + duration('1h') < timestamp('2030-01-01T00:00:00Z')
error.code == 'Timeout' ? error.message : error.state
states.charge.output.id
states.charge.output == null
[1, 2].map(x, x * 2)
{'a': input.amount}
input.count > 1 // and so on""".splitlines(),
)
def test_what_is_right_passes(text):
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "code", "marked", "words", "hint"),
    [
        # names
        ("inpt.name", "SAGA402", "inpt.name", "no name 'inpt'", "did you mean 'input'?"),
        ("amount > 1.0", "SAGA402", "amount", "no name 'amount'", "write input.amount"),
        ("charge.id", "SAGA402", "charge.id", "no name 'charge'", "write states.charge.output"),
        ("input.name == paid", "SAGA402", "paid", "no name 'paid'", "text has to stand in quotes: 'paid'"),
        ("has(inpt.name)", "SAGA402", "inpt.name", "no name 'inpt'", "did you mean 'input'?"),
        ("'🎉é' + zzz", "SAGA402", "zzz", "no name 'zzz'", "quotes"),
        ("1 +\n  zzz", "SAGA402", "zzz", "no name 'zzz'", "quotes"),
        (
            "input.name.startswith('x')",
            "SAGA402",
            "startswith",
            "no function 'startswith'",
            "did you mean 'startsWith'?",
        ),
        ("output.ok", "SAGA402", "output.ok", "only be read in fail_when", "states.NAME.output"),
        ("states", "SAGA402", "states", "only its output", "write states.NAME.output"),
        ("states.charge", "SAGA402", "states.charge", "only its output", "write states.charge.output"),
        (
            "states.charge.result.id",
            "SAGA402",
            "states.charge.result.id",
            "only its output",
            "write states.charge.output",
        ),
        ("states['charge'].output", "SAGA402", "states['charge'].output", "with dots", "write states.charge.output"),
        ("states.ship.output.id > 1", "SAGA405", "states.ship.output", "ship has not completed", ""),
        # fields
        ("input.nam", "SAGA403", "nam", "no field 'nam' in input", "did you mean 'name'?"),
        ("has(input.nam)", "SAGA403", "nam", "no field 'nam' in input", "did you mean 'name'?"),
        ("input.card.nr", "SAGA403", "nr", "no field 'nr' in input.card", "it has number"),
        ("input.cards[0].nr", "SAGA403", "nr", "in input.cards[0]", "it has number"),
        ("input.cards.map(c, c.nr)", "SAGA403", "nr", "no field 'nr' in 'c'", "it has number"),
        ("input.tree.left.left.x + input.tree.lft.v", "SAGA403", "lft", "in input.tree", "did you mean 'left'?"),
        ("saga.nope", "SAGA403", "nope", "in saga", "it has id, name, version and started_at"),
        ("error.cause", "SAGA403", "cause", "in error", "it has code, message and state"),
        ("input.name.first", "SAGA403", ".first", "text has no fields", ""),
        ("input.tags.x", "SAGA403", ".x", "a list of texts has no fields", "list[0]"),
        # types
        ("input.amount > 1000", "SAGA404", ">", "a number with an integer", "amount is a number: write 1000.0"),
        ("-3 < input.amount", "SAGA404", "<", "an integer with a number", "amount is a number: write 3.0"),
        ("input.amount == -3", "SAGA404", "==", "a number with an integer", "amount is a number: write 3.0"),
        ("input.amount * input.count", "SAGA404", "*", "a number and an integer", "double(…)"),
        ("input.name + 1", "SAGA404", "+", "text and an integer", "string(…)"),
        ("input.amount == null", "SAGA404", "==", "a number with null", "has(…)"),
        ("input.ok && 1", "SAGA404", "&&", "true or false, not an integer", ""),
        ("!input.name", "SAGA404", "!", "true or false, not text", ""),
        ("input.ok ? 1 : 'a'", "SAGA404", "?", "an integer and text", ""),
        ("input.name ? 1 : 2", "SAGA404", "?", "before '?' has to be true or false, not text", ""),
        ("input['name']", "SAGA404", "[", "an object with text", "input.amount"),
        ("'name' in input", "SAGA404", "in", "in an object", "has(input.amount)"),
        ("1 in input.tags", "SAGA404", "in", "an integer in a list of texts", ""),
        ("input.count.startsWith('x')", "SAGA404", "startsWith", "startsWith() cannot take an integer and text", ""),
        ("input.amount.all(x, x)", "SAGA404", ".", "need a list, not a number", ""),
        ("input.any['x'].all(x, x)", "SAGA404", "[", "field that stands in brackets", "dyn(…)"),
        ("has(input)", "SAGA404", "input", "has() needs a field", ""),
        ("input.tags.all(1, true)", "SAGA404", "1", "has to be a name", ""),
        ("type(1)", "SAGA404", "type(1)", "a type, which JSON cannot hold", ""),
        # syntax
        ("", "SAGA401", "", "empty", ""),
        (" // nothing", "SAGA401", " // nothing", "empty", ""),
        ("input.count >", "SAGA401", ">", "ends too early", ""),
        ("size(input.tags", "SAGA401", "tags", "ends too early", "'(' is never closed"),
        ("input.ok ? 1", "SAGA401", "1", "ends too early", "':'"),
        ("input.name == 'x", "SAGA401", "'x", "never closed", "close it with '"),
        ("input.count = 1", "SAGA401", "=", "'=' is not expected", "'=='"),
        ("input.ok and input.ok", "SAGA401", "and", "'and' is not expected", "'&&'"),
        ("not input.ok", "SAGA401", "input", "not expected", "'!'"),
        ("input.count 3", "SAGA401", "3", "not expected", "an operator is missing"),
        ("${input.ok}", "SAGA401", "$", "not expected", "leave out '${'"),
        ("input.in", "SAGA401", "in", "reserved word", ".`in`"),
        ("for", "SAGA401", "for", "reserved word", ""),
        ("'\\q'", "SAGA401", "'\\q'", "escape", "\\\\"),
        ("9223372036854775808", "SAGA401", "9223372036854775808", "beyond 64 bits", ""),
        ("{'a' 1}", "SAGA401", "1", "':' is missing", ""),
    ],
)
def test_what_is_wrong_is_told_in_plain_words(text, code, marked, words, hint):
    first = problems(text)[0]
    assert first[:2] == (code, marked)
    assert words in first[2]
    assert hint in first[3]


def test_everything_that_is_wrong_is_told():
    assert [p[:2] for p in problems("input.a > zz && states.ship.output.x == inpt.y")] == [
        ("SAGA403", "a"),
        ("SAGA402", "zz"),
        ("SAGA405", "states.ship.output"),
        ("SAGA402", "inpt.y"),
    ]


def test_of_syntax_errors_only_the_first_is_told():
    assert [p[:2] for p in problems("inpt.x = = 1 +")] == [("SAGA401", "=")]


def test_too_deep_and_too_long_are_told():
    assert "nested too deeply" in problems("(" * 300 + "1" + ")" * 300)[0][2]
    assert "nested too deeply" in problems("1" + "+1" * 5000)[0][2]
    assert "too long" in problems("x" * 100_001)[0][2]


def test_an_error_that_is_not_readable_here_is_told():
    found = problems("error.code == 'x'", scope=Scope(lambda _: None))
    assert found[0][:2] == ("SAGA402", "error.code")


@pytest.mark.parametrize("text", ["input.ok", "input.any", "states.charge.output.ok", "true"])
def test_a_condition_may_be_true_or_false_or_not_known_yet(text):
    assert problems(text, "bool") == []


def test_a_condition_of_another_type_is_told_whole():
    assert problems("input.count + 1", "bool")[0][:2] == ("SAGA407", "input.count + 1")


def test_without_a_schema_any_field_of_the_input_may_be_read():
    checker = Checker(ANY, [])
    assert checker.check("input.whatever.x > 1 && input.y[2] == 'a'", SCOPE) == []


def test_a_schema_of_references_to_references_does_not_explode():
    properties = {
        f"d{i}": {"type": "object", "properties": {k: {"$ref": f"#/definitions/d{i + 1}"} for k in "abc"}}
        for i in range(40)
    }
    root = {"type": "object", "definitions": properties, "properties": {"x": {"$ref": "#/definitions/d0"}}}
    types = Types()
    types.variable(of_schema(root))
    assert len(types.fields) < 60


SIGNS = [*".()[]{}'\"\\+-!>?:,`$#=&@ \n", "==", "&&", "||", "//", "${", "'''", "r'"]
NAMES = [
    "input",
    "name",
    "amount",
    "nope",
    "states",
    "charge",
    "ship",
    "output",
    "saga",
    "error",
    "has",
    "all",
    "map",
    "x",
]
VALUES = ["1", "2.5", "1u", "0x", "true", "null", "in", "for", "é", "🎉"]
WORDS = st.sampled_from(SIGNS + NAMES + VALUES)


@given(st.lists(WORDS, max_size=14).map(" ".join) | st.lists(WORDS, max_size=14).map("".join) | st.text())
def test_any_text_is_judged_and_no_word_of_the_compiler_gets_through(text):
    for expect in ("any", "bool"):
        for problem in CHECKER.check(text, SCOPE, expect):
            assert 0 <= problem.start <= problem.end <= len(text)
            said = problem.message + problem.hint
            assert "this does not work" not in said
            for raw in (
                "<input>",
                "mismatched",
                "extraneous",
                "viable",
                "overload",
                "sagadsl_types",
                "INVALID",
                "_>_",
                "@in",
            ):
                assert raw not in said.replace(text, "")


# -- what CEL lets pass --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "marked", "says"),
    [
        ("{1: 2}", "{1: 2}", "an object whose keys are not text, which JSON cannot hold"),
        ("{'a': [{input.ok: 2}]}", "{'a': [{input.ok: 2}]}", "an object whose keys are not text"),
        ("{'a': b'x'}", "{'a': b'x'}", "this gives bytes inside, which JSON cannot hold"),
        ("[type(input.ok)]", "[type(input.ok)]", "this gives a type inside"),
        ("{'a': b'x', 'b': 1}", "{'a': b'x', 'b': 1}", "gives bytes, which JSON cannot hold"),
        ("1 / 0", "1 / 0", "this never has a value: a division by zero"),
        ("timestamp('nope')", "timestamp('nope')", "the text is not a timestamp"),
        ("input.ok ? timestamp('nope') : saga.started_at", "timestamp('nope')", "the text is not a timestamp"),
        ("saga.started_at + duration('1w')", "duration('1w')", "the text is not a duration"),
        ("int('one') + input.count", "int('one')", "the text is not a number"),
        ("input.name.matches('(')", "matches('(')", "the pattern of matches() is not a regular expression"),
        ("'a'.matches('(')", "'a'.matches('(')", "the pattern of matches() is not a regular expression"),
        ("sagadsl_types.M1{id: 'x'}", "sagadsl_types.M1", "no name 'sagadsl_types'"),
        ("[sagadsl_types.M1]", "[sagadsl_types.M1]", "a type inside"),
        ("type(saga) == sagadsl_types.M1", "sagadsl_types.M1", "no name 'sagadsl_types'"),
        ("google.protobuf.Value{}", "Value", "there is no type 'Value' to make an object of"),
        ("google.protobuf.Struct{fields: {'a': input.any}}", "Struct", "there is no type 'Struct'"),
        (
            "has(states.charge.output)",
            "states.charge.output",
            "has() asks for a field of states.charge.output, not for",
        ),
        ("has((states.charge.output)) ? 1 : 2", "states.charge.output", "has() asks for a field"),
        ("!has(.states.charge.output)", "states.charge.output", "has() asks for a field"),
    ],
)
def test_what_can_never_work_is_refused_although_cel_lets_it_pass(text, marked, says):
    found = problems(text)
    assert len(found) == 1, found
    assert found[0][1] == marked.lstrip(".")
    assert says in found[0][2]


@pytest.mark.parametrize(
    "text",
    """{'1': 2}
{input.name: 2}
{input.any.x: 1}
{'a': string(b'x')}
type(input.any) == string
timestamp('2030-01-31T12:00:00Z')
timestamp(input.name)
saga.started_at + duration('1h') > timestamp('2030-01-31T12:00:00Z')
input.name.matches('^[a-z(]+$')
input.name.contains('(')
size('nope') + int('3')
input.name in ['timestamp', 'has'] || input.count in [1]
has(states.charge.output.id) ? 'has(' : '{'
1 / 2
[1, 2].map(x, x * 2)
input.name == 'a' ? {'a': 1} : {'b': 2}""".splitlines(),
)
def test_what_can_work_is_not_refused(text):
    assert problems(text) == []
