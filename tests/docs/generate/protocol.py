"""`protocol.md`: the events that a machine takes and the commands that it gives."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import MISSING, Field, fields
from typing import Any, get_args

from sagadsl.machine.commands import Command
from sagadsl.machine.events import EVENTS, Failure, Stamp, StepFailed, to_json
from tests.docs.generate import markdown
from tests.docs.generate.markdown import code, sentence, table

INTRODUCTION = """\
What goes into a saga's machine are *events*: facts that happened, and all that has to be stored. What comes out are
*commands*: what the host has to do because of them. `Saga.apply(event)` takes the one and returns a list of the
other; [Embed the machine](../how-to/embed-the-machine.md) shows how to use it. The classes stand in
[`sagadsl/machine/events.py`](../../sagadsl/machine/events.py) and
[`sagadsl/machine/commands.py`](../../sagadsl/machine/commands.py).

An event that is out of place raises `UnexpectedEvent` and changes nothing. The late answer of an attempt that was given
up as in doubt is not out of place: it is taken, and otherwise ignored."""

STAMP = """\
Every event also has `seq`, its number in its saga (from 1; 0 means the next one), and `at`, the time at which the host
recorded it, in seconds since 1970. An event's `to_json` looks like this:"""

REGION = """\
`execution` is 1 the first time the saga enters the state, then 2, 3, … `region` says which entry of a `map` the step is
for: `2` is the third one, `2/0` the first one of a map inside it; outside maps it is empty. A branch of a `parallel` is
no part of it, since the names of states are unique. `reported` says that the outcome of a step with `callback: true`
came from outside and not as the action's answer. `parent` says that it is not a person who asks, but the saga that runs
this one: then even a saga that has completed is undone. `by` and `why` say who has brought an event about, and for what
reason; in `StepSucceeded`, `StepFailed` and `SignalReceived` they are only written if somebody has said so."""

COMMANDS: tuple[type[Any], ...] = get_args(Command)
_MEANING = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def page() -> str:
    """Return the page."""
    return markdown.page(
        "Events and commands",
        INTRODUCTION,
        "## Events",
        STAMP,
        _example(),
        table(["event", "own fields", "what happened"], [_event(event) for event in EVENTS.values()]),
        REGION,
        "### Failure",
        sentence(Failure.__doc__) + " It is the `error` of an event, of `Finish` and of `Saga`.",
        _fields(Failure),
        "## Commands",
        *(_command(command) for command in COMMANDS),
    )


def _example() -> str:
    failure = Failure("Timeout", "no answer within 30s", in_doubt=True)
    event = StepFailed("charge", 1, failure, seq=4, at=1767225600.0)
    return f"```json\n{json.dumps(to_json(event), indent=2)}\n```"


def _event(event: type[Any]) -> tuple[str, str, str]:
    stamped = {field.name for field in fields(Stamp)}
    own = [_with_default(field) for field in fields(event) if field.name not in stamped]
    return code(event.__name__), ", ".join(own), sentence(event.__doc__)


def _with_default(field: Field[Any]) -> str:
    return code(field.name) if field.default is MISSING else code(f"{field.name} = {json.dumps(field.default)}")


def _command(command: type[Any]) -> str:
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    prose = [" ".join(part.split()) for part in paragraphs if not part.startswith("Args:")]
    return "\n\n".join([f"### {command.__name__}", *prose, _fields(command)])


def _fields(kind: type[Any]) -> str:
    meanings = {name: " ".join(text.split()) for name, text in _MEANING.findall(inspect.getdoc(kind) or "")}
    heads = ["field", "type", "meaning"] if meanings else ["field", "type"]
    rows = [(_with_default(f), code(f.type), meanings.get(f.name, ""))[: len(heads)] for f in fields(kind)]
    return table(heads, rows)
