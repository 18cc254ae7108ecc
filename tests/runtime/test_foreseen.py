"""Decisions that would lead nowhere are refused before anything has happened; all others are not."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sagadsl import DefinitionError, UnexpectedEvent, compile_saga, load
from sagadsl.machine.events import Failure, StepFailed, StepResolved, StepSkipped, StepSucceeded
from sagadsl.runtime import foreseen

TEXT = """
name: order
steps:
  - {id: z, service: s, action: a, compensation: undo}
  - {id: a, service: s, action: a, compensation: undo, on_failure: fail}
  - {id: b, service: s, action: b, kind: read_only, payload: {x: "PAYLOAD"}}
"""


PAST_THE_PIVOT = """
name: order
input: {type: object}
steps:
  - {id: z, service: s, action: a, kind: pivot}
  - {id: a, service: s, action: a, kind: retriable, retry: {max_attempts: 2}}
  - {id: b, service: s, action: b, kind: retriable, retry: {max_attempts: 2}, payload: {x: "PAYLOAD"}}
"""
ASIDE = """
name: order
states:
  both:
    type: parallel
    branches:
      left:
        steps:
          - {id: a, service: s, action: a, compensation: undo, on_failure: {wait_for: mended}}
          - {id: b, service: s, action: b, kind: read_only, payload: {x: "PAYLOAD"}}
      right:
        steps: [{id: z, service: s, action: a, compensation: undo}]
    RULE
    next: done
  done: {type: succeed}
"""
NO = Failure("No", retryable=False)


def failed_at_a(payload, text=TEXT, given=None, z=None):
    compiled = compile_saga(load(text.replace("PAYLOAD", payload)))
    events = [compiled.started(given or {}), StepSucceeded("z", 1, z or {"n": 1}), StepFailed("a", 1, NO)]
    return compiled.replay("s", [replace(event, seq=n, at=float(n)) for n, event in enumerate(events, 1)])


TX = "${states.a.output.tx}"


@pytest.mark.parametrize(
    ("payload", "output"),
    [
        (TX, {}),
        ("${states.a.output.list[0]}", {"list": []}),
        ("${states.a.output.tx.ty}", {"tx": "text"}),
        ("${states.z.output.n + states.a.output.tx}", {}),
    ],
)
def test_an_output_that_the_next_state_cannot_read_is_refused(payload, output):
    saga = failed_at_a(payload)
    before = saga.snapshot()

    with pytest.raises(UnexpectedEvent, match="'b' cannot go on from this output: at x: "):
        foreseen.check(saga, StepResolved("a", output))

    assert saga.snapshot() == before


@pytest.mark.parametrize(
    ("payload", "least"),
    [
        (TX, {"tx": "…"}),
        ("${states.a.output.tx.ty}", {"tx": {"ty": "…"}}),
        ("${[states.a.output.tx, states.a.output.tx.ty]}", {"tx": {"ty": "…"}}),
        ("${states.a.output.list[1]}", {"list": ["…", "…"]}),
        ("${states.a.output.list[1000000]}", {"list": []}),
        ("${has(states.a.output.tx) ? states.a.output.tx : 0}", {}),
        ("fixed", {}),
    ],
)
def test_it_is_known_what_an_output_needs_at_the_least(payload, least):
    assert foreseen.least_output(failed_at_a(payload), StepResolved("a", {"any": 1})) == least


def test_a_skip_is_refused_where_the_next_state_reads_the_output_and_the_way_out_is_said():
    with pytest.raises(UnexpectedEvent, match=r"'b' cannot go on without 'a': .*; resolve it with an output instead"):
        foreseen.check(failed_at_a(TX), StepSkipped("a"))


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        (TX, StepResolved("a", {"tx": 1})),
        ("${has(states.a.output.tx) ? states.a.output.tx : 0}", StepSkipped("a")),
        ("${states.a.output}", StepSkipped("a")),
        ("${has(states.a.output.u) ? 1 : states.z.output.gone}", StepSkipped("a")),
        ("${[states.z.output.n][states.a.output.n]}", StepResolved("a", {"n": 7})),
        ("${states.z.output.n / states.a.output.n}", StepResolved("a", {"n": 0})),
        ("${states.a.output.all(x, states.z.output[x] > 0)}", StepResolved("a", {"m": 1})),
        ("${has(states.a.output.n) ? 1 : states.z.output.n / 0}", StepSkipped("a")),
        (TX, StepFailed("a", 1, Failure("No"))),
    ],
    ids=[
        "what is read is there",
        "guarded",
        "the whole",
        "another output is missing",
        "no such element",
        "nothing to divide by",
        "another one's field",
        "not needed",
        "no decision",
    ],
)
def test_whatever_else_is_let_pass(payload, event):
    foreseen.check(failed_at_a(payload), event)


def test_what_the_machine_refuses_is_refused():
    with pytest.raises(UnexpectedEvent, match="'b' has not been started"):
        foreseen.check(failed_at_a(TX), StepSkipped("b"))


@pytest.mark.parametrize(
    ("reads", "output"),
    [
        ("${states.a.output.n / input.k}", {"n": 4}),
        ("${states.a.output.n + input.items[0]}", {"n": 4}),
        ("${states.a.output.n + input.n}", {"n": 4}),
        ("${input.rates[states.a.output.n]}", {"n": "usd"}),
    ],
)
def test_what_no_output_could_put_right_is_let_pass_and_the_next_step_can_then_be_decided_about(reads, output):
    saga = failed_at_a(reads, PAST_THE_PIVOT, {"k": 0, "items": [], "rates": {}})

    foreseen.check(saga, StepResolved("a", output))
    saga.apply(StepResolved("a", output))

    assert (saga.status, saga.error_state) == ("failed", "b")
    foreseen.check(saga, StepSkipped("b"))
    saga.apply(StepSkipped("b"))
    assert saga.status == "completed"


def test_a_skip_by_which_nothing_is_undone_is_let_pass_whatever_reads_the_output():
    saga = failed_at_a(TX, PAST_THE_PIVOT)

    with pytest.raises(UnexpectedEvent, match="'b' cannot go on from this output"):
        foreseen.check(saga, StepResolved("a", {}))
    foreseen.check(saga, StepSkipped("a"))
    saga.apply(StepSkipped("a"))

    assert (saga.status, saga.error_state) == ("failed", "b")


def test_what_the_parallel_around_would_make_good_is_let_pass():
    events = [StepFailed("a", 1, NO), StepSucceeded("z", 1, {})]
    for rule, is_refused in (("on_failure: compensate", True), ("on_failure: continue", False)):
        compiled = compile_saga(load(ASIDE.replace("PAYLOAD", TX).replace("RULE", rule)))
        saga = compiled.new("s")
        for event in (compiled.started({}), *events):
            saga.apply(event)
        if is_refused:
            with pytest.raises(UnexpectedEvent, match="'b' cannot go on without 'a'"):
                foreseen.check(saga, StepSkipped("a"))
        else:
            foreseen.check(saga, StepSkipped("a"))


A, Z = "states.a.output", "states.z.output"
READ = [f"{A}.n", f"{A}.m.k", f"{A}.l[0]", f"{A}.l[1].n", f"{Z}.n", f"{Z}.m.k", "input.n", "input.l[0]", "1", "'text'"]
WHOLE = {"n": 1, "m": {"k": 2}, "l": [3, {"n": 4}]}
values = st.sampled_from([1, 0, "text", [], [1], {}, {"k": 1}, {"n": 1}, WHOLE])
outputs = st.one_of(st.just(WHOLE), st.dictionaries(st.sampled_from(["n", "m", "l"]), values))
terms = st.recursive(
    st.sampled_from(READ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "/", "==", "<", "in"]), inner).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(st.sampled_from(READ[:2]), inner, inner).map("(has({0[0]}) ? {0[1]} : {0[2]})".format),
        st.tuples(inner, inner).map("({0[0]} == 1 && {0[1]} == 1)".format),
        st.tuples(inner, inner).map("[{0[0]}, {0[1]}]".format),
        inner.map("string({})".format),
    ),
    max_leaves=5,
)


def is_refused(saga, event):
    try:
        foreseen.check(saga, event)
    except UnexpectedEvent as unexpected:
        return "cannot go on" in str(unexpected)
    return False


@example(term=f"{A}.n / {Z}.n", output={}, given={}, z=WHOLE, others=[])
@example(term=f"{A}.l[1].n + input.n", output={"l": [1]}, given={}, z={}, others=[(WHOLE, WHOLE)])
@given(term=terms, output=outputs, given=outputs, z=outputs, others=st.lists(st.tuples(outputs, outputs), max_size=3))
def test_what_is_refused_would_have_failed_whatever_the_other_values_are_and_something_never_is(
    term, output, given, z, others
):
    text = PAST_THE_PIVOT.replace("PAYLOAD", f"${{{term}}}")
    try:
        load(text)
    except DefinitionError:
        return
    saga = failed_at_a("", text, given, z)

    if is_refused(saga, StepResolved("a", output)):
        for other_input, other_z in [(WHOLE, WHOLE), *others]:
            another = failed_at_a("", text, other_input, other_z)
            another.apply(StepResolved("a", output))
            assert (another.status, another.error_state) == ("failed", "b")
    assert not is_refused(saga, StepResolved("a", WHOLE))
    assert not is_refused(saga, StepSkipped("a"))
