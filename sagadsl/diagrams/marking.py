"""Puts a run on a picture: a mark on every node that it came to, the ways that it took; the rest stands back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sagadsl.diagrams.model import Edge, Emphasis, Mark, MarkKind, Node, Picture
from sagadsl.diagrams.run import RunPicture, StepRun
from sagadsl.language.definition import Definition, Fail, State, Succeed
from sagadsl.language.durations import format_duration

_URGENCY: tuple[MarkKind, ...] = (
    "compensation_failed",
    "failed",
    "compensating",
    "retrying",
    "running",
    "waiting",
    "compensated",
    "skipped",
    "completed",
    "pending",
)
"""Of the statuses of several items, the first of these decides on the colour."""
_MINUTE = 60
_AT_WORK = frozenset({"running", "waiting", "retrying", "compensating"})
_UNTIMED: Mapping[type, Mark] = {Fail: Mark("failed", "failed here"), Succeed: Mark("passed", "reached")}
_WORDS = {"compensating": "being undone", "compensated": "undone", "compensation_failed": "undo failed"}


def marked(drawn: Picture, run: RunPicture, definition: Definition) -> Picture:
    """Return the picture of a definition's states with a run on it."""
    steps, states = run.by_state, definition.all_states
    nodes = {
        node.id: _node(node, run, steps.get(node.state, ()), states.get(node.state), definition) for node in drawn.nodes
    }
    edges = (replace(edge, emphasis=_emphasis(edge, nodes, run)) for edge in drawn.edges)
    return replace(
        drawn, nodes=tuple(nodes.values()), edges=tuple(edges), remarks=(*drawn.remarks, headline(run, definition))
    )


def headline(run: RunPicture, definition: Definition) -> str:
    """Return one line about the whole run."""
    name = f"run {run.saga_id}: " if run.saga_id else "run: "
    took = "" if run.started_at is None else f" after {span(run.now - run.started_at)}"
    events = "1 event" if run.seq == 1 else f"{run.seq} events"
    return f"{name}{run.status.replace('_', ' ')}{took}, {events}{_because(run, definition)}"


def _because(run: RunPicture, definition: Definition) -> str:
    if run.error is None:
        return ""
    where = f" at {run.error_state}" if run.error_state else ""
    return f"; because of {_told(run.error.code, run.error.message, definition, where)}"


def _told(code: str, message: str, definition: Definition, where: str = "") -> str:
    """Return an error in words, without its message where that might repeat what is sensitive."""
    return f"{code}{where}" if definition.sensitive or not message else f"{code}{where}: {message}"


def span(seconds: float) -> str:
    """Return how long something took: `230 ms`, `1.2 s`, `5m30s`."""
    if seconds < 1:
        return f"{max(seconds, 0.0) * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < _MINUTE else format_duration(float(round(seconds)))


def _node(node: Node, run: RunPicture, steps: Sequence[StepRun], state: State | None, definition: Definition) -> Node:
    if node.kind == "start":
        return node if run.seq else replace(node, emphasis="faded")
    if node.kind in ("join", "point_of_no_return"):
        crossed = any(state == node.state and trigger == "next" for state, trigger in run.ways)
        return replace(node, emphasis="usual" if crossed else "faded")
    marks = undo_marks(steps) if node.kind == "compensation" else state_marks(node.state, state, steps, run)
    if not marks:
        return replace(node, emphasis="faded")
    undone = node.kind == "compensation"
    return replace(node, marks=marks, details=(*node.details, *_details(steps, definition, undone=undone)))


def state_marks(name: str, state: State | None, steps: Sequence[StepRun], run: RunPicture) -> tuple[Mark, ...]:
    """Return what is to be said of a state in a run; nothing of one that it did not come to."""
    if name not in run.passed:
        return ()
    if not steps:
        return (_UNTIMED.get(type(state), Mark("passed", "passed")),)
    if len(steps) == 1:
        (step,) = steps
        return (Mark(_kind(step), " · ".join(_words(step, run.now))),)
    counts = Counter(map(_kind, steps))
    return tuple(
        Mark(kind, f"{counts[kind]} {_WORDS.get(kind, kind)}{_again(steps, kind)}") for kind in _URGENCY if counts[kind]
    )


def undo_marks(steps: Sequence[StepRun]) -> tuple[Mark, ...]:
    """Return what is to be said of the undo of a state."""
    tried = [step for step in steps if step.undo_attempts]
    if len(tried) == 1:
        (step,) = tried
        return (Mark(_kind(step), " · ".join([_undo_word(step), *_attempts(step.undo_attempts)])),)
    counts = Counter(map(_kind, tried))
    return tuple(Mark(kind, f"{counts[kind]} {_WORDS.get(kind, kind)}") for kind in _URGENCY if counts[kind])


def _kind(step: StepRun) -> MarkKind:
    return next(kind for kind in _URGENCY if kind == step.status)


def _words(step: StepRun, now: float) -> Iterator[str]:
    yield _status_words(step)
    yield from _attempts(step.attempts)
    if step.execution > 1:
        yield f"entered {step.execution} times"
    if step.duration is not None and step.status not in _AT_WORK:
        yield span(step.duration)
    elif step.status in _AT_WORK and step.status != "compensating":
        yield f"for {span(now - step.started_at)}"


def _status_words(step: StepRun) -> str:
    error = "" if step.error is None else step.error.code
    match step.status:
        case "failed" | "retrying":
            return f"{step.status} after {error}" if step.status == "retrying" else f"failed: {error}"
        case "waiting" if step.awaits is not None:
            return f"waiting for {step.awaits}"
        case "compensated" if error:
            return f"undone, in doubt after {error}"
    return _WORDS.get(step.status, step.status)


def _undo_word(step: StepRun) -> str:
    error = "" if step.undo_error is None else step.undo_error.code
    return f"failed: {error}" if step.status == "compensation_failed" else _WORDS.get(step.status, step.status)


def _attempts(number: int) -> list[str]:
    return [f"{number} attempts"] if number > 1 else []


def _again(steps: Sequence[StepRun], kind: MarkKind) -> str:
    more = sum(step.attempts - 1 for step in steps if _kind(step) == kind and step.attempts > 1)
    return f", {more} more attempt{'s' if more > 1 else ''}" if more else ""


def _details(steps: Sequence[StepRun], definition: Definition, *, undone: bool) -> Iterator[tuple[str, str]]:
    for step in steps:
        where = f"item {step.region}: " if step.region else ""
        error = step.undo_error if undone else step.error
        attempts = step.undo_attempts if undone else step.attempts
        yield "run", f"{where}{step.status.replace('_', ' ')}, {attempts} attempt{'' if attempts == 1 else 's'}"
        if error is not None:
            yield "error", f"{where}{_told(error.code, error.message, definition)}"


def _emphasis(edge: Edge, nodes: dict[str, Node], run: RunPicture) -> Emphasis:
    source, target = nodes[edge.source], nodes[edge.target]
    if edge.trigger:
        return "strong" if (source.state, edge.trigger) in run.ways else "faded"
    return "faded" if "faded" in (source.emphasis, target.emphasis) else "strong"
