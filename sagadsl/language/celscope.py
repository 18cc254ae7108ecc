"""What can be read where an expression stands, and what is said of the rest: one thing to mend in an expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import NamedTuple

from sagadsl.language.celtokens import Reference
from sagadsl.language.datatypes import DataType
from sagadsl.language.records import record


class ExpressionProblem(NamedTuple):
    """One thing to mend in an expression; `start` and `end` are offsets in its text, in code points."""

    code: str
    message: str
    hint: str
    start: int
    end: int


class Refusal(NamedTuple):
    """Why something cannot be read at a place: a diagnostic code, a sentence, and how to mend it."""

    code: str
    message: str
    hint: str = ""


_SOMEWHERE: Mapping[str, Refusal] = {
    "output": Refusal("SAGA402", "'output' can only be read in fail_when", "elsewhere write states.NAME.output"),
    "index": Refusal("SAGA402", "'index' can only be read inside the body of a map"),
    "steps": Refusal(
        "SAGA402", "'steps' can only be read in the invariants of a saga", "elsewhere write states.NAME.output"
    ),
    "error": Refusal(
        "SAGA402",
        "'error' cannot be read here: not every path to this state passes a catch",
        "it can be read in states behind a catch, and in compensation payloads",
    ),
}


@record()
class Scope:
    """What can be read where an expression stands, besides `input` and `saga`.

    Args:
        refuse_output: Says why the output of a state cannot be read there, or gives `None` if it can.
        refuse_signal: The same of a signal's payload.
        error: Whether `error` can be read.
        variables: Variables that are only there: `item` (by its own name) and `index` in the body of a map, `output`
            in `fail_when`, `steps` in invariants.
        elsewhere: Variables that can be read in other places of this saga, and what to say of them here.
        nothing_else: Why nothing besides `input` and `saga` can be read, or `None`.
        in_doubt: The state whose own output may be missing there, or nothing.
    """

    refuse_output: Callable[[str], Refusal | None] = lambda _: None
    refuse_signal: Callable[[str], Refusal | None] = lambda _: None
    error: bool = False
    variables: Mapping[str, DataType] = field(default_factory=dict)
    elsewhere: Mapping[str, Refusal] = field(default_factory=dict)
    nothing_else: Refusal | None = None
    in_doubt: str = ""

    def refused(self, text: str, found: Reference) -> Iterator[ExpressionProblem]:
        """Yield why a reference cannot be read here: one problem or none."""
        root = found.root
        if root in self.variables:
            return
        if self.nothing_else is not None and root in ("states", "signals", *_SOMEWHERE, *self.elsewhere):
            yield _problem(self.nothing_else, found)
        elif root == "states":
            yield from _refused_output(text, found, self.refuse_output)
        elif root == "signals":
            yield from _refused_signal(text, found, self.refuse_signal)
        elif root in self.elsewhere:
            yield _problem(self.elsewhere[root], found)
        elif root in _SOMEWHERE and not (root == "error" and self.error):
            yield _problem(_SOMEWHERE[root], found)


def names_output(found: Reference) -> bool:
    """Whether this reads `states.NAME.output` or something in it."""
    return found.root == "states" and len(found.parts) > 1 and found.parts[1] == "output"


def _refused_output(
    text: str, found: Reference, refuse: Callable[[str], Refusal | None]
) -> Iterator[ExpressionProblem]:
    name = _first(found)
    if not names_output(found):
        message = "of a state, only its output can be read"
        yield _problem(Refusal("SAGA402", message, f"write states.{name}.output"), found)
    elif not _written(text, found, 2, f"states.{name}.output"):
        message = "a state's output is read with dots"
        yield _problem(Refusal("SAGA402", message, f"write states.{name}.output"), found)
    elif (refusal := refuse(name)) is not None:
        yield _problem(refusal, found, found.spans[1][1])


def _refused_signal(
    text: str, found: Reference, refuse: Callable[[str], Refusal | None]
) -> Iterator[ExpressionProblem]:
    name = _first(found)
    if not found.parts or not _written(text, found, 1, f"signals.{name}"):
        yield _problem(Refusal("SAGA402", "a signal is read with its name", f"write signals.{name}"), found)
    elif (refusal := refuse(name)) is not None:
        yield _problem(refusal, found, found.spans[0][1])


def _first(found: Reference) -> str:
    return found.parts[0] if found.parts and isinstance(found.parts[0], str) else "NAME"


def _written(text: str, found: Reference, parts: int, plainly: str) -> bool:
    return "".join(text[found.start : found.spans[parts - 1][1]].split()) == plainly


def _problem(refusal: Refusal, found: Reference, end: int | None = None) -> ExpressionProblem:
    return ExpressionProblem(*refusal, found.start, found.end if end is None else end)
