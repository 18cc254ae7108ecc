"""Where sensitive values go: into which outputs a saga copies them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.load import reload
from sagadsl.language.sensitivity import Sensitivity


def copies(expression: str) -> list[str]:
    """Where the outputs of a saga have what is sensitive, when a `pass` gives `x` with this text."""
    text = f"""
name: x
input:
  type: object
  properties:
    card: {{type: object, properties: {{number: {{type: string}}, cvv: {{type: string}}}}}}
    name: {{type: string}}
    people: {{type: array, items: {{type: object, properties: {{iban: {{type: string}}, city: {{type: string}}}}}}}}
sensitive: [input.card.number, input.people.iban]
states:
  p: {{type: pass, output: {{x: {expression}}}, next: z}}
  z: {{type: succeed}}
"""
    return paths(text)


def paths(text: str) -> list[str]:
    found = Sensitivity(reload(text)).paths
    return sorted(".".join(path) for path in found if path[0] != "input")


@pytest.mark.parametrize(
    "expression",
    [
        '"${input.card.number}"',
        '"paid by ${input.card.number}"',
        '"${(input.card.number)}"',
        "\"${has(input.card.number) ? input.card.number : ''}\"",
        "\"${has(input.name) ? '' : has(input.card.number) ? input.card.number : 'none'}\"",
        "\"${'no. ' + input.card.number}\"",
        '"${string(input.card.number)}"',
        "\"${input['card'].number}\"",
        '["${input.card.number}"]',
        '"${[input.card.number]}"',
        '"${input.people.map(p, p.iban)}"',
        "\"${input.people.filter(p, p.city != '').map(p, p.city != 'x', p.iban)}\"",
        '"${input.people.map(p, input.card.number)}"',
    ],
)
def test_a_value_that_is_handed_on_is_sensitive_there(expression):
    assert copies(expression) == ["states.p.output.x"]


@pytest.mark.parametrize(
    "expression",
    [
        '"${input.name}"',
        '"${has(input.card.number)}"',
        '"${size(input.card.number)}"',
        "\"${input.card.number == '1' ? 'a' : 'b'}\"",
        "\"${input.card.number.startsWith('4')}\"",
        '"${input.card.cvv}"',
        '"${input.people.map(p, p.city)}"',
        '"${input.people.map(p, size(p.iban))}"',
        "\"${input.people.map(p, {'city': p.city, p.iban: 1})}\"",
        "\"${input.people.filter(p, p.city != '').map(p, p.city)}\"",
        "\"${input.people.map(p, p.iban != '')}\"",
        '"$${input.card.number}"',
    ],
)
def test_what_is_made_of_a_value_is_not(expression):
    assert copies(expression) == []


def test_of_a_whole_only_the_part_is_sensitive():
    assert copies('"${input.card}"') == ["states.p.output.x.number"]
    assert copies('"${input.people}"') == ["states.p.output.x.iban"]
    assert copies("\"${input.people.filter(p, p.city != '')}\"") == ["states.p.output.x.iban"]
    assert copies('{a: {b: "${input.card}"}}') == ["states.p.output.x.a.b.number"]
    assert copies('"all: ${input.card}"') == ["states.p.output.x"]
    assert copies("\"${{'a': [{'b': input.card}], 'c': 1}}\"") == ["states.p.output.x.a.b.number"]
    assert copies("\"${input.people.map(p, {'to': p.iban, 'city': p.city})}\"") == ["states.p.output.x.to"]
    assert copies('"${input.people.map(p, p)}"') == ["states.p.output.x.iban"]
    assert copies("\"all: ${input.people.map(p, {'to': p.iban})}\"") == ["states.p.output.x"]


def test_values_are_followed_through_branches_and_bodies_to_the_saga_s_own_output():
    assert paths("""
name: x
sensitive: [input.people.iban, states.code.output]
states:
  code: {type: wait, signal: code, timeout: 1h, next: each}
  each:
    type: map
    items: input.people
    as: person
    states:
      a: {type: pass, output: {to: "${person}"}, next: b}
      b: {type: succeed, output: "${states.a.output.to.iban}"}
    next: both
  both:
    type: parallel
    branches:
      l: {states: {l1: {type: succeed, output: {c: "${signals.code}"}}}}
      r: {states: {r1: {type: succeed, output: {c: "${saga.id}"}}}}
    next: z
  z: {type: succeed, output: {ibans: "${states.each.output}", code: "${states.both.output.l.c}"}}
""") == [
        "output.code",
        "output.ibans",
        "states.a.output.to.iban",
        "states.both.output.l.c",
        "states.code.output",
        "states.each.output",
    ]


def test_an_output_that_a_cycle_wraps_up_in_itself_comes_to_be_sensitive_as_a_whole():
    assert paths("""
name: x
sensitive: [states.first.output.pin]
states:
  first: {type: pass, output: {pin: "1"}, next: p}
  p: {type: pass, output: {a: "${states.first.output}", b: "${states.p.output}"}, next: again}
  again: {type: choice, choices: [{when: "saga.id == ''", next: p}], default: z}
  z: {type: succeed}
""") == ["states.first.output.pin", "states.p.output"]


ORIGINS = """
name: x
states:
  ask: {service: s, action: a, kind: read_only, next: p}
  p: {type: pass, output: {said: "4711", n: "${size(input.n)}", x: "${input.x}", in: {y: "${states.ask.output.y}"}}, next: q}
  q: {type: pass, output: {all: "${states.p.output}", again: "${states.q.output.again.more}"}, next: z}
  z: {type: succeed}
"""


@pytest.mark.parametrize(
    ("place", "origins"),
    [
        ("input.x", ["input.x"]),
        ("states.ask.output.y.z", ["states.ask.output.y.z"]),
        ("states.p.output.x.a", ["input.x.a"]),
        ("states.p.output.said", []),
        ("states.p.output.n", []),
        ("states.q.output.all.in", ["states.ask.output.y"]),
        ("states.q.output", ["input.x", "states.ask.output.y"]),
        ("states.q.output.again", []),
    ],
)
def test_a_value_is_followed_back_to_where_it_came_into_the_saga(place, origins):
    found = Sensitivity(reload(ORIGINS)).origins(tuple(place.split(".")))

    assert sorted(".".join(path) for path in found) == origins


@given(st.text(alphabet="input.card()?:+'\"$ {}[],", max_size=40))
def test_any_text_at_all_can_be_followed(text):
    definition = reload("name: x\nsensitive: [input.card]\nstates: {z: {type: succeed}}\n")

    assert all(copy.source for copy, _ in Sensitivity(definition).within({"x": "${" + text + "}"}))
