"""What a shell is told when somebody presses the tabulator key; imported for nothing else.

Typer does the talking (`sagadsl --install-completion`); commands, options and fixed choices it knows itself. Here is
what only the definition on the command line can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sagadsl.language.definition import Definition, OnFailure, SubSaga, Task, Wait

_UNDO = "~"


def _steps(definition: Definition) -> Iterable[str]:
    """The states that can fail or answer, and with `~` those whose compensation can fail."""
    for state in definition.all_states.values():
        if isinstance(state, Task | SubSaga):
            yield state.name
            if state.compensation is not None:
                yield f"{_UNDO}{state.name}"


def _answers(definition: Definition) -> Iterable[str]:
    return (f"{name}=" for name in _steps(definition) if not name.startswith(_UNDO))


def _signals(definition: Definition) -> Iterable[str]:
    for state in definition.all_states.values():
        then = getattr(state, "on_failure", None)
        if isinstance(state, Wait) and state.signal is not None:
            yield state.signal
        elif isinstance(then, OnFailure) and then.signal is not None:
            yield then.signal


_OF_DEFINITION: Mapping[tuple[str, str], Callable[[Definition], Iterable[str]]] = {
    ("run", "fail"): _steps,
    ("run", "output"): _answers,
    ("run", "signal"): _signals,
}
"""By command and option: the words that a definition gives."""


def attach(command: Any) -> None:
    """Let the options of a command be completed from the definition that is named beside them."""
    for param in command.params:
        words = _OF_DEFINITION.get((command.name, param.name))
        if words is not None:
            param.shell_complete = partial(_complete, words)


class Word(NamedTuple):
    """One word to offer, with what Typer's scripts for the shells ask of it."""

    value: str
    type: str = "plain"
    help: str | None = None


def matching(names: Iterable[str], incomplete: str) -> list[Word]:
    """Return those names that begin with what has been typed, each once."""
    return [Word(name) for name in dict.fromkeys(names) if name.startswith(incomplete)]


def _complete(words: Callable[[Definition], Iterable[str]], ctx: Any, incomplete: str) -> list[Word]:
    definition = _definition([ctx.params.get("file"), *ctx.args])
    return [] if definition is None else matching(words(definition), incomplete)


def _definition(candidates: Iterable[Any]) -> Definition | None:
    """Return the first definition among these; while an option has no value yet, Typer has not told them apart."""
    from sagadsl.language.diagnostics import DefinitionError
    from sagadsl.language.load import check
    from sagadsl.language.source import read_text

    for name in candidates:
        if name is not None and Path(name).is_file():
            try:
                return check(read_text(name), str(name))[0]
            except DefinitionError:  # a shell's prompt is no place to say so
                return None
    return None
