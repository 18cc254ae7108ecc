"""Definitions that are checked together: the sagas that one of them runs, and the ones of its own name."""

import pytest

from sagadsl.language.library import library_of
from sagadsl.language.load import check, check_all

ORDER = """\
name: order
input: {type: object, required: [id], properties: {id: {type: string}}}
steps:
  - {id: reserve, service: stock, action: reserve, compensation: release}
  - {id: ship, type: saga, saga: shipping, input: {order: "${input.id}"}, kind: compensatable}
"""

SHIPPING = """\
name: shipping
version: "1.9"
input: {type: object, required: [order], properties: {order: {type: string}}}
steps: [{id: send, service: post, action: send, compensation: recall}]
"""


def running(name, other, version=None):
    """A saga that runs another one."""
    which = "" if version is None else f", version: '{version}'"
    return f"name: {name}\nsteps:\n  - {{id: run_{other}, type: saga, saga: {other}{which}}}\n"


def told(checked, *families):
    """What is told by file: code and message, the 2xx and errors alone."""
    return [(d.place.file, d.code, d.message) for d in checked.diagnostics if d.code.startswith("SAGA2")]


def definition(text):
    found, diagnostics = check(text, "f")
    assert found, diagnostics
    return found


def test_a_saga_that_is_run_is_looked_for_among_the_files_given_together():
    checked = check_all({"order.yaml": ORDER, "shipping.yaml": SHIPPING})

    assert told(checked) == []
    assert checked.definitions["order.yaml"].name == "order"
    assert checked.definitions["shipping.yaml"].name == "shipping"


def test_one_file_alone_is_checked_alone():
    assert check(ORDER, "order.yaml")[1] == []


def test_a_missing_saga_is_told_at_its_name_with_the_one_that_is_meant():
    checked = check_all({"order.yaml": ORDER.replace("saga: shipping", "saga: shiping"), "s.yaml": SHIPPING})

    (diagnostic,) = [d for d in checked.diagnostics if d.code == "SAGA216"]
    assert diagnostic.message == "there is no saga 'shiping' among the files that are checked"
    assert diagnostic.hint == "did you mean 'shipping'?"
    assert (diagnostic.place.line, diagnostic.place.column, diagnostic.place.end_column) == (5, 34, 41)
    assert checked.definitions["order.yaml"] is None
    assert checked.definitions["s.yaml"] is not None


def test_without_the_other_file_the_hint_is_to_give_it():
    (diagnostic,) = check_all({"order.yaml": ORDER}).diagnostics
    assert (diagnostic.code, diagnostic.hint) == ("SAGA216", "check its file together with this one")


def test_a_version_that_is_not_there_is_told_with_those_that_are():
    texts = {"a": running("a", "shipping", "2"), "b": SHIPPING, "c": SHIPPING.replace("1.9", "1.10")}
    assert told(check_all(texts)) == [
        ("a", "SAGA217", "the saga 'shipping' has no version '2'; there is '1.9' and '1.10'")
    ]


def test_a_version_that_is_there_is_fine():
    text = ORDER.replace("saga: shipping,", "saga: shipping, version: '1.9',")
    assert told(check_all({"a": text, "b": SHIPPING})) == []


@pytest.mark.parametrize(
    ("versions", "newest"),
    [(["1"], "1"), (["1.10", "1.9"], "1.10"), (["2.0.0", "10.0.0", "9"], "10.0.0"), (["1.0-beta", "0.9"], "1.0-beta")],
)
def test_without_a_version_the_newest_is_meant(versions, newest):
    library = library_of(definition(SHIPPING.replace("1.9", version)) for version in versions)
    assert library.saga("shipping").version == newest
    assert library.saga("shipping", versions[0]).version == versions[0]
    assert library.saga("other") is None


@pytest.mark.parametrize(
    ("given", "at", "says"),
    [
        ("", "shipping", "the saga 'shipping' needs 'order'"),
        (", input: {}", "shipping", "the saga 'shipping' needs 'order'"),
        (", input: {order: 5}", "5", "the saga 'shipping' takes text here"),
        (', input: {order: "${input.count}"}', '"${input.count}"', "the saga 'shipping' takes text here"),
        (", input: {order: a, ordre: b}", "ordre", "the saga 'shipping' does not take 'ordre'"),
        (", input: [a]", "[a]", "the saga 'shipping' takes an object here, and this is a list"),
    ],
)
def test_an_input_that_does_not_fit_is_told_at_its_very_place(given, at, says):
    text = ORDER.replace(', input: {order: "${input.id}"}', given).replace("[id]", "[id, count]")
    text = text.replace("id: {type: string}", "id: {type: string}, count: {type: integer}")
    strict = SHIPPING.replace("{type: object,", "{type: object, additionalProperties: false,")
    ((_, code, message),) = told(checked := check_all({"order": text, "shipping": strict}))
    place = next(d.place for d in checked.diagnostics if d.code == "SAGA218")

    assert code == "SAGA218"
    assert says in message
    assert text.splitlines()[place.line - 1][place.column - 1 : place.end_column - 1] == at


def test_what_is_misspelt_in_an_input_is_told_with_what_it_lacks():
    found = check_all({"order": ORDER.replace("input: {order:", "input: {ordr:"), "shipping": SHIPPING}).diagnostics

    assert [(each.code, each.hint) for each in found] == [("SAGA218", "did you mean 'order' by 'ordr'?")]


@pytest.mark.parametrize(
    "given", ["input: {order: x, more: 1}", "input: {order: 'n-${input.id}'}", 'input: "${states.reserve.output}"']
)
def test_an_input_that_can_fit_is_fine(given):
    assert told(check_all({"a": ORDER.replace('input: {order: "${input.id}"}', given), "b": SHIPPING})) == []


def test_the_input_of_a_saga_is_a_map_even_where_nothing_else_is_said_of_it():
    free = "name: shipping\nsteps: [{id: a, type: pass}]\n"
    assert told(check_all({"a": ORDER, "b": free})) == []
    ((_, code, message),) = told(check_all({"a": running("a", "shipping").replace("}", ", input: 5}"), "b": free}))
    assert code == "SAGA218"
    assert message.startswith("the saga 'shipping' takes an object here")


@pytest.mark.parametrize(
    "broken",
    [
        SHIPPING.replace("steps:", "stps:"),
        SHIPPING + "\t: [",
        '{"name": "shipping", "steps": [',
        SHIPPING.replace("compensation: recall", "payload: '${input.nothing}'"),
    ],
)
def test_a_saga_whose_file_is_broken_is_not_told_to_be_missing(broken):
    checked = check_all({"order": ORDER, "shipping": broken})

    assert {d.place.file for d in checked.diagnostics} == {"shipping"}
    assert checked.definitions["order"] is not None


def test_sagas_that_run_each_other_are_told_the_whole_way_each_at_its_own_place():
    texts = {"a": running("a", "b"), "b": running("b", "c"), "c": running("c", "a"), "d": running("d", "a")}
    checked = check_all(texts)

    assert told(checked) == [
        ("a", "SAGA219", "the saga would run itself, and never end: a → b → c → a"),
        ("b", "SAGA219", "the saga would run itself, and never end: b → c → a → b"),
        ("c", "SAGA219", "the saga would run itself, and never end: c → a → b → c"),
    ]
    assert {(d.place.line, d.place.column) for d in checked.diagnostics if d.code == "SAGA219"} == {(3, 35)}


def test_a_saga_that_runs_itself_is_told_so_with_or_without_a_version():
    for version in (None, "1"):
        ((_, code, message),) = told(check_all({"a": running("a", "a", version)}))
        assert (code, message) == ("SAGA219", "the saga would run itself, and never end: a → a")


def test_running_an_older_version_of_oneself_is_no_cycle():
    texts = {
        "old": SHIPPING.replace("required: [order], ", ""),
        "new": running("shipping", "shipping", "1.9").replace("name", 'version: "2"\nname', 1),
    }
    assert told(check_all(texts)) == []


def test_two_files_with_the_same_saga_are_told_at_the_second():
    checked = check_all({"one.yaml": SHIPPING, "two.yaml": SHIPPING, "three.yaml": SHIPPING.replace("1.9", "2")})

    (diagnostic,) = checked.diagnostics
    assert (diagnostic.code, diagnostic.place.file, diagnostic.place.line) == ("SAGA220", "two.yaml", 1)
    assert diagnostic.message == "one.yaml defines version '1.9' of the saga 'shipping' already"
    assert [file for file, found in checked.definitions.items() if found is None] == ["two.yaml"]


def test_a_text_can_be_checked_against_a_library_that_has_an_older_state_of_it():
    library = library_of([definition(running("a", "b")), definition(running("b", "c"))])
    assert [d.code for d in check(running("c", "a"), "c", library)[1]] == ["SAGA219"]

    library = library_of([definition(running("a", "b"))])
    assert check(SHIPPING, "f", library)[1] == []


def test_the_others_can_be_replaced_without_a_change_to_the_library():
    library = library_of([definition(SHIPPING)])
    newer = definition(SHIPPING.replace("name: shipping", "name: sending"))

    assert list(library.including(newer).sagas) == ["sending"]
    assert list(library.sagas) == ["shipping"]
    assert library.including(library.sagas["shipping"][0]) is library


def test_a_listener_is_told_of_each_text_that_has_been_checked():
    seen = []
    check_all({"a": SHIPPING, "b": "", "c": ORDER}, judged=seen.append)
    assert seen == ["a", "b", "c"]


def test_diagnostics_are_sorted_by_file_and_place():
    checked = check_all({"b": "name: 1\nsteps: 1", "a": "name: x\nsteps: 1\nversion: 1"})
    assert [(d.place.file, d.place.line) for d in checked.diagnostics] == [("a", 2), ("a", 3), ("b", 1), ("b", 2)]


GIVING = """\
name: shipping
input: {type: object, required: [order], properties: {order: {type: string}}}
output: {parcel: {id: "${input.order}", weight: 2}}
steps: [{id: send, service: post, action: send, compensation: recall}]
"""
TAKING = """\
name: order
input: {type: object, required: [id], properties: {id: {type: string}}}
steps:
  - {id: ship, type: saga, saga: shipping, input: {order: "${input.id}"}, kind: compensatable}
  - {id: tell, service: mail, action: send, kind: read_only, payload: {x: "${states.ship.output.READ}"}}
"""


@pytest.mark.parametrize(
    ("read", "code"),
    [
        ("parcel.id", None),
        ("parcel.idd", "SAGA403"),
        ("parcell", "SAGA403"),
        ("parcel.id * 2", "SAGA404"),
        ("parcel.weight * 2", None),
    ],
)
def test_what_another_saga_gives_is_known_where_it_is_read(read, code):
    taking = TAKING.replace("READ", read)
    found = check_all({"order.yaml": taking, "shipping.yaml": GIVING}).diagnostics

    assert [each.code for each in found] == ([code] if code else [])
    assert check(taking, "order.yaml")[1] == []


def test_where_it_can_end_in_two_ways_or_is_a_circle_of_sagas_nothing_is_known():
    two_ways = GIVING.replace(
        "steps: [", "states: {pick: {type: choice, choices: [{when: saga.id == '', next: end}], default: z}, "
    )
    two_ways = two_ways[: two_ways.index("{id: send")] + "end: {type: succeed}, z: {type: succeed, output: {no: 1}}}\n"
    itself = GIVING.replace("${input.order}", "${states.again.output.x}").replace(
        "steps: [", "steps: [{id: again, type: saga, saga: shipping, kind: compensatable, input: {order: a}}, "
    )

    assert not check_all({"o.yaml": TAKING.replace("READ", "what"), "s.yaml": two_ways}).diagnostics
    circle = check_all({"o.yaml": TAKING.replace("READ", "parcel.id.x"), "s.yaml": itself}).diagnostics
    assert [each.code for each in circle if each.place.file == "o.yaml"] == []
