"""A saga that waits for one that waits for a person: whoever looks at it is shown the way to that one."""

import json

import pytest

from sagadsl.machine.events import Failure
from tests.cli.test_decide import words

LEAF = """\
name: leaf
sensitive: [input.card]
input: {type: object, properties: {card: {type: string}}}
defaults: {retry: {max_attempts: 1}}
steps:
  - {id: pick, service: s, action: pick, compensation: put}
  - {id: pack, service: s, action: pack, kind: read_only}
"""
TREE = """\
name: tree
defaults: {retry: {max_attempts: 1}}
steps:
  - {id: grow, type: saga, saga: leaf, input: {}}
  - {id: sell, service: s, action: sell}
"""
NO_BUYER = Failure("NoBuyer", "nobody wants it", retryable=False)
WILTED = Failure("Wilted", "too late", retryable=False)
BROKEN = Failure("Broken", "card 4111222233334444 does not fit", retryable=False)


@pytest.fixture
def tree(keep, write):
    """A saga that is being undone, and the one that it has run, which could not be."""
    keep(write("tree.yaml", TREE), "tree", {}, [("sell", NO_BUYER)], first=3)
    given = {"card": "4111222233334444"}, [("pack", WILTED), ("~pick", BROKEN)]
    keep(write("leaf.yaml", LEAF), "tree/grow", *given, parent="tree")


def test_the_one_above_names_the_one_below_with_why_and_the_command(sagadsl, tree, store):
    told = sagadsl("dead-letters", "tree").out

    assert "being undone\n  grow\n" in told
    assert "waits for sagas that wait for a person\n  saga tree/grow, leaf, which is compensation_failed" in told
    assert "because of Wilted at pack: too late; pick is not undone: Broken: card *** does not fit\n" in told
    assert "\n    sagadsl dead-letters tree/grow\n" in told
    with_store = words(sagadsl("dead-letters", "tree", "--store", store).out)
    assert f" sagadsl dead-letters tree/grow --store {store} " in with_store.replace("'", "")


def test_programs_are_told_of_it_too(sagadsl, tree):
    found = json.loads(sagadsl("dead-letters", "tree", "--format", "json").out)

    assert [step["label"] for step in found["being_undone"]] == ["grow"]
    (below,) = found["waits_for"]
    assert (below["saga_id"], below["parent"], below["status"]) == ("tree/grow", "tree", "compensation_failed")
    assert below["line"].startswith("sagadsl dead-letters tree/grow")
    assert "4111" not in json.dumps(found)


def test_so_does_show(sagadsl, tree):
    told, data = sagadsl("show", "tree").out, json.loads(sagadsl("show", "tree", "--format", "json").out)

    assert "\n\nwaits for sagas that wait for a person\n  saga tree/grow, leaf, which is compensation_failed" in told
    assert "\n    sagadsl dead-letters tree/grow\n" in told
    assert [each["saga_id"] for each in data["below"]] == ["tree/grow"]
    assert "4111" not in told + json.dumps(data)


def test_a_retry_that_is_refused_shows_the_way(sagadsl, tree):
    result = sagadsl("retry", "tree")

    assert result.code == 6
    assert "hint: it waits for the saga tree/grow, leaf, which is compensation_failed" in words(result.err)
    assert "`sagadsl dead-letters tree/grow" in words(result.err)


def test_what_became_of_a_saga_below_is_asked_of_that_saga_and_of_no_service(sagadsl, keep, write):
    keep(write("tree.yaml", TREE), "tree", {}, first=1)
    assert sagadsl("compensate", "tree").code == 0

    told = sagadsl("dead-letters", "tree").out

    assert "in doubt\n  grow                     it may have taken place: the saga tree/grow tells\n" in told
    assert "ask the service" not in told


def test_the_list_says_whose_it_is_and_both_errors(sagadsl, tree):
    head, row = sagadsl("dead-letters").out.splitlines()

    assert "run for" in head
    assert words(row).split()[:2] == ["tree/grow", "leaf"]
    assert words(row).endswith("tree Wilted at pack: too late; pick is not undone: Broken: card *** does not fit")


@pytest.mark.parametrize(("code", "found"), [("Wilted", True), ("Broken", True), ("NoBuyer", False)])
def test_either_error_chooses_it(sagadsl, tree, code, found):
    assert ("tree/grow" in sagadsl("dead-letters", "--error", code).out) is found
    result = sagadsl("retry", "--error", code)
    assert ("Wilted, Broken" in result.out) is found


def test_a_saga_that_waits_for_nobody_below_is_told_as_ever(sagadsl, tree):
    assert "waits for sagas" not in sagadsl("dead-letters", "tree/grow").out
    assert "`sagadsl dead-letters tree/grow` says what has happened" in words(sagadsl("skip", "tree/grow", "pack").err)
