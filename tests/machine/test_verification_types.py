"""`verify` knows what `validate` knows: a field that a schema requires is never lacking, wherever it is read."""

import pytest

from sagadsl import compile_saga, load
from sagadsl.language.library import ActionSpec, Catalogue
from sagadsl.machine.verification.vocabulary import Vocabulary
from sagadsl.machine.verify import verify

_ROW = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}, "note": {"type": "string"}}}
_ROWS = {"type": "array", "items": _ROW}
_CATALOGUE = Catalogue("c", {"s": {"first": ActionSpec(output={"type": "object", "properties": {"rows": _ROWS}})}})


def asking(items, condition, name="item"):
    """A saga that asks a condition of each item, and in which nothing can fail but that once its pivot is passed."""
    return load(
        f"""
        name: asking
        input:
          type: object
          required: [rows]
          properties:
            rows: &rows
              type: array
              items:
                type: object
                required: [n]
                properties: {{n: {{type: integer}}, note: {{type: string}}}}
        states:
          first: {{service: s, action: first, kind: pivot, next: made}}
          made: {{type: pass, output: {{rows: "${{input.rows}}", plain: [{{n: 1}}]}}, next: each}}
          each:
            type: map
            items: {items}
            as: {name}
            start: ask
            states:
              ask: {{type: choice, choices: [{{when: "{condition}", next: fits}}], default: other}}
              fits: {{type: succeed}}
              other: {{type: succeed}}
            next: end
          end: {{type: succeed}}
        """
    )


@pytest.mark.parametrize(
    ("items", "condition", "name"),
    [
        ("input.rows", "item.n > 2", "item"),
        ("input.rows", "row.n > 2", "row"),
        ("input.rows", "index > 2", "item"),
        ("input.rows", "has(item.note) && item.note == 'x'", "item"),
        ("input.rows.filter(each, each.n > 0)", "item.n > 2", "item"),
        ("states.made.output.rows", "item.n > 2", "item"),
        ("states.made.output.plain", "item.n > 2", "item"),
    ],
)
def test_a_saga_does_not_fail_for_a_field_that_every_item_has(items, condition, name):
    report = verify(compile_saga(asking(items, condition, name)))

    assert report.verified
    assert "failed" not in report.statuses


def test_a_field_that_an_item_may_lack_still_makes_it_fail():
    assert "failed" in verify(compile_saga(asking("states.first.output.rows", "item.n > 2"))).statuses


def test_items_that_an_action_answers_are_what_the_catalogue_says():
    definition = asking("states.first.output.rows", "item.n > 2")
    ask = definition.all_states["ask"]

    assert Vocabulary(definition).of_condition("item.n > 2", ask).fields
    assert not Vocabulary(definition, _CATALOGUE).of_condition("item.n > 2", ask).fields


def test_maps_that_call_their_items_alike_have_items_of_their_own():
    rows = "{type: array, items: {type: object, required: [%s], properties: {%s: %s}}}"
    inner = rows % ("n", "n", "{type: integer}")
    definition = load(
        f"""
        name: alike
        input: {{type: object, required: [a, b], properties: {{a: {rows % ("ys", "ys", inner)}, b: {inner}}}}}
        states:
          outer:
            type: map
            items: input.a
            start: nested
            states:
              nested:
                type: map
                items: item.ys
                as: y
                start: ask
                states: {{ask: {{type: choice, choices: [{{when: y.n > 2, next: e1}}], default: e1}}, e1: {{type: succeed}}}}
                next: e2
              e2: {{type: succeed}}
            next: second
          second:
            type: map
            items: input.b
            start: again
            states: {{again: {{type: choice, choices: [{{when: item.n > 2, next: e3}}], default: e3}}, e3: {{type: succeed}}}}
            next: end
          end: {{type: succeed}}
        """
    )
    vocabulary, states = Vocabulary(definition), definition.all_states

    assert not vocabulary.of_condition("item.ys", states["nested"]).fields
    assert not vocabulary.of_condition("y.n > 2", states["ask"]).fields
    assert not vocabulary.of_condition("item.n > 2", states["again"]).fields
    assert vocabulary.of_condition("item.n > 2", states["ask"]).fields
