"""Checks of the flow: every transition leads somewhere, every state can be reached, every path can end."""

from __future__ import annotations

from collections.abc import Iterator

from sagadsl.language.checks.context import Context
from sagadsl.language.definition import Choice, Fail, Pass, Succeed
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.suggest import one_of

_SHOWN_STATES = 8
_SHOWN_STEPS = 4


def dangling_targets(context: Context) -> Iterator[Diagnostic]:
    """SAGA301: a transition, or `start`, names no state."""
    names = sorted(context.definition.states)
    for edge in context.dangling:
        if edge.target in context.guesses:
            hint = f"did you mean '{context.guesses[edge.target]}'?"
        else:
            hint = f"the states are {one_of(names, 'and')}" if len(names) <= _SHOWN_STATES else ""
        yield context.at("SAGA301", f"there is no state '{edge.target}'", edge.path, hint)


def unreachable_states(context: Context) -> Iterator[Diagnostic]:
    """SAGA302: no path from the start leads to a state."""
    if not context.flow.reachable:
        return  # the start itself is unknown, which has been told
    hint = f"lead to it from a state that '{context.flow.start}' leads to, or delete it"
    for name, state in context.definition.states.items():
        if name not in context.flow.reachable:
            yield context.at_name("SAGA302", f"the state '{name}' cannot be reached", state, hint)


def ways_to_an_end(context: Context) -> Iterator[Diagnostic]:
    """SAGA303: states that lead round and round and never to `succeed` or `fail`. Each round is told once."""
    states, flow = context.definition.states, context.flow
    ends = [name for name, state in states.items() if isinstance(state, Succeed | Fail)]
    # Nobody knows where a dangling transition would lead.
    unknown = [e.source for e in context.dangling if e.source and e.target not in context.guesses]
    saved = flow.leading_to([*ends, *unknown])
    lost = [name for name in states if name not in saved]
    for trip in flow.cycles_among(lost):
        message = f"from '{trip[0]}' no end can be reached: {arrows(trip)} goes round for ever"
        hint = "lead one of these states to a succeed or a fail state"
        yield context.at_name("SAGA303", message, states[trip[0]], hint)


def idle_cycles(context: Context) -> Iterator[Diagnostic]:
    """SAGA304: a cycle of `pass` and `choice` states alone, which decides the same every time round."""
    states = context.definition.states
    idle = [name for name, state in states.items() if isinstance(state, Pass | Choice)]
    for trip in context.flow.cycles_among(idle):
        message = f"{arrows(trip)} is a cycle without a task: it would decide the same every time round"
        yield context.at_name("SAGA304", message, states[trip[0]], "put a task into it, or lead out of it")


def arrows(names: list[str]) -> str:
    """Return a path for people, its middle left out where it is long: `a → b → … → y → z`."""
    if len(names) > 2 * _SHOWN_STEPS:
        names = [*names[:_SHOWN_STEPS], "…", *names[-_SHOWN_STEPS:]]
    return " → ".join(names)
