import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagadsl.language.definition import Definition
from sagadsl.language.diagnostics import DefinitionError, render_text, to_json
from sagadsl.language.load import check, load

ORDER = """\
sagadsl: "1.0"
name: order
input:
  type: object
  required: [amount]
  properties:
    amount: {type: number, exclusiveMinimum: 0}
defaults:
  retry: &retry {max_attempts: 3, initial_delay: 1s}
start: reserve
states:
  reserve:
    service: inventory
    action: reserve
    payload:
      amount: ${input.amount}
    compensation: release
    next: check_amount
  check_amount:
    type: choice
    choices:
      - when: input.amount > 1000.0
        next: refuse
    default: charge
  charge:
    service: payment
    action: charge
    kind: pivot
    payload: {amount: "${input.amount}", currency: USD}
    retry: {<<: *retry, on: [GatewayTimeout]}
    catch: [{errors: [Declined], next: refuse}]
    next: done
  refuse: {type: fail, error: Refused, message: 'it''s too much'}
  done:
    type: succeed
    output: {id: "${states.charge.output.id}"}
"""

STEPS = """\
{"name": "order", "timeout": 300, "steps": [
  {"id": "reserve", "service": "inventory", "action": "reserve", "compensation": "release"},
  {"id": "charge", "service": "payment", "action": "charge", "kind": "pivot", "payload": {"n": "${input.n}"}}
]}
"""

REGIONS = """\
name: trip
input: {type: object, required: [towns], properties: {towns: {type: array, items: {type: string}}}}
states:
  book:
    type: parallel
    branches:
      left:
        states:
          look: {service: maps, action: look, kind: read_only, next: home}
          home: {type: succeed}
      right:
        steps:
          - {id: hotels, type: map, items: input.towns, steps: [{id: hotel, service: h, action: b, compensation: c}]}
    next: done
  done: {type: succeed}
"""


def refused(source):
    with pytest.raises(DefinitionError) as caught:
        load(source)
    return caught.value


def test_a_text_is_loaded():
    assert load(ORDER).start == "reserve"
    assert load(ORDER).file == "<text>"
    assert list(load(STEPS).states) == ["reserve", "charge", "done"]


def test_a_file_is_loaded_by_its_path(tmp_path):
    file = tmp_path / "order.yaml"
    plain = tmp_path / "order"
    for each in (file, plain):
        each.write_text(ORDER, encoding="utf-8")

    assert load(file) == load(str(file)) == load(str(plain)) == load(ORDER)
    assert load(str(file)).file == str(file)


def test_a_name_that_ends_as_a_file_does_is_a_file():
    assert [d.code for d in refused("missing.yaml").diagnostics] == ["SAGA101"]
    assert [d.code for d in refused(Path("name: x")).diagnostics] == ["SAGA101"]


@pytest.mark.parametrize("text", ["name: x", "x" * 100_000, "a\0b", "", "{}", "~"])
def test_a_string_that_names_no_file_is_a_text(text):
    assert refused(text).diagnostics[0].place.file == "<text>"


def test_a_folder_is_refused(tmp_path):
    assert "folder" in str(refused(tmp_path))


def test_the_error_shows_the_lines_in_question(tmp_path):
    file = tmp_path / "order.yaml"
    file.write_text("\ufeff" + ORDER.replace("next: done", "nxt: done"), encoding="utf-8")
    error = refused(file)

    assert "32 |     nxt: done\n   |     ^^^" in str(error)
    assert f"{file}:32:5: error: unknown key 'nxt' in state 'charge' [SAGA201]" in str(error)


def test_warnings_alone_do_not_refuse():
    text = "name: x\nsteps: [{id: a, service: s, action: t}, {id: b, service: s, action: t, kind: pivot}]\n"
    definition, found = check(text, "f")
    assert isinstance(definition, Definition)
    assert [(diagnostic.code, diagnostic.severity) for diagnostic in found] == [("SAGA502", "warning")]
    assert load(text) == definition


def test_a_warning_stands_beside_the_error():
    text = ORDER.replace("    compensation: release\n", "").replace(
        "[Declined], next: refuse", "[Declined], next: nowhere"
    )
    assert {d.code for d in refused(text).diagnostics} >= {"SAGA301", "SAGA502"}


def test_an_unknown_key_hides_no_dangling_transition():
    text = ORDER.replace("start: reserve", "strat: reserve").replace("default: charge", "default: chrage")
    assert [d.code for d in refused(text).diagnostics] == ["SAGA201", "SAGA301"]


def test_a_key_that_is_left_out_accuses_nobody_else():
    text = ORDER.replace("    compensation: release", "    compensaton: release")
    assert [d.code for d in refused(text).diagnostics] == ["SAGA201"]

    lost = ORDER.replace("  refuse: {type: fail,", "  refuse: {type: fial,")
    assert [d.code for d in refused(lost).diagnostics] == ["SAGA205"]


def test_a_key_that_is_left_out_inside_a_branch_hides_nothing_and_accuses_nobody_else():
    misspelt = REGIONS.replace("kind: read_only", "knd: read_only")
    assert [d.code for d in refused(misspelt).diagnostics] == ["SAGA201"]
    assert [d.code for d in refused(misspelt.replace("next: home", "next: hone")).diagnostics] == ["SAGA201", "SAGA301"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("left:", "le ft:", "SAGA207"),
        ("states:\n          look", "sates:\n          look", "SAGA201"),
        ("look: {", "lo ok: {", "SAGA207"),
    ],
)
def test_where_states_are_lost_nothing_is_said_of_what_leads_to_them(old, new, code):
    broken = REGIONS.replace("next: home", "next: hone").replace(old, new, 1)
    codes = {d.code for d in refused(broken).diagnostics}
    assert code in codes
    assert "SAGA301" not in codes


def test_a_comment_silences_a_warning_and_no_error():
    text = "name: x\nsteps: [{id: a, service: s, action: t},  # sagadsl: ignore=SAGA502\n  {id: b, service: s, action: t, kind: pivot}]\n"
    definition, found = check(text, "f")
    assert found == []
    assert load(text) == definition

    (error,) = refused(text.replace("action: t}", "action: t, on_failure: x}")).diagnostics
    assert error.code == "SAGA204"


def test_diagnostics_come_in_the_order_of_the_text():
    places = [d.place for d in refused(ORDER.replace("next:", "nxt:").replace("name:", "nme:")).diagnostics]
    assert places == sorted(places)
    assert len(places) > 3


# Whatever comes


def total(text):
    """What holds for any text at all."""
    definition, found = check(text, "f")
    assert (definition is None) == any(diagnostic.severity == "error" for diagnostic in found)
    lines = text.count("\n") + text.count("\r") + 1
    for diagnostic in found:
        place = diagnostic.place
        assert 1 <= place.line <= place.end_line <= lines
        assert place.column >= 1
        assert (place.line, place.column) <= (place.end_line, place.end_column)
    render_text(found, {"f": text})
    json.dumps(to_json(found))
    if definition is None:
        error = refused(text + "\n")  # with a line feed, so that no text is taken for a path
        assert error.diagnostics
        assert str(error)
    else:
        assert load(text + "\n").name == definition.name


@given(st.text())
def test_any_text_is_a_definition_or_refused(text):
    total(text)


@given(st.text(alphabet=st.sampled_from(" \n\t-:{}[]\"'#&*!|>%@`,?<$ab01.~\\é😀\u2028\r"), max_size=60))
def test_any_text_of_the_characters_that_yaml_knows_is_refused(text):
    total(text)


@given(st.binary())
def test_any_bytes_in_a_file_are_a_definition_or_refused(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("bytes") / "a.yaml"
    file.write_bytes(data)
    with pytest.raises(DefinitionError):
        load(file)


FRAGMENTS = [
    "${", "}", "${input.amount}", "null", "[]", "{}", "&a ", "*a", "*retry", "!!str ", "\t", "---\n", "<<: *retry\n",
    "next: done\n", "type: wait\n", "'", '"', "|", "x" * 200, "\x00", "\u202e", "1e999", "-1", "0", "true", ": ",
    "steps: []\n", "when: 1\n", "${states.done.output}", "kind: pivot\n", "input: {$ref: '#'}\n",
]  # fmt: skip


@st.composite
def mutated(draw):
    text = draw(st.sampled_from([ORDER, STEPS, REGIONS]))
    for _ in range(draw(st.integers(1, 4))):
        text = draw(st.sampled_from([in_lines, in_characters, in_words]))(draw, text)
    return text


def in_lines(draw, text):
    lines = text.splitlines(keepends=True) or [""]
    first, second = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    match draw(st.sampled_from(["delete", "repeat", "swap", "indent"])):
        case "delete":
            del lines[first]
        case "repeat":
            lines.insert(second, lines[first])
        case "swap":
            lines[first], lines[second] = lines[second], lines[first]
        case "indent":
            lines[first] = draw(st.sampled_from([" ", "  ", "\t"])) + lines[first]
    return "".join(lines)


def in_characters(draw, text):
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.integers(0, 3)))
    return text[:start] + draw(st.sampled_from(FRAGMENTS) | st.text(max_size=3)) + text[end:]


def in_words(draw, text):
    """Put one word of the text, or a fragment, in the place of another."""
    words = text.split(" ")
    index = draw(st.integers(0, len(words) - 1))
    words[index] = draw(st.sampled_from(words) | st.sampled_from(FRAGMENTS))
    return " ".join(words)


@settings(max_examples=300)
@given(mutated())
def test_any_mutation_of_a_definition_is_a_definition_or_refused(text):
    total(text)


def many(count):
    states = "".join(
        f"  s{i}: {{service: a, action: b, compensation: c, payload: {{x: '${{input.n}}'}}, next: s{i + 1}}}\n"
        for i in range(count)
    )
    return f"name: x\ninput: {{required: [n], properties: {{n: {{type: integer}}}}}}\nstates:\n{states}  s{count}: {{type: succeed}}\n"


def test_a_thousand_states_are_checked():
    definition, found = check(many(1_000), "f")
    assert found == []
    assert len(definition.states) == 1_001
