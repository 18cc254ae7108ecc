import json

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from sagadsl.language import source
from sagadsl.language.diagnostics import DefinitionError
from sagadsl.language.scalar_places import value_spans
from sagadsl.language.source import parse, read_text


def data(text):
    return parse(text, "f").data


def errors(text):
    with pytest.raises(DefinitionError) as caught:
        parse(text, "f")
    return caught.value.diagnostics


def the_error(text):
    (diagnostic,) = errors(text)
    return diagnostic


def at(diagnostic):
    return diagnostic.place.line, diagnostic.place.column


# What the text says


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("12:30", "12:30"),
        ("2024-01-31", "2024-01-31"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("0X1F", "0X1F"),
        ("010", 10),
        ("-7", -7),
        ("+7", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-2.5E-1", -0.25),
        (".", "."),
        ("1e", "1e"),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ('"true"', "true"),
    ],
)
def test_a_scalar_is_read_as_yaml_1_2_reads_it(written, value):
    found = data(f"a: {written}")["a"]
    assert found == value
    assert type(found) is type(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=9), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.text(min_size=1, alphabet="abc"), json_values, min_size=1), st.sampled_from([None, 2]))
def test_json_is_yaml(value, indent):
    assert data(json.dumps(value, ensure_ascii=True, indent=indent)) == value


def test_anchors_aliases_and_merge_keys_work_and_own_keys_win():
    text = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: *a, x: 9}\nd: {<<: [*a, *b]}\ne: *a\nk: &k name\n*k : 5\n"
    assert data(text) == {
        "a": {"x": 1, "y": 2},
        "b": {"y": 3, "z": 4},
        "c": {"x": 9, "y": 2},
        "d": {"x": 1, "y": 2, "z": 4},
        "e": {"x": 1, "y": 2},
        "k": "name",
        "name": 5,
    }


def test_a_quoted_merge_key_is_a_key():
    assert data('{"<<": 1}') == {"<<": 1}


def test_an_empty_line_break_of_unicode_is_no_line_break():
    document = parse("a: x\u2028y\nb: 'p\x85q'\nc: 1\n", "f")
    assert document.data == {"a": "x\u2028y", "b": "p\x85q", "c": 1}
    assert document.place(("c",), "key").line == 3


def test_both_parsers_read_the_same(monkeypatch):
    text = "\ufeff# 😀\na: &x [1, 'it''s', \"\\u263a\"]\nb: {<<: {q: 1}, c: *x}\nd: |+\n  e\n\n"
    fast = parse(text, "f")
    monkeypatch.setattr(source, "_parser", yaml.BaseLoader)
    slow = parse(text, "f")
    assert slow.data == fast.data == {"a": [1, "it's", "☺"], "b": {"q": 1, "c": [1, "it's", "☺"]}, "d": "e\n\n"}
    assert [slow.place(path) for path in (("a", 1), ("b", "c"))] == [fast.place(p) for p in (("a", 1), ("b", "c"))]


# Where it stands


def test_every_node_has_a_place_and_an_unknown_path_that_of_its_ancestor():
    document = parse("# 😀\nstates:\n  charge:\n    next: ship\n    on: [a, {b: c}]\n", "f")

    def place(path, part="value"):
        found = document.place(path, part)
        return found.line, found.column, found.end_line, found.end_column

    assert place(("states", "charge"), "key") == (3, 3, 3, 9)
    assert place(("states", "charge", "next")) == (4, 11, 4, 15)
    assert place(("states", "charge", "on", 1)) == (5, 13, 5, 19)
    assert place(("states", "charge", "on", 1, "b")) == (5, 17, 5, 18)
    assert place(("states", "charge")) == (4, 5, 5, 20)
    assert place(("states", "charge", "nowhere", 3), "key") == place(("states", "charge"), "key")
    assert place(("states", "charge", "on", 7)) == place(("states", "charge", "on"))
    assert place(()) == (2, 1, 5, 20)


def start_of(place):
    return place.line, place.column


def test_an_anchored_value_is_where_its_text_is_and_its_use_is_where_the_alias_is():
    document = parse("a: &x   # why\n  name\nb: *x\n", "f")
    assert start_of(document.place(("a",))) == (2, 3)
    assert start_of(document.place(("b",))) == (3, 4)


def test_what_stands_inside_an_aliased_value_is_where_its_text_is():
    document = parse("a: &x {c: one, d: [two]}\nb: *x\ne: {<<: *x}\n", "f")
    assert start_of(document.place(("b",))) == (2, 4)
    for path in (("c",), ("d", 0)):
        assert document.place(("b", *path)) == document.place(("e", *path)) == document.place(("a", *path))


def test_the_characters_of_an_aliased_text_are_those_at_its_anchor():
    document = parse("a: &x 'it''s'\nb: *x\nc: {d: *x}\n", "f")
    for path in (("a",), ("b",), ("c", "d")):
        place = document.place_in_scalar(path, 3, 4)
        assert (start_of(place), place.end_column) == ((1, 12), 13)


def in_source(document, path, start, end):
    place = document.place_in_scalar(path, start, end)
    lines = document.text.split("\n")
    assert place.line == place.end_line
    return lines[place.line - 1][place.column - 1 : place.end_column - 1]


@pytest.mark.parametrize(
    "text",
    [
        "a: x ${input.b} y",
        "a: 'it''s ${input.b}'",
        'a: "\\"\\t\\u263a ${input.b}"',
        "a:\n  long text\n  ${input.b}\n\n  end",
        'a: "long \\\n    text\n\n   ${input.b}"',
        "a: |\n  first\n   ${input.b}\n",
        "a: |2-\n   first\n  ${input.b}\n",
        "a: >+\n\n  first\n  second\n\n    kept\n  ${input.b}\n\n",
        "a: >\n  😀 ${input.b}\n  more\nb: 1",
        "a: &anchor '${input.b}'",
    ],
)
def test_a_part_of_a_text_is_found_in_its_source_however_it_is_written(text):
    document = parse(text, "f")
    start = document.data["a"].index("input.b")
    assert in_source(document, ("a",), start, start + 7) == "input.b"


def test_a_place_in_what_is_no_text_is_that_of_the_value():
    document = parse("a: 12\nb: ''", "f")
    assert document.place_in_scalar(("a",), 0, 1) == document.place(("a",))
    assert document.place_in_scalar(("b",), 0, 1) == document.place(("b",))


ESCAPES = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\"}
words = st.text(alphabet=st.sampled_from("ab #:'\"\\é価😀${}\n\t-"), max_size=30) | st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=20
)


@given(words, st.sampled_from([None, "'", '"', "|", ">"]), st.integers(1, 40), st.booleans(), st.booleans())
def test_each_character_of_a_value_has_a_place_with_that_character(value, style, width, unicode, windows):
    text = yaml.safe_dump({"k": [value, "x"]}, default_style=style, width=width, allow_unicode=unicode)
    text = text.replace("\n", "\r\n") if windows else text
    try:
        document = parse(text, "f")
    except DefinitionError:
        assume(False)  # e.g. a dumped control character
    found = document.data["k"][0] if "k" in document.data else None
    assume(found == value)  # PyYAML dumps for YAML 1.1, where U+2028 folds
    node = document._root.children["k"][1].children[0]

    spans = value_spans(document.text, node.start, node.end, node.style, value)

    assert spans is not None
    assert "".join(character for character, _, _ in spans) == value
    starts = [start for _, start, _ in spans]
    for (character, start, end), following in zip(spans, [*starts, len(text)][1:], strict=True):
        written = document.text[start:end]
        assert node.start <= start < end <= following
        assert written == character or written[0] in "\\'\r\n \t" or written in ESCAPES


# What is wrong with it


@pytest.mark.parametrize(
    ("text", "code", "where", "says"),
    [
        ("", "SAGA104", (1, 1), "no definition"),
        ("# only a comment\n", "SAGA104", (1, 1), "no definition"),
        ("---\n", "SAGA104", (1, 1), "no definition"),
        ("a: [1,\nb: 2\n", "SAGA105", (1, 4), "'[' that opens here is not closed"),
        ("a: {b: 1", "SAGA105", (1, 4), "'{' that opens here is not closed"),
        ("a: ['x' 1]", "SAGA105", (1, 9), "a ',' or ']' is expected"),
        ("a: 'x\n", "SAGA105", (1, 4), "quote that opens here is never closed"),
        ("a: input.x ? b : c", "SAGA105", (1, 16), "second ':'"),
        ("a: b: c", "SAGA105", (1, 5), "second ':'"),
        ("a: 1\n  b: 2", "SAGA105", (2, 4), "no key can stand here"),
        ("a: b\n c\nd\n", "SAGA105", (3, 1), "':' is missing"),
        ('a: "x" == y', "SAGA105", (1, 8), "value ended before '='"),
        ("a:\n  - b\n c: 1", "SAGA105", (3, 2), "a key is expected here"),
        ("a:\n - b\n c: 1", "SAGA105", (3, 2), "an item of the list"),
        ("a: @x", "SAGA105", (1, 4), "cannot begin with '@'"),
        ('a: "\\q"', "SAGA105", (1, 5), "backslash means nothing"),
        ("a: - b", "SAGA105", (1, 4), "list cannot begin here"),
        ("a: ]", "SAGA105", (1, 4), "value is expected here, not ']'"),
        ("%YAML 2.0\n---\na: 1", "SAGA105", (1, 1), "another YAML"),
        ("a:\n\tb: 1", "SAGA106", (2, 1), "a tab; YAML is indented with spaces"),
        ("a:\n  b: 1\n\tc: 2", "SAGA106", (3, 1), "a tab"),
        ("a: |\n\tb", "SAGA106", (2, 1), "a tab"),
        ("a: 1\nb: 2\na: 3", "SAGA107", (3, 1), "the first one is in line 1"),
        ("{a: 1, 'a': 2}", "SAGA107", (1, 8), "given twice"),
        ("1: x", "SAGA108", (1, 1), "the key 1 is not text"),
        ("true: x", "SAGA108", (1, 1), "the key true is not text"),
        ("~: x", "SAGA108", (1, 1), "not text"),
        ("? [a]\n: 1", "SAGA108", (1, 3), "list or a map"),
        ("a: 1\n---\nb: 2", "SAGA109", (2, 1), "second document"),
        ("a: !!str x", "SAGA110", (1, 4), "tag !!str"),
        ("a: &x !t {b: 1}", "SAGA110", (1, 7), "tag !t"),
        ("a: !input.x", "SAGA110", (1, 4), "tag !input.x"),
        ("a: !<x", "SAGA110", (1, 4), "tag"),
        ("a: &x [*x]", "SAGA112", (1, 8), "inside the very value"),
        ("a: *x", "SAGA117", (1, 4), "no anchor &x"),
        ("a: {<<: 1}", "SAGA118", (1, 9), "takes in a map"),
        ("a: 9223372036854775808", "SAGA114", (1, 4), "64 bits"),
        ("a: " + "9" * 5000, "SAGA114", (1, 4), "64 bits"),
        ("a: 1e400", "SAGA114", (1, 4), "too large"),
        ("a: -.inf", "SAGA114", (1, 4), "infinity"),
        ("a: .NaN", "SAGA114", (1, 4), "infinity"),
        ("a: {b: ${input.c}}", "SAGA115", (1, 8), "has to be quoted"),
        ("a: [x${b}y, 1]", "SAGA115", (1, 5), "has to be quoted"),
        ("a: x\x00", "SAGA116", (1, 5), "U+0000"),
        ("a: x\ud800", "SAGA116", (1, 5), "U+D800"),
        ("a: x\x1b", "SAGA116", (1, 5), "U+001B"),
    ],
)
@pytest.mark.parametrize("parser", ["libyaml", "PyYAML"])
def test_each_mistake_has_one_message_at_its_place(text, code, where, says, parser, monkeypatch):
    if parser == "PyYAML":
        monkeypatch.setattr(source, "_parser", yaml.BaseLoader)
    diagnostic = the_error(text)
    assert (diagnostic.code, at(diagnostic)) == (code, where)
    assert says in diagnostic.message


def test_a_directive_is_refused():
    assert "directive" in the_error("%FOO\n---\na: 1").message


def test_half_a_character_is_refused_and_two_halves_are_one():
    assert data('{"a": "\\ud83d\\ude00!"}') == {"a": "😀!"}
    assert in_source(parse('{"a": "\\ud83d\\ude00!"}', "f"), ("a",), 0, 1) == "\\ud83d\\ude00"
    assert the_error('{"a": "\\ud83d!"}').code == "SAGA116"
    assert the_error('{"a": "\\ude00"}').code == "SAGA105"
    assert data("{a: '\\ud83d'}") == {"a": "\\ud83d"}


def test_the_hint_shows_a_template_quoted():
    assert the_error("a: {b: 1, c: ${input.d} and ${e}}").hint == 'write "${input.d} and ${e}"'
    assert the_error('a: [${x["b"]}]').hint == "write '${x[\"b\"]}'"


def test_everything_that_can_be_found_is_reported_at_once():
    codes = [diagnostic.code for diagnostic in errors("a: 1\na: 2\n3: x\nb: !t y\nc: 1e999\nd: *q\ne: [\n")]
    assert codes == ["SAGA107", "SAGA108", "SAGA110", "SAGA114", "SAGA117", "SAGA105"]


def test_a_hundred_levels_are_read_and_one_more_is_refused():
    assert data("a: " + "[" * 99 + "]" * 99)
    assert the_error("a: " + "[" * 100 + "]" * 100).code == "SAGA113"
    assert the_error("[" * 100_000).code == "SAGA113"
    assert the_error("- " * 100_000).code == "SAGA113"


def test_levels_that_aliases_bring_count():
    nested = "\n".join(["a0: &a0 []", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 150))])
    diagnostic = the_error(nested)
    assert diagnostic.code == "SAGA113"
    assert diagnostic.place.line == 100


def test_an_alias_bomb_is_refused_at_the_alias_that_goes_too_far():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    diagnostic = the_error("\n".join(lines))
    assert diagnostic.code == "SAGA111"
    assert diagnostic.place.line == 5


def test_a_long_text_without_aliases_is_no_bomb():
    assert len(data("[" + "1, " * 150_000 + "1]")) == 150_001


def test_a_text_over_one_mebibyte_is_refused():
    assert the_error("# " + "x" * 1_048_576).code == "SAGA103"
    assert the_error("# " + "価" * 400_000).code == "SAGA103"
    assert data("a: 1\n# " + "x" * 1_048_000) == {"a": 1}


# Files


def refused(path):
    with pytest.raises(DefinitionError) as caught:
        read_text(path)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def test_a_file_is_read_without_its_byte_order_mark(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_bytes("\ufeffa: é".encode())
    assert read_text(file) == "a: é"


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    big, latin, wide = tmp_path / "big", tmp_path / "latin", tmp_path / "wide"
    big.write_bytes(b"x" * 1_048_577)
    latin.write_bytes(b"a: 1\nname: caf\xe9\n")
    wide.write_bytes("a: 1".encode("utf-16"))

    assert "no such file" in refused(tmp_path / "missing.yaml").message
    assert "no such file" in refused(big / "below").message
    assert "folder" in refused(tmp_path).message
    assert refused("nul\0.yaml").code == "SAGA101"
    assert refused(big).code == "SAGA103"
    assert (refused(latin).code, at(refused(latin))) == ("SAGA102", (2, 10))
    assert "0xE9" in refused(latin).message
    assert "UTF-16" in refused(wide).message
