"""`command-line.md`: every command with its arguments and options, and the exit codes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import EnumType
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_type_hints

from typer.models import ArgumentInfo

from sagadsl.cli.exits import EXITS
from sagadsl.cli.main import COMMANDS
from tests.docs.generate import markdown
from tests.docs.generate.markdown import code, table

INTRODUCTION = """\
Results go to standard output, findings and errors to standard error. `--help` after a command says what stands here,
and `sagadsl --version` prints the version."""

EXIT_CODES = """\
## Exit codes

The codes 3, 4 and 5 come from `sagadsl run` and `sagadsl resume` alone, and from decisions that go on with `--services`."""

DEBUGGING = """\
`SAGADSL_DEBUG=1` in the environment shows where in sagadsl a mistake happened that ended with exit code 70."""

AGAIN = "Can be given more than once."


class Parameter(NamedTuple):
    """An argument or an option of a command, as its function declares it."""

    names: tuple[str, ...]
    value: str
    default: str
    help: str


def page() -> str:
    """Return the page."""
    exits = table(["code", "meaning"], [(code(number), text) for number, text in EXITS.items()])
    commands = [_section(name, command(name)) for name in COMMANDS]
    return markdown.page("The command line", INTRODUCTION, *commands, EXIT_CODES, exits, DEBUGGING)


def command(name: str) -> Callable[..., Any]:
    """Return the function behind a command."""
    found: Callable[..., Any] = import_module(f"sagadsl.cli.{COMMANDS[name]}").command
    return found


def parameters(function: Callable[..., Any]) -> Iterator[Parameter]:
    """Return what a command can be given, in the order in which it says so."""
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind, info = get_args(hints[name])
        many = "list" in str(kind)
        if isinstance(info, ArgumentInfo):
            shown = info.metavar or name.upper()
            yield Parameter((shown + ("…" if many else ""),), "", "**required**", info.help)
            continue
        yield Parameter(
            _names(name, info), _value(kind, info), _default(parameter.default, info), _help(info, many=many)
        )


def _names(name: str, info: Any) -> tuple[str, ...]:
    """Return an option's names; in an annotation, Typer takes the first of them for the default."""
    given = (info.default, *(info.param_decls or ()))
    return tuple(word for word in given if isinstance(word, str)) or (f"--{name.replace('_', '-')}",)


def _section(name: str, function: Callable[..., Any]) -> str:
    rows = [(code(", ".join(p.names) + p.value), p.default, p.help) for p in parameters(function)]
    parts = [f"## sagadsl {name}", _prose(inspect.getdoc(function) or "")]
    return "\n\n".join([*parts, table(["argument or option", "default", "what it is"], rows)] if rows else parts)


def _prose(text: str) -> str:
    """Return a help text as Markdown; an indented part of it is a command."""
    parts = text.split("\n\n")
    return "\n\n".join(f"```sh\n{inspect.cleandoc(p)}\n```" if p.startswith("    ") else p for p in parts)


def _value(kind: Any, info: Any) -> str:
    if kind is bool:
        return ""
    if isinstance(kind, EnumType):
        return f" {'|'.join(member.value for member in kind)}"
    return f" {info.metavar or ('FILE' if Path in get_args(kind) else 'TEXT')}"


def _default(value: Any, info: Any) -> str:
    if value is inspect.Parameter.empty:
        return "**required**"
    if isinstance(info.show_default, str):
        return info.show_default
    return "" if value is None or value is False else code(getattr(value, "value", value))


def _help(info: Any, *, many: bool) -> str:
    return f"{info.help} {AGAIN}" if many else info.help
