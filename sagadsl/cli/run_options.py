"""What `sagadsl run` is told on its command line, read and checked before anything starts."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from sagadsl.cli import json_text
from sagadsl.cli.exits import PROBLEMS, CommandError
from sagadsl.language.definition import Definition, Json, SubSaga, Task
from sagadsl.language.suggest import nearest
from sagadsl.runtime.simulation import SIMULATED_FAILURE, PlannedFailure, Script

_FAIL = re.compile(r"(?P<undo>~?)(?P<state>[^=:~]+)(?:=(?P<code>[A-Za-z_][A-Za-z0-9_]*))?(?::(?P<times>[0-9]{1,9}))?")


def read_input(given: str | None) -> Json:
    """Return the saga's input; see `read_json`."""
    return {} if given is None else read_json(given, "--input")


def read_json(given: str, option: str) -> Json:
    """Return the data that an option gives: JSON text, or the text of a file that `@` names (`@-` is standard input).

    Raises:
        CommandError: It cannot be read, or is not JSON.
    """
    if not given.startswith("@"):
        return json_text.read(given, option, is_inline=True)
    name = given[1:]
    try:
        text = (_standard_input(option) if name == "-" else Path(name).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{option}: {name}: {error.strerror or 'cannot be read'}", PROBLEMS) from None
    except UnicodeDecodeError:
        raise CommandError(f"{option}: {name}: the file is not UTF-8 text", PROBLEMS) from None
    return json_text.read(text, name)


def _standard_input(option: str) -> bytes:
    if sys.stdin is None:
        raise CommandError(f"{option}: there is no standard input")
    return sys.stdin.buffer.read()


def read_script(definition: Definition, fail: Sequence[str], output: Sequence[str], signal: Sequence[str]) -> Script:
    """Return what the simulation is told.

    Raises:
        CommandError: An option is not of its form, or names a state that is not there.
    """
    return Script(
        failures=[_planned_failure(definition, text) for text in fail],
        outputs=dict(_assignment(definition, text) for text in output),
        signals=[read_signal(text) for text in signal],
    )


def _planned_failure(definition: Definition, text: str) -> PlannedFailure:
    found = _FAIL.fullmatch(text)
    if found is None:
        raise CommandError(
            f"--fail {text}: not of the form STATE[=CODE[:TIMES]]",
            hint="for example --fail charge=Declined:2",
        )
    undo, times = bool(found["undo"]), found["times"]
    task = _task(definition, found["state"], f"--fail {text}")
    if undo and isinstance(task, Task) and task.compensation is None:
        raise CommandError(f"--fail {text}: {task.name} has no compensation that could fail")
    return PlannedFailure(task.name, undo, found["code"] or SIMULATED_FAILURE, None if times is None else int(times))


def _assignment(definition: Definition, text: str) -> tuple[str, Json]:
    state, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"--output {text}: not of the form STATE=JSON")
    return _task(definition, state, f"--output {state}").name, json_text.read(value, f"--output {state}")


def read_signal(text: str) -> tuple[str, Json]:
    """Return the name and the payload of a `--signal NAME[=JSON]`."""
    name, equals, value = text.partition("=")
    return name, json_text.read(value, f"--signal {name}") if equals else None


def _task(definition: Definition, name: str, where: str) -> Task | SubSaga:
    state = definition.all_states.get(name)
    if isinstance(state, Task | SubSaga):
        return state
    tasks = [other.name for other in definition.all_states.values() if isinstance(other, Task | SubSaga)]
    if state is not None:
        raise CommandError(f"{where}: {name} calls no service, so that it cannot answer or fail", hint=_listed(tasks))
    near = nearest(name, tasks)
    hint = f"did you mean {near}?" if near else _listed(tasks)
    raise CommandError(f"{where}: {definition.name} has no state {name!r}", hint=hint)


def _listed(tasks: Sequence[str]) -> str:
    return f"the tasks are {', '.join(tasks)}" if tasks else "there are no tasks"
