"""A saga that is run and passes its own pivot: whoever runs it cannot have it undone any more."""

import pytest

from sagadsl.language.load import check_all

CHARGE = "{id: charge, service: s, action: charge, kind: pivot, compensation: refund}"
RESERVE = "{id: reserve, service: s, action: reserve, compensation: release}"
LATER = "{id: later, service: s, action: later, compensation: undo}"


def saga(name, *steps):
    return f"name: {name}\nsteps:\n" + "".join(f"  - {step}\n" for step in steps)


def runs(child, **keys):
    more = "".join(f", {key}: {value}" for key, value in keys.items())
    return f"{{id: run_{child}, type: saga, saga: {child}{more}}}"


def told(*texts):
    found = check_all({f"{number}.yaml": text for number, text in enumerate(texts)}).diagnostics
    return [(each.code, each.place.file, each.place.line, each.message) for each in found if each.code == "SAGA515"]


def test_a_child_that_passes_its_pivot_before_something_that_can_fail_is_an_error():
    assert told(saga("parent", runs("child"), LATER), saga("child", RESERVE, CHARGE)) == [
        (
            "SAGA515",
            "0.yaml",
            3,
            (
                "a later step can fail, and 'run_child' cannot be undone: "
                "the saga 'child' has passed its pivot 'charge' by then"
            ),
        )
    ]


@pytest.mark.parametrize(
    "steps",
    [
        (runs("child", kind="pivot"), LATER.replace("compensation: undo", "kind: retriable")),
        (CHARGE, runs("child", kind="retriable")),
        (runs("child", compensation="{service: s, action: refund}"), LATER),
        (LATER, runs("child")),
        (runs("child"), LATER.replace("compensation: undo", "on_failure: continue")),
    ],
    ids=["its pivot", "behind the pivot", "a compensation of its own", "the last one", "nothing can fail after it"],
)
def test_nothing_is_said_where_the_child_never_has_to_be_undone(steps):
    assert told(saga("parent", *steps), saga("child", RESERVE, CHARGE)) == []


def test_nothing_is_said_of_a_child_without_a_pivot_or_of_one_that_is_not_there():
    parent = saga("parent", runs("child"), LATER)

    assert told(parent, saga("child", RESERVE)) == []
    assert told(parent) == []


def test_the_pivot_of_a_grandchild_counts_where_the_child_would_have_it_undone():
    parent = saga("parent", runs("child"), LATER)
    grandchild = saga("grandchild", RESERVE, CHARGE)

    (found,) = told(parent, saga("child", runs("grandchild")), grandchild)
    assert "the saga 'grandchild' has passed its pivot 'charge'" in found[3]
    own = runs("grandchild", compensation="{service: s, action: refund}")
    assert told(parent, saga("child", own), grandchild) == []


def test_the_version_that_is_run_counts():
    parent = saga("parent", runs("child", version="'1'"), LATER)
    first = saga("child", RESERVE) + "version: '1'\n"
    second = saga("child", RESERVE, CHARGE) + "version: '2'\n"

    assert told(parent, first, second) == []
    assert len(told(parent.replace("version: '1'", "version: '2'"), first, second)) == 1


def test_a_child_beside_a_branch_that_can_fail_is_told():
    parent = """\
name: parent
states:
  both:
    type: parallel
    branches:
      one: {steps: [{id: run, type: saga, saga: child}]}
      two: {steps: [{id: later, service: s, action: later, compensation: undo}]}
    next: end
  end: {type: succeed}
"""

    assert [line for _, _, line, _ in told(parent, saga("child", RESERVE, CHARGE))] == [6]


def test_sagas_that_run_each_other_are_looked_at_once():
    one, two = saga("one", runs("two"), LATER), saga("two", runs("one"), LATER)

    assert told(one, two) == []
