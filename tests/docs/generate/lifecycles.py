"""`lifecycles.md`: the two state machines that every saga shares, as drawings and tables."""

from __future__ import annotations

from sagadsl.machine.lifecycles import SAGA, STEP, Lifecycle
from tests.docs.generate import markdown
from tests.docs.generate.markdown import code, table

INTRODUCTION = """\
A saga as a whole, and each of its steps, is in one status at a time. Which status can follow which is the same for
every definition and stands in two tables, [`sagadsl/machine/lifecycles.py`](../../sagadsl/machine/lifecycles.py). The
machines that run, the output of `sagadsl compile` and this page are all made from them.

Besides these two, every definition has a machine of its own, its *flow*: the states and transitions that its author
wrote. `sagadsl compile FILE` prints all three."""

SAGA_EVENTS = {
    "start": "The input has passed its schema, and the first state is entered.",
    "cancel": "A person calls the saga off while it still waits for its locks.",
    "complete": "A `succeed` state is reached.",
    "fail": "The saga stops where nothing is undone: after the pivot, or by `on_failure: fail`. A person decides.",
    "retry": "A person has a failed saga tried again, at most `max_retries` times.",
    "resume": "The retried saga goes on in the state where it stopped.",
    "give_up": "The retry is called off before anything ran again. Nothing in this version does so.",
    "compensate": "A step has failed for good before the pivot, the time is over, a person or the parent saga wants it undone.",
    "finish_compensation": "Everything that had to be undone has been.",
    "fail_compensation": "A compensation has failed for good, and no other is left to try. A person decides.",
    "retry_compensation": "A person has the compensations that failed, or were not reached, tried again.",
    "resolve": "A person has undone by hand the last step that could not be undone.",
}

STEP_EVENTS = {
    "start": "The saga enters the state and calls the action for the first time.",
    "complete": "The action has answered, or its outcome was reported, and no `fail_when` condition held.",
    "skip": "A person lets the saga go on without a failed step.",
    "fail": "An attempt has failed, timed out, or was declined by `fail_when`.",
    "retry": "Another attempt is due, at once or after a delay.",
    "resume": "The delay is over: the action is called again.",
    "give_up": "The saga stopped waiting for the retry, because its time was over or a person wanted it undone.",
    "wait": "A `wait` state is entered, or a `callback` action has taken its job: the outcome comes from outside.",
    "resolve": "A person has done by hand what the step, or its compensation, could not do.",
    "compensate": "The compensation is called for the first time. A failed or skipped step gets here when it is in doubt.",
    "finish_compensation": "The compensation has answered.",
    "fail_compensation": "An attempt at the compensation has failed.",
    "retry_compensation": "The compensation is called again, by its `retry` or because a person wants it.",
}


def page() -> str:
    """Return the page."""
    return markdown.page(
        "Lifecycles",
        INTRODUCTION,
        _section("The saga", SAGA, SAGA_EVENTS),
        _section("The step", STEP, STEP_EVENTS),
    )


def _section(title: str, lifecycle: Lifecycle, sentences: dict[str, str]) -> str:
    triggers = list(dict.fromkeys(row.trigger for row in lifecycle.rows))
    if set(triggers) != set(sentences):
        raise ValueError(f"{lifecycle.name}: sentences and events differ: {set(triggers) ^ set(sentences)}")
    ends = " and ".join(code(name) for name in sorted(lifecycle.final))
    return "\n\n".join(
        [
            f"## {title}",
            f"It begins as {code(lifecycle.initial)}. Nothing leads out of {ends}.",
            _mermaid(lifecycle),
            table(
                ["from", "event", "to"],
                [(code(row.source), code(row.trigger), code(row.dest)) for row in lifecycle.rows],
            ),
            table(["event", "when"], [(code(trigger), sentences[trigger]) for trigger in triggers]),
        ]
    )


def _mermaid(lifecycle: Lifecycle) -> str:
    rows = [f"    {row.source} --> {row.dest} : {row.trigger}" for row in lifecycle.rows]
    ends = [f"    {name} --> [*]" for name in lifecycle.states if name in lifecycle.final]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {lifecycle.initial}", *rows, *ends, "```"])
