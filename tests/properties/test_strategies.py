"""The random definitions are definitions: they load, run, mean the same in every style, and are of the whole language."""

import random
from collections import Counter

from hypothesis import HealthCheck, given, settings

from sagadsl import compile_saga, load
from sagadsl.language.definition import regions_of
from tests.strategies import documents, random_document, texts, written

slow = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@given(texts())
@slow
def test_every_text_is_a_definition(text):
    assert compile_saga(load(text)).hash


@given(documents())
@slow
def test_the_style_of_the_text_changes_nothing(document):
    block, flow, json = (compile_saga(load(written(document, style))).hash for style in ("block", "flow", "json"))

    assert block == flow == json


def test_together_they_use_the_whole_language():
    rolls = [load(written(random_document(random.Random(seed).choice))) for seed in range(60)]
    states = [state for definition in rolls for state in definition.all_states.values()]
    kinds = Counter(type(state).__name__ for state in states)
    nested = [inner for state in states for region in regions_of(state).values() for inner in region.states.values()]

    assert set(kinds) == {"Task", "Choice", "Parallel", "Map", "Wait", "SubSaga", "Pass", "Succeed", "Fail"}
    assert any(regions_of(state) for state in nested)
    assert {getattr(state, "kind", None) for state in states} >= {"compensatable", "pivot", "retriable", "read_only"}
    assert {state.on_failure.then for state in states if getattr(state, "on_failure", None)} == {
        "compensate", "fail", "continue", "wait_for"
    }  # fmt: skip
    assert any(getattr(state, "callback", False) for state in states)
    assert any(getattr(state, "fail_when", ()) for state in states)
    assert {definition.compensation.order for definition in rolls} == {"reverse", "parallel"}
    assert {definition.compensation.on_failure for definition in rolls} == {"halt", "continue"}
    assert any(definition.locks for definition in rolls)
    assert any(definition.key for definition in rolls)
    assert any(definition.timeout for definition in rolls)
