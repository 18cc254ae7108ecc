"""What an author of scenarios is told when the text is wrong: the place, the words, the way out."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.runtime.scenarios.codes import CODES
from sagadsl.runtime.scenarios.shape import schema_text
from tests.runtime.scenarios.conftest import STAY

FILE = """\
scenarios:
  - name: one
    input: {{city: Rome}}
    {0}
    expect: {{status: completed}}
"""
EXPECTING = """\
scenarios:
  - {{name: one, input: {{city: Rome}}, expect: {0}}}
"""

# Each code, a text that has it, the characters that it points at, and what is said.
WRONG = [
    ("SAGA701", FILE.format("servces: {}"), "servces", "did you mean 'services'?"),
    ("SAGA701", "scenarois: []\nscenarios: [{name: a, expect: {status: failed}}]", "scenarois", "unknown key 'scenarois' in the file"),
    ("SAGA701", EXPECTING.format("{stauts: completed}"), "stauts", "did you mean 'status'?"),
    ("SAGA702", "scenarios:\n  - {name: one}", "{name: one}", "entry 1 of 'scenarios' lacks the key 'expect'"),
    ("SAGA702", "definition: saga.yaml", "definition: saga.yaml", "the file lacks the key 'scenarios'"),
    ("SAGA703", "- a list", "- a list", "a file of scenarios is a map of keys, but this is a list"),
    ("SAGA703", FILE.format("services: {book: always}"), "always", "a map or a list was expected"),
    ("SAGA704", EXPECTING.format("{status: done}"), "done", "expected one of completed, compensated"),
    ("SAGA704", FILE.format("services: {book: {never_answers: false}}"), "false", "'never_answers' is never false"),
    ("SAGA704", EXPECTING.format("{}"), "{}", "'expect' is empty"),
    ("SAGA705", FILE.format("services: {book: {fails: so sad}}"), "so sad", "'so sad' is not a valid error code"),
    ("SAGA706", FILE.format("services: {book: {takes: soon, succeeds: {}}}"), "soon", "is not a duration"),
    ("SAGA707", FILE.format("starts_at: tomorrow"), "tomorrow", "'tomorrow' is not an instant"),
    ("SAGA708", FILE.format("services: {book: {takes: 5s}}"), "{takes: 5s}", "this does not say what happens"),
    ("SAGA708", FILE.format("services: {book: {succeeds: {}, fails: X}}"), "fails", "this says 'succeeds' already"),
    ("SAGA708", FILE.format("services: {book: {times_out: 2, takes: 5s}}"), "takes", "no answer comes"),
    ("SAGA708", FILE.format("services: {book: {reports: {takes: 5s}}}"), "{takes: 5s}", "give it succeeds, fails or never_answers"),
    ("SAGA709", "scenarios:\n" + "  - {name: twin, expect: {status: failed}}\n" * 2, "twin", "there is a scenario 'twin' already"),
    ("SAGA721", "definition: none.yaml\n" + EXPECTING.format("{takes: 0}"), "none.yaml", "there is no definition"),
    ("SAGA723", FILE.format("services: {boook: {fails: X}}"), "boook", "did you mean 'book'?"),
    ("SAGA723", FILE.format("services: {hotel.boook: {fails: X}}"), "hotel.boook", "did you mean 'hotel.book'?"),
    ("SAGA723", EXPECTING.format("{actions: [book, pray]}"), "pray", "did you mean 'pay'?"),
    ("SAGA723", EXPECTING.format("{payloads: {buk: {}}}"), "buk", "stay has no state 'buk'"),
    ("SAGA725", EXPECTING.format("{steps: {~book: compensated}}"), "~book", "a step is named without '~'"),
    ("SAGA726", EXPECTING.format("{steps: {book/0: completed}}"), "book/0", "'book' is not inside a map"),
    ("SAGA727", FILE.format("services: {book: [{never_answers: true}, {succeeds: {}}]}"), "never_answers", "never happens"),
    ("SAGA728", FILE.format("services: {book: {reports: {succeeds: {}}}}"), "reports", "it is no state with 'callback'"),
    ("SAGA729", FILE.format("signals: [{name: wake}]"), "wake", "stay waits for no signal 'wake'"),
    ("SAGA730", "scenarios:\n  - {name: one, input: {city: 5}, expect: {takes: 0}}", "{city: 5}", "input.city: text was expected"),
    ("SAGA730", "scenarios:\n  - {name: lone, expect: {takes: 0}}", "lone", "input.city: is missing"),
    ("SAGA730", "defaults: {input: {city: Rome, nights: 0}}\nscenarios:\n  - {name: one, expect: {takes: 0}}", "{city: Rome, nights: 0}", "0 is less than 1"),
]  # fmt: skip


def found_in(folder, text, definition=STAY):
    with pytest.raises(DefinitionError) as caught:
        folder.read(text, definition)
    return caught.value


def pointed_at(error, diagnostic):
    place = diagnostic.place
    line = error.texts[place.file].splitlines()[place.line - 1]
    return line[place.column - 1 : place.end_column - 1 if place.end_line == place.line else None]


@pytest.mark.parametrize(("code", "text", "characters", "said"), WRONG)
def test_a_mistake_is_pointed_at_and_put_into_words(folder, code, text, characters, said):
    error = found_in(folder, text)

    (diagnostic,) = [d for d in error.diagnostics if d.code == code]
    assert pointed_at(error, diagnostic) == characters
    assert said in f"{diagnostic.message} {diagnostic.hint}"
    assert f"[{code}]" in str(error)


def test_every_code_is_told_by_a_test():
    elsewhere = {"SAGA722", "SAGA724"}

    assert {code for code, *_ in WRONG} | elsewhere == set(CODES)
    assert all(code.startswith("SAGA7") for code in CODES)


def test_all_mistakes_are_told_together(folder):
    error = found_in(folder, FILE.format("signals: [{name: wake}]\n    services: {boook: {fails: X}, pya: {fails: X}}"))

    assert [d.code for d in error.diagnostics] == ["SAGA729", "SAGA723", "SAGA723"]


def test_an_unknown_key_does_not_hide_the_other_mistakes(folder):
    text = FILE.format("servces: {}\n    starts_at: tomorrow\n    services: {boook: {fails: X}, book: {takes: 5s}}")
    shape = found_in(folder, text)
    meaning = found_in(folder, text.replace(", book: {takes: 5s}", ""))
    alone = found_in(folder, FILE.format("services: {book: {sucseeds: {}}}"))
    nothing_to_test = found_in(folder, f"definition: nowhere.yaml\n{FILE.format('servces: {}')}")

    assert [d.code for d in shape.diagnostics] == ["SAGA701", "SAGA708"]
    assert [d.code for d in meaning.diagnostics] == ["SAGA701", "SAGA707", "SAGA723"]
    assert [d.code for d in alone.diagnostics] == ["SAGA701"]
    assert [d.code for d in nothing_to_test.diagnostics] == ["SAGA721", "SAGA701"]


def test_mistakes_in_defaults_are_told_once(folder):
    error = found_in(
        folder, f"defaults: {{services: {{boook: [{{fails: X}}, {{fails: Y}}]}}}}\n{EXPECTING.format('{takes: 0}')}"
    )

    assert [d.code for d in error.diagnostics] == ["SAGA723"]


def test_a_text_that_is_no_data_is_told_as_that_of_a_definition(folder):
    assert [d.code for d in found_in(folder, "scenarios: [").diagnostics] == ["SAGA105"]
    (empty,) = found_in(folder, "# nothing yet\n").diagnostics
    assert (empty.code, empty.message) == ("SAGA104", "there is no scenario in the text")


def test_errors_of_the_definition_are_shown_in_it(folder):
    error = found_in(folder, EXPECTING.format("{takes: 0}"), STAY.replace("input.city", "input.town"))

    assert {d.code for d in error.diagnostics} == {"SAGA722", "SAGA403"}
    assert "input.town" in str(error)


BUSY = """
name: busy
states:
  wait_a_bit: {type: wait, for: 5s, next: look}
  look: {service: s, action: look, kind: read_only, next: odd}
  odd: {type: choice, choices: [{when: states.look.output.odd == true, next: each}], default: each}
  each: {type: map, items: "[1, 2]", steps: [{id: pick, service: s, action: pick, compensation: put}], next: end}
  end: {type: succeed}
"""


@pytest.mark.parametrize(
    ("key", "code", "said"),
    [
        ("services: {wait_a_bit: {fails: X}}", "SAGA724", "'wait_a_bit' is a state that calls nobody"),
        ("services: {~look: {fails: X}}", "SAGA725", "'look' has no compensation"),
        ("services: {look/1: {fails: X}}", "SAGA726", "'look' is not inside a map"),
        ("services: {pick/1/0: {fails: X}}", "SAGA726", "write pick/0"),
    ],
)
def test_services_are_given_for_states_that_call_them(folder, key, code, said):
    text = f"scenarios:\n  - {{name: one, {key}, expect: {{takes: 5s}}}}"
    (diagnostic,) = found_in(folder, text, BUSY).diagnostics

    assert diagnostic.code == code
    assert said in f"{diagnostic.message} {diagnostic.hint}"


@pytest.mark.parametrize(
    ("expect", "code"),
    [
        ("{steps: {odd: completed}}", "SAGA724"),
        ("{actions: [each]}", "SAGA724"),
        ("{actions: {contains: [~look]}}", "SAGA725"),
        ("{steps: {pick: completed}}", "SAGA726"),
    ],
)
def test_steps_are_expected_of_states_that_have_them(folder, expect, code):
    (diagnostic,) = found_in(folder, f"scenarios:\n  - {{name: one, expect: {expect}}}", BUSY).diagnostics

    assert diagnostic.code == code


def test_scenarios_are_laid_over_the_defaults(folder):
    file = folder.read("""
        defaults:
          input: {city: Rome, nights: 2}
          services: {book: {succeeds: {room: 1}}, pay: {fails: Poor}}
          starts_at: 2031-01-01T00:00:00Z
        scenarios:
          - {name: as it is, expect: {status: compensated}}
          - name: otherwise
            description: Everything is.
            input: {city: Oslo}
            services: {pay: {succeeds: {}}}
            starts_at: 2032-01-01
            expect: {status: completed}
        """)
    plain, other = file.scenarios

    assert (plain.input, other.input) == ({"city": "Rome", "nights": 2}, {"city": "Oslo", "nights": 2})
    assert (plain.services["pay"][0].kind, other.services["pay"][0].kind) == ("fails", "succeeds")
    assert other.services["book"] == plain.services["book"]
    assert other.starts_at - plain.starts_at == 365 * 86400
    assert (plain.line, other.line, other.description) == (7, 8, "Everything is.")


def test_the_definition_is_found_by_name_or_beside(folder, tmp_path):
    (tmp_path / "sagas").mkdir()
    (tmp_path / "sagas" / "stay.yml").write_text(STAY, encoding="utf-8")
    text = EXPECTING.format("{takes: 0}")
    named, beside = tmp_path / "named.scenarios.yml", tmp_path / "sagas" / "stay.scenarios.yaml"
    named.write_text(f"definition: sagas/stay.yml\n{text}", encoding="utf-8")
    beside.write_text(text, encoding="utf-8")

    from sagadsl.runtime.scenarios.reading import read_scenarios

    assert read_scenarios(named).compiled.hash == read_scenarios(beside).compiled.hash


# The schema, for editors.


def nodes(schema):
    yield schema
    for key in ("then", "else", "items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from nodes(schema[key])
    for group in ("properties", "definitions"):
        for inner in schema.get(group, {}).values():
            yield from nodes(inner)


SCHEMA = json.loads(schema_text())


def test_the_schema_is_one_and_describes_every_property():
    Draft7Validator.check_schema(SCHEMA)

    described = [p for node in nodes(SCHEMA) for p in node.get("properties", {}).values()]
    assert len(described) > 30
    for node in described:
        target = SCHEMA["definitions"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node
        assert node.get("description") or target.get("description")


def test_every_key_and_every_code_is_in_the_reference():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "scenarios.md").read_text(encoding="utf-8")
    keys = {key for node in nodes(SCHEMA) for key in node.get("properties", {})}

    assert {key for key in keys if f"`{key}`" not in page} == set()
    assert all(f"| {code.code} | {code.title} |" in page for code in CODES.values())


# Editors accept `false` where it means nothing; all else that departs from the shape they find as well.
SHAPELESS = [text for code, text, *_ in WRONG if code < "SAGA707" and "false" not in text]


@pytest.mark.parametrize("text", SHAPELESS)
def test_an_editor_finds_what_departs_from_the_shape(text):
    from sagadsl.language.source import parse

    assert list(Draft7Validator(SCHEMA).iter_errors(parse(text, "x").data))
