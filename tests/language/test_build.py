import pytest

from sagadsl.language.build import build
from sagadsl.language.definition import (
    NO_RETRY,
    Catch,
    Choice,
    Choose,
    Compensation,
    CompensationPolicy,
    Fail,
    FailWhen,
    Invariant,
    Map,
    OnFailure,
    Parallel,
    Pass,
    Region,
    Retry,
    SubSaga,
    Succeed,
    Task,
    Wait,
)
from sagadsl.language.schema import check_structure
from sagadsl.language.source import parse


def built(text):
    document = parse(text, "saga.yaml")
    assert check_structure(document) == []
    return build(document)


def task(own="", top=""):
    """The task of a definition that consists of it."""
    definition = built(
        f"name: x\n{top}\nstates:\n  a: {{service: s, action: t, next: b{own}}}\n  b: {{type: succeed}}\n"
    )
    return definition.states["a"]


def test_what_is_not_said_is_filled_in():
    definition = built("name: x\nstates:\n  a: {service: s, action: t, next: b}\n  b: {type: succeed}\n")

    assert (definition.start, definition.version, definition.language, definition.max_retries) == ("a", "1", "1.0", 3)
    assert (definition.timeout, definition.input_schema, definition.output) == (None, None, {})
    assert definition.compensation == CompensationPolicy("reverse", "halt")
    assert definition.file == "saga.yaml"
    assert definition.states["a"] == Task(
        name="a", service="s", action="t", payload={}, next="b", timeout=30.0, retry=NO_RETRY, kind=None
    )
    assert definition.states["a"].path == ("states", "a")


def test_what_is_said_is_kept():
    definition = built(
        """
name: x
version: "2"
description: d
labels: {team: a}
input: {type: object}
output: {o: 1}
timeout: 5m
max_retries: 0
compensation: {order: parallel, on_failure: continue}
start: c
states:
  c: {type: choice, description: why, choices: [{when: "true", next: p}], default: f}
  p: {type: pass, output: {v: 1}, next: a}
  a:
    service: s
    action: t
    fail_when: [{when: output.x, error: Bad}]
    catch: [{errors: [Bad, "*"], next: f}]
    on_failure: {wait_for: go, timeout: 1h}
    kind: read_only
    next: done
  f: {type: fail, error: Lost, message: gone}
  done: {type: succeed, output: [1]}
"""
    )
    assert (definition.start, definition.timeout, definition.max_retries) == ("c", 300.0, 0)
    assert definition.compensation == CompensationPolicy("parallel", "continue")
    assert list(definition.states.values()) == [
        Choice(name="c", description="why", choices=(Choose("true", "p"),), default="f"),
        Pass(name="p", output={"v": 1}, next="a"),
        Task(
            name="a",
            service="s",
            action="t",
            payload={},
            next="done",
            timeout=30.0,
            kind="read_only",
            fail_when=(FailWhen("output.x", "Bad", ""),),
            catch=(Catch(("Bad", "*"), "f"),),
            on_failure=OnFailure("wait_for", "go", 3600.0),
        ),
        Fail(name="f", error="Lost", message="gone"),
        Succeed(name="done", output=[1]),
    ]


def test_a_retry_changes_single_keys_of_the_default_one():
    top = (
        "defaults: {timeout: 5s, retry: {max_attempts: 3, initial_delay: 500ms, max_delay: 1m, jitter: full, on: [A]}}"
    )

    assert task("", top).retry == Retry(3, 0.5, 2.0, 60.0, "full", ("A",))
    assert task(", retry: {max_attempts: 9, except: [B]}", top).retry == Retry(
        9, 0.5, 2.0, 60.0, "full", ("A",), ("B",)
    )
    assert task("", top).timeout == 5.0
    assert task(", timeout: 7", top).timeout == 7.0


def test_a_retry_of_its_own_starts_from_the_languages_defaults():
    assert task(", retry: {initial_delay: 3}").retry == Retry(3, 3.0, 2.0, None, "none", None, ())
    assert task(", retry: {max_attempts: 4.0}").retry.max_attempts == 4


@pytest.mark.parametrize(
    ("own", "top", "timeout"),
    [
        ("{action: u, timeout: 1s}", "compensation: {timeout: 2s}\ndefaults: {timeout: 3s}", 1.0),
        ("{action: u}", "compensation: {timeout: 2s}\ndefaults: {timeout: 3s}", 2.0),
        ("{action: u}", "defaults: {timeout: 3s}", 3.0),
        ("u", "", 30.0),
    ],
)
def test_a_compensation_takes_the_nearest_timeout(own, top, timeout):
    assert task(f", timeout: 9s, compensation: {own}", top).compensation.timeout == timeout


def test_the_default_retry_is_for_actions_and_the_compensations_have_one_of_their_own():
    actions = "defaults: {retry: {max_attempts: 5}}"
    undo = "compensation: {retry: {max_attempts: 7, initial_delay: 2s}}"

    assert task(", compensation: u", actions).compensation.retry == NO_RETRY
    assert task(", compensation: u", undo).compensation.retry == Retry(7, 2.0)
    assert task(", compensation: {action: u, retry: {max_attempts: 8}}", undo).compensation.retry == Retry(8, 2.0)
    assert task(", compensation: u", undo).retry == NO_RETRY


def test_a_compensation_is_of_the_same_service_and_makes_the_step_compensatable():
    short = task(", compensation: u")
    assert (short.compensation.service, short.compensation.action, short.compensation.payload) == ("s", "u", None)
    assert short.kind == "compensatable"

    long = task(", kind: pivot, compensation: {service: z, action: u, payload: {a: 1}}")
    assert (long.compensation.service, long.compensation.payload, long.kind) == ("z", {"a": 1}, "pivot")


def test_on_failure_may_be_a_word():
    assert task(", on_failure: continue").on_failure == OnFailure("continue")
    assert task().on_failure is None


def test_steps_are_states_that_follow_each_other():
    definition = built("name: x\nsteps:\n - {id: a, service: s, action: t}\n - {id: b, type: pass, output: 1}\n")
    assert definition.start == "a"
    assert list(definition.states.values()) == [
        Task(name="a", service="s", action="t", payload={}, next="b", timeout=30.0),
        Pass(name="b", output=1, next="done"),
        Succeed(name="done"),
    ]
    assert [state.path for state in definition.states.values()] == [("steps", 0), ("steps", 1), ("steps",)]


def test_the_implicit_end_takes_a_name_that_is_free():
    definition = built("name: x\nsteps: [{id: done, type: pass}, {id: done_2, type: pass}]")
    assert definition.states["done_2"].next == "done_3"
    assert definition.states["done_3"] == Succeed(name="done_3")


def in_steps(*steps):
    """The states of a saga of these steps."""
    return built("name: x\nsteps:\n" + "".join(f" - {step}\n" for step in steps)).states


def test_the_keys_of_the_whole_saga_are_kept():
    definition = built(
        """
name: x
key: k-${input.id}
locks: ["a-${input.from}", "a-${input.to}"]
sensitive: [input.card.number, states.a.output.iban]
invariants: [{name: paid, when: completed, require: "steps.a.status == 'completed'"}]
states: {a: {type: succeed}}
"""
    )
    assert definition.key == "k-${input.id}"
    assert definition.locks == ("a-${input.from}", "a-${input.to}")
    assert definition.sensitive == (("input", "card", "number"), ("states", "a", "output", "iban"))
    assert definition.invariants == (Invariant("paid", "completed", "steps.a.status == 'completed'"),)


def test_a_wait_waits_for_one_of_three_things():
    states = in_steps(
        "{id: a, type: wait, for: 2h}",
        "{id: b, type: wait, until: input.at}",
        "{id: c, type: wait, signal: go, timeout: 1d, on_timeout: a}",
    )
    assert list(states.values())[:3] == [
        Wait(name="a", for_=7200.0, next="b"),
        Wait(name="b", until="input.at", next="c"),
        Wait(name="c", signal="go", timeout=86400.0, on_timeout="a", next="done"),
    ]


def test_a_task_may_report_its_outcome_later():
    assert task(", callback: true").callback
    assert not task().callback


def test_a_saga_state_runs_another_saga():
    states = in_steps(
        "{id: a, type: saga, saga: other}",
        "{id: b, type: saga, saga: other, version: '2', input: {n: 1}, timeout: 1m,"
        " compensation: {service: s, action: undo, payload: {n: 1}}, catch: [{errors: [Timeout], next: a}]}",
    )
    assert states["a"] == SubSaga(name="a", saga="other", input={}, next="b")
    assert states["b"] == SubSaga(
        name="b",
        saga="other",
        version="2",
        input={"n": 1},
        timeout=60.0,
        kind="compensatable",
        compensation=Compensation("s", "undo", {"n": 1}, 30.0, NO_RETRY),
        catch=(Catch(("Timeout",), "a"),),
        next="done",
    )


def test_branches_are_regions_with_a_start_of_their_own():
    parallel = in_steps(
        "{id: p, type: parallel, kind: pivot, on_failure: fail, branches: {"
        "left: {start: b, states: {a: {type: succeed}, b: {type: pass, next: a}}}, right: {states: {c: {type: succeed}}}}}"
    )["p"]
    assert parallel == Parallel(
        name="p",
        branches={
            "left": Region("b", {"a": Succeed(name="a"), "b": Pass(name="b", output={}, next="a")}),
            "right": Region("c", {"c": Succeed(name="c")}),
        },
        kind="pivot",
        on_failure=OnFailure("fail"),
        next="done",
    )
    assert parallel.branches["left"].states["b"].path == ("steps", 0, "branches", "left", "states", "b")


def test_a_map_has_a_body():
    states = in_steps(
        "{id: m, type: map, items: input.items, steps: [{id: a, type: pass}]}",
        "{id: n, type: map, items: input.items, as: it, max_concurrency: 2, max_failures: 1, states: {b: {type: succeed}}}",
    )
    body = Region("a", {"a": Pass(name="a", output={}, next="m_done"), "m_done": Succeed(name="m_done")})
    assert states["m"] == Map(name="m", items="input.items", body=body, next="n")
    assert states["n"] == Map(
        name="n",
        items="input.items",
        body=Region("b", {"b": Succeed(name="b")}),
        as_="it",
        max_concurrency=2,
        max_failures=1,
        next="done",
    )
    assert body.states["m_done"].path == ()  # compared without its place, which is that of the list:
    assert states["m"].body.states["m_done"].path == ("steps", 0, "steps")


def test_defaults_reach_tasks_at_any_depth():
    definition = built(
        "name: x\ndefaults: {timeout: 7s}\nsteps:\n"
        " - {id: m, type: map, items: i, steps: [{id: a, service: s, action: t, compensation: u}]}\n"
    )
    inner = definition.all_states["a"]
    assert (inner.timeout, inner.compensation.timeout) == (7.0, 7.0)


def test_every_implicit_end_has_a_name_of_its_own_in_the_whole_saga():
    long = "b" * 64
    definition = built(
        f"""
name: x
steps:
  - id: p
    type: parallel
    branches:
      one: {{steps: [{{id: a, type: pass}}]}}
      done: {{steps: [{{id: one_done, type: pass}}]}}
      {long}: {{steps: [{{id: c, type: pass}}]}}
  - id: {long}
    type: map
    items: input.items
    steps: [{{id: d, type: pass}}]
"""
    )
    ends = [state.name for state in definition.all_states.values() if isinstance(state, Succeed)]
    assert ends == ["one_done_2", "done_done", "b" * 59 + "_done", "b" * 59 + "_do_2", "done"]
    assert max(map(len, ends)) == 64
    assert len(definition.all_states) == 6 + len(ends)
