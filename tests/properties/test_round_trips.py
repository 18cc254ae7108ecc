"""What the authors' tools write means what the author wrote."""

from hypothesis import given, settings

from sagadsl import compile_saga, load
from sagadsl.language.expand import expand
from sagadsl.language.formatting import formatted
from sagadsl.language.load import check
from sagadsl.language.source import parse
from tests.strategies import texts


@given(text=texts())
@settings(max_examples=40, deadline=None)
def test_a_random_valid_definition_has_no_errors(text):
    definition, diagnostics = check(text, "random.yaml")

    assert definition is not None
    assert [found for found in diagnostics if found.severity == "error"] == []


@given(text=texts())
@settings(max_examples=40, deadline=None)
def test_fmt_keeps_the_machines_and_has_nothing_to_do_the_second_time(text):
    once = formatted(text, "random.yaml")

    assert compile_saga(load(once)).hash == compile_saga(load(text)).hash
    assert formatted(once, "random.yaml") == once


@given(text=texts())
@settings(max_examples=40, deadline=None)
def test_expand_keeps_the_machines(text):
    definition = load(text)
    expanded = load(expand(parse(text, "random.yaml").data, definition))

    assert compile_saga(expanded).hash == compile_saga(definition).hash
    assert compile_saga(expanded).describe() == compile_saga(definition).describe()
