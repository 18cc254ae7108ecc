"""Checks of the flow: every transition leads somewhere, every state can be reached, every path can end."""

from __future__ import annotations

from collections.abc import Iterator

from sagadsl.language.checks.context import Context
from sagadsl.language.checks.words import arrows
from sagadsl.language.definition import Choice, Fail, Map, Pass, Succeed
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.edges import OUTSIDE, Home
from sagadsl.language.suggest import one_of

_SHOWN_STATES = 8


def dangling_targets(context: Context) -> Iterator[Diagnostic]:
    """SAGA301: a transition, or `start`, names no state."""
    for home, edge in context.dangling:
        if (home, edge.target) in context.guesses:
            hint = f"did you mean '{context.guesses[home, edge.target]}'?"
        else:
            names = context.homes.states_in(home)
            hint = f"the states are {one_of(sorted(names), 'and')}" if len(names) <= _SHOWN_STATES else ""
        yield context.at("SAGA301", f"there is no state '{edge.target}'", edge.path, hint)


def crossing_targets(context: Context) -> Iterator[Diagnostic]:
    """SAGA305: a transition leads out of its branch or body, or into one."""
    for home, edge in context.crossing:
        there = context.homes.of[edge.target]
        message = f"'{edge.target}' is {_among(context, there)}, and this is {_among(context, home)}"
        yield context.at("SAGA305", message, edge.path, _way_across(context, home, edge.target))


def _among(context: Context, home: Home) -> str:
    if home == OUTSIDE:
        return "one of the saga's own states"
    if isinstance(context.states[home.owner], Map):
        return f"inside the body of '{home.owner}'"
    return f"inside the branch '{home.name}' of '{home.owner}'"


def _way_across(context: Context, home: Home, target: str) -> str:
    around = context.homes.around(target)
    if home in around:
        return f"lead to '{around[around.index(home) + 1].owner}', which begins all that is inside it"
    return f"end here with a succeed state: what comes behind is said by the 'next' of '{home.owner}'"


def unreachable_states(context: Context) -> Iterator[Diagnostic]:
    """SAGA302: no path from the start leads to a state."""
    if not context.flow.reachable:
        return  # the start itself is unknown, which has been told
    hint = f"lead to it from a state that '{context.flow.start}' leads to, or delete it"
    unknown = {home for home, _ in context.crossing}  # nobody knows which of its own states was meant
    for name, state in context.states.items():
        owner = context.homes.of[name].owner
        if (
            context.homes.of[name] not in unknown
            and name not in context.flow.reachable
            and (not owner or owner in context.flow.reachable)
        ):
            inside = f"lead to it from another state of '{owner}', or delete it"
            message = f"the state '{name}' cannot be reached"
            yield context.at_name("SAGA302", message, state, inside if owner else hint)


def ways_to_an_end(context: Context) -> Iterator[Diagnostic]:
    """SAGA303: states that lead round and round and never to an end of their region. Each round is told once."""
    states, flow = context.states, context.flow
    ends = [name for name, state in states.items() if isinstance(state, Succeed | Fail)]
    # Nobody knows where a dangling transition would lead.
    astray = (*context.dangling, *context.crossing)
    unknown = [edge.source for home, edge in astray if edge.source and (home, edge.target) not in context.guesses]
    saved = flow.leading_to([*ends, *unknown])
    lost = [name for name in states if name not in saved]
    for trip in flow.cycles_among(lost):
        message = f"from '{trip[0]}' no end can be reached: {arrows(trip)} goes round for ever"
        hint = "lead one of these states to a succeed or a fail state"
        yield context.at_name("SAGA303", message, states[trip[0]], hint)


def idle_cycles(context: Context) -> Iterator[Diagnostic]:
    """SAGA304: a cycle of `pass` and `choice` states alone, which decides the same every time round."""
    states = context.states
    idle = [name for name, state in states.items() if isinstance(state, Pass | Choice)]
    for trip in context.flow.cycles_among(idle):
        message = f"{arrows(trip)} is a cycle without a task: it would decide the same every time round"
        yield context.at_name("SAGA304", message, states[trip[0]], "put a task into it, or lead out of it")
