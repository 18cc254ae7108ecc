"""`sagadsl expand`: the same saga, written out."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.expand import expand
from sagadsl.language.formatting import formatted
from sagadsl.language.load import check
from sagadsl.language.source import parse
from sagadsl.machine.compiler import compile_saga

DEFINITIONS = [path for path in sorted(Path("definitions").glob("*.yaml")) if not path.stem.endswith(".scenarios")]


def expanded(text):
    """Expand a text, and check that it means the same."""
    definition, found = check(text, "f.yaml")
    assert definition is not None, found
    result = expand(parse(text, "f.yaml").data, definition)
    again = check(result, "f.yaml")[0]
    assert repr(again) == repr(definition)
    assert again == definition
    return result


def test_steps_become_states_that_lead_to_each_other():
    text = """\
name: x
steps:
  - {id: a, service: s, action: t, compensation: u}
  - {id: done, type: pass, output: {x: 1}}
"""

    assert expanded(text) == (
        """\
name: x

states:
  a:
    service: s
    action: t
    compensation: u
    next: done

  done:
    type: pass
    output:
      x: 1
    next: done_2

  done_2:
    type: succeed
"""
    )


def test_anchors_and_merge_keys_become_what_they_stand_for():
    text = """\
name: x
defaults: {retry: &r {max_attempts: 2, initial_delay: 1s}}
steps:
  - &base {id: a, service: s, action: t, kind: read_only, retry: {<<: *r, max_attempts: 5}}
  - {<<: *base, id: b, payload: &p {list: [1, 2]}}
  - {<<: *base, id: c, payload: *p}
"""
    result = expanded(text)

    assert not {"&", "*", "<<"} & set(result.split())
    states = yaml.safe_load(result)["states"]
    assert states["b"]["payload"] == states["c"]["payload"] == {"list": [1, 2]}
    assert states["a"]["retry"] == {"max_attempts": 5, "initial_delay": "1s"}


def test_branches_and_bodies_become_states_as_well():
    text = """\
name: x
input: {type: object, required: [list], properties: {list: {type: array, items: {type: string}}}}
states:
  both:
    type: parallel
    branches:
      left: {steps: [{id: l, service: s, action: t, kind: read_only}]}
      right:
        states:
          r: {type: map, items: input.list, steps: [{id: m, service: s, action: t, kind: read_only}], next: r_end}
          r_end: {type: succeed}
    next: end
  end: {type: succeed}
"""
    result = expanded(text)

    assert "steps" not in result
    left = yaml.safe_load(result)["states"]["both"]["branches"]["left"]["states"]
    assert next(iter(left)) == "l"
    assert left["l"]["next"] == list(left)[1]


def test_defaults_are_not_filled_in():
    result = expanded("name: x\ndefaults: {timeout: 5s}\nsteps: [{id: a, service: s, action: t, kind: read_only}]\n")

    assert result.count("timeout") == 1
    assert "retry" not in result
    assert "version" not in result


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_the_shipped_definitions_compile_to_the_same_machines(path):
    text = path.read_text(encoding="utf-8")
    result = expanded(text)

    machines = [compile_saga(check(each, "f.yaml")[0]).describe() for each in (text, result)]
    assert machines[0] == machines[1]
    assert formatted(result, "f.yaml") == result
    assert expanded(result) == result


WORDS = st.sampled_from(["on", "010", "1e3", "0o17", "12:30", "null", "~", "", "a: b", "# c", "- d", "two\nlines\n", "9" * 80, ".inf", "\u2028", "\x85", "é\U0001f600", " lead", "trail ", "${input.x}", "{", "<<", "=", "!t", "\t", "long " * 60])  # fmt: skip
DATA = st.recursive(
    WORDS
    | st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@given(DATA)
def test_data_of_any_kind_come_back_as_they_were(value):
    definition, _ = check("name: x\nsteps: [{id: a, service: s, action: t, kind: read_only}]\n", "f.yaml")
    data = {"name": "x", "output": value, "states": {"a": {"type": "succeed"}, "done": {"type": "succeed"}}}

    again = parse(expand(data, definition), "f.yaml").data

    assert repr(again["output"]) == repr(value)
