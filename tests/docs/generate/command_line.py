"""`command-line.md`: every command with its arguments and options, and the exit codes."""

from __future__ import annotations

import inspect
from typing import Any

import typer.main

from sagadsl.cli.exits import EXITS
from sagadsl.cli.main import COMMANDS, app
from tests.docs.generate import markdown
from tests.docs.generate.markdown import code, table

INTRODUCTION = """\
Results go to standard output, findings and errors to standard error. `--help` after a command says what stands here.
`sagadsl --version` prints the version."""

EXIT_CODES = """\
## Exit codes

The codes 3, 4 and 5 come from `sagadsl run` alone."""

DEBUGGING = """\
`SAGADSL_DEBUG=1` in the environment shows where in sagadsl a mistake happened that ended with exit code 70."""


def page() -> str:
    """Return the page."""
    group: Any = typer.main.get_command(app)
    commands = [_command(name, group.get_command(None, name)) for name in COMMANDS]
    exits = table(["code", "meaning"], [(code(number), text) for number, text in EXITS.items()])
    return markdown.page("The command line", INTRODUCTION, *commands, EXIT_CODES, exits, DEBUGGING)


def _command(name: str, command: Any) -> str:
    options = [_row(param) for param in command.params if param.name != "help"]
    parts = [f"## sagadsl {name}", _prose(command.help)]
    if options:
        parts.append(table(["argument or option", "default", "what it is"], options))
    return "\n\n".join(parts)


def _prose(text: str) -> str:
    """Return a help text as Markdown; an indented part of it is a command."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        f"```sh\n{inspect.cleandoc(part)}\n```" if part.startswith("    ") else part for part in paragraphs
    )


def _row(param: Any) -> tuple[str, str, str]:
    if param.param_type_name == "argument":
        more = "…" if param.nargs != 1 else ""
        return code(f"{param.name.upper()}{more}"), "required", param.help
    value = "" if param.is_flag else f" {param.metavar or _choices(param)}"
    return code(", ".join(param.opts) + value), _default(param), param.help + (_AGAIN if param.multiple else "")


_AGAIN = " Can be given more than once."


def _choices(param: Any) -> str:
    choices = getattr(param.type, "choices", None)
    return "|".join(str(getattr(choice, "value", choice)) for choice in choices) if choices else "PATH"


def _default(param: Any) -> str:
    shown = param.show_default
    if isinstance(shown, str):
        return shown
    value = getattr(param.default, "value", param.default)
    return code(value) if isinstance(value, str) else ""
