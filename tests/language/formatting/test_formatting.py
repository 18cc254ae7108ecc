"""`sagadsl fmt`: one way of writing, in which every word and every comment is still there."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sagadsl.language import formatting
from sagadsl.language.diagnostics import DefinitionError
from sagadsl.language.formatting import CannotFormatError, formatted
from sagadsl.language.load import check
from tests.language.formatting.edits import edited

FILES = [path for path in Path("definitions").glob("*.yaml") if "." not in path.stem]
DEFINITIONS = {path.name: path.read_text(encoding="utf-8") for path in FILES}


def fmt(text):
    """Format a text, twice, since the second time must change nothing."""
    once = formatted(text, "f.yaml")
    assert formatted(once, "f.yaml") == once
    return once


def step(text):
    """A whole definition with one step of these keys, and the lines of that step once it is formatted."""
    lines = fmt("name: x\nsteps:\n  - id: a\n    service: s\n    action: b\n" + text).split("\n")[5:-1]
    return "\n".join(line[4:] for line in lines) + "\n"


def test_keys_come_in_the_order_of_the_schema_and_comments_with_what_they_are_about():
    assert fmt(
        """\
# A refund.

version: "2"   # the second one
name: refund
states:
  # Money goes back.
  pay:
      next: done
      # The bank's own name for it.
      action: transfer
      service: bank

  done: {type: succeed}
  # That is all.
sagadsl: "1.0"
# The end.
"""
    ) == (
        """\
# A refund.

sagadsl: "1.0"
name: refund
version: "2"   # the second one
states:
  # Money goes back.
  pay:
    service: bank
    # The bank's own name for it.
    action: transfer
    next: done

  done: {type: succeed}
  # That is all.
# The end.
"""
    )


def test_the_order_of_states_steps_and_data_is_the_authors():
    text = """\
name: x
input:
  type: object
  properties: {z: {type: string}, a: {type: string}}
labels: {z: "1", a: "2"}
output: {z: 1, a: 2}
states:
  second: {service: s, action: a, payload: {z: 1, action: 2, a: 3}, next: first}
  first: {service: s, action: a, next: end}
  end: {type: succeed}
"""

    assert list(check(fmt(text), "f.yaml")[0].states) == ["second", "first", "end"]
    assert "{z: 1, action: 2, a: 3}" in fmt(text)
    assert "{z: {type: string}, a: {type: string}}" in fmt(text)
    assert "output: {z: 1, a: 2}" in fmt(text)


def test_keys_that_nobody_knows_come_last_in_their_own_order():
    assert fmt("zebra: 1\nsteps: []\nape: 2\nname: x\n") == "name: x\nsteps: []\nzebra: 1\nape: 2\n"


def test_states_are_known_by_their_type():
    assert "{type: choice, choices: [{when: a, next: b}], default: c}" in fmt(
        "name: x\nstates:\n  a: {default: c, choices: [{next: b, when: a}], type: choice}\n"
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("    timeout:    30s   \n", "timeout: 30s\n"),
        ("    timeout:\t30s\n", "timeout: 30s\n"),
        ("    timeout:\n        30s\n", "timeout: 30s\n"),
        ("    timeout : 30s # why\n", "timeout: 30s  # why\n"),
        ("    payload: { a:   1,b : [ 1,2 ],}\n", "payload: {a: 1, b: [1, 2]}\n"),
        ('    payload: {"a":1,"b":{"c":null}}\n', 'payload: {"a": 1, "b": {"c": null}}\n'),
        ("    payload: {c: , a}\n", "payload: {c: , a}\n"),
        ("    payload: [a: 1, {b:  2}]\n", "payload: [a: 1, {b: 2}]\n"),
        ("    payload:\n      - - 1\n        -   2\n", "payload:\n  - - 1\n    - 2\n"),
        ("    payload:\n    - a:  1\n      b: 2\n    -\n      c: 3\n", "payload:\n  - a: 1\n    b: 2\n  - c: 3\n"),
        ("    payload:\n", "payload:\n"),
        ("    payload:\n        a:\n            b:\n", "payload:\n  a:\n    b:\n"),
        ("\n\n\n    timeout: 1\n\n\n    retry: {}\n\n\n", "\ntimeout: 1\n\nretry: {}\n"),
    ],
)
def test_spaces_are_even(given, expected):
    assert step(given) == expected


@pytest.mark.parametrize(
    "text",
    [
        "payload: {a: 1, # one\n  b: 2}\n",
        "payload:\n  # above\n  {a: 1}\n",
        "payload: {\n  # in it\n  a: 1\n  }\n",
        "payload:  # behind\n  # below\n  a: 1  # at its end\n  # after it\n",
        "payload:\n  -  # behind the dash\n    a: 1\n",
        "payload:\n  # of the first\n  - a\n\n  # of the second\n  - b\n",
        "timeout: 1      # aligned\nkind: pivot     # aligned\n",
        "timeout: 1\n  # further in\n",
        "payload: &a  # behind the anchor\n  # below\n  a: 1\n",
    ],
)
def test_comments_stay_where_they_are(text):
    assert sorted(step(below(text, 4)).split("\n")) == sorted(text.split("\n"))


def test_an_anchor_goes_behind_its_key_and_comments_go_below():
    assert step("    payload: # one\n      # two\n      &a # three\n      b: c\n") == (
        "payload: &a  # one\n  # two\n  # three\n  b: c\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "|\n  as it\n\n    stands\n",
        "|+\n  kept\n\n\n",
        "|-\n  no break\n",
        ">2\n    two more\n  folded\n",
        "|2-\n    two more\n",
        '"in quotes \\\n  over lines\\ \n  and more"\n',
        "plain over\n  lines\n\n  and more\n",
        "'single\n  quotes'\n",
        "&anchor |\n  with an anchor\n",
    ],
)
@pytest.mark.parametrize("depth", [4, 6])
def test_long_texts_keep_their_words_their_style_and_their_breaks(text, depth):
    given = f"name: x\nsteps:\n  -{' ' * (depth - 3)}id: a\n{' ' * depth}service: s\n{' ' * depth}action: b\n"
    given += below(f"description: {text}", depth) + below("timeout: 1\n", depth)

    assert below(f"description: {text}", 4) in fmt(given)


def below(text, depth):
    """The lines of a text further in."""
    return "".join(f"{' ' * depth}{line}\n" if line else "\n" for line in text.split("\n")[:-1])


def test_a_break_inside_brackets_is_the_authors():
    text = "payload: {a: 1, b: 2,\n\n  c: [1,\n    2]}\n"

    assert step(below(text, 4)) == text
    assert step(below(text.replace("\n\n", "  \n\n \n\n"), 4)) == text


def test_entries_in_lines_of_their_own_come_in_order_and_those_that_share_lines_do_not():
    own = 'name: x\nsteps: [\n  {"service": "s",\n   "id": "a",\n   "action": "b"}\n  ]\n'
    shared = 'name: x\nsteps: [\n  {"service": "s", "id": "a",\n   "action": "b"}\n  ]\n'

    assert fmt(own) == 'name: x\nsteps: [\n  {"id": "a",\n   "service": "s",\n   "action": "b"}\n  ]\n'
    assert fmt(shared) == shared


def test_anchors_stand_before_their_aliases():
    moved = fmt("states:\n  a: {next: b, action: c, service: &s d}\n  b: {type: succeed, description: *s}\nname: x\n")
    kept = "name: x\nsteps:\n  - id: a\n    action: &word s\n    service: *word\n"

    assert moved.startswith("name: x\nstates:\n  a: {service: &s d, action: c, next: b}\n")
    assert fmt(kept) == kept


def test_an_anchor_that_is_given_again_keeps_its_place():
    text = "name: x\nsteps:\n  - id: &w a\n    action: &w b\n    service: s\n    payload: *w\n"

    assert check(fmt(text), "f")[0].states["a"].payload == "b"


def test_merge_keys_come_first():
    text = "steps:\n  - &base {action: a, id: one, service: s}\n  - {id: two, <<: *base}\nname: x\n"

    assert "  - {<<: *base, id: two}\n" in fmt(text)
    assert step('    payload: {a: 1, "<<": 2}\n') == 'payload: {a: 1, "<<": 2}\n'


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("name: x\r\nsteps: []\r\n", "name: x\nsteps: []\n"),
        ("\ufeffname: x\nsteps: []\n", "name: x\nsteps: []\n"),
        ("name: x\nsteps: []", "name: x\nsteps: []\n"),
        ("\n\n\nname: x\nsteps: []\n\n\n", "name: x\nsteps: []\n"),
        ("%YAML 1.2\n---\nname: x\nsteps: []\n...\n", "%YAML 1.2\n---\nname: x\nsteps: []\n...\n"),
        ("  name: x\n  steps: []\n", "name: x\nsteps: []\n"),
        ('{"steps":[],"name":"x"}', '{"name": "x", "steps": []}\n'),
        ("name: x\nlabels: {a: 'b\u2028c', d: \"\\ud83d\\ude00\"}\nsteps: []\n", None),
    ],
)
def test_the_ends_of_a_file(given, expected):
    assert fmt(given) == (given if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("? name\n: x\nsteps: []\n", "line 1: a key is written in an unusual way"),
        ("--- {name: x, steps: []}\n", "line 1: the definition begins behind something else"),
        ("name: x\nsteps: []\ndescription: |\n  no break", "the block of text at its end has no last line break"),
    ],
)
def test_what_nobody_writes_is_left_alone_with_a_word_of_why(text, said):
    with pytest.raises(CannotFormatError, match=re.escape(said)):
        formatted(text, "f.yaml")


def test_what_is_no_yaml_is_not_touched():
    with pytest.raises(DefinitionError) as caught:
        formatted("name: [x\n", "f.yaml")

    assert caught.value.diagnostics[0].code == "SAGA105"


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("name: [", "could not be read"),
        ("name: x\nsteps: [{id: a, service: s, action: c, kind: read_only}]\n", "its data"),
        ("name: x\nsteps: [{id: a, service: s, action: '1', kind: read_only}]\n", "its data"),
    ],
)
def test_a_mistake_of_the_formatter_would_not_reach_the_file(monkeypatch, result, said):
    monkeypatch.setattr(formatting, "laid_out", lambda _: result)

    with pytest.raises(CannotFormatError, match=said):
        formatted("name: x\nsteps: [{id: a, service: s, action: b, kind: read_only}]\n", "f.yaml")


def test_the_order_of_states_is_part_of_what_is_compared(monkeypatch):
    one, other = "a: {type: succeed}", "b: {service: s, action: t, kind: read_only, next: a}"
    monkeypatch.setattr(formatting, "laid_out", lambda _: f"name: x\nstart: b\nstates:\n  {one}\n  {other}\n")

    with pytest.raises(CannotFormatError, match="the definition would not be the same"):
        formatted(f"name: x\nstart: b\nstates:\n  {other}\n  {one}\n", "f.yaml")


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_the_shipped_definitions_keep_their_comments_and_their_meaning(name):
    text = DEFINITIONS[name]

    assert comments(fmt(text)) == comments(text)
    assert repr(check(fmt(text), name)[0]) == repr(check(text, name)[0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edited(list(DEFINITIONS.values())))
def test_whatever_the_spaces_the_order_and_the_comments(text):
    result = fmt(text)

    assert repr(check(result, "f.yaml")[0]) == repr(check(text, "f.yaml")[0])
    assert comments(result) == comments(text)
    assert not re.search(r"[ \t]$|\n\n\n", result, re.MULTILINE)


def comments(text):
    return Counter(re.findall(r"(?:^|\s)(#.*?)\s*$", text, re.MULTILINE))
