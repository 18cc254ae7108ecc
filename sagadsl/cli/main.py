"""The `sagadsl` command: finds the command's module, and sees to it that nobody meets a traceback."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import typer
import typer.core
import typer.main

from sagadsl.cli.exits import EXITS, INTERNAL, INTERRUPTED, NOT_WRITTEN, PROBLEMS, CommandError
from sagadsl.cli.quick import QuickCommand, QuickParams

COMMANDS: Mapping[str, str] = {
    "validate": "validate",
    "run": "run",
    "resume": "resume",
    "worker": "worker",
    "ls": "ls",
    "show": "show",
    "events": "events",
    "stats": "stats",
    "dead-letters": "dead_letters",
    "retry": "decide_retry",
    "compensate": "decide_compensate",
    "resolve": "decide_resolve",
    "skip": "decide_skip",
    "signal": "decide_signal",
    "report": "decide_report",
    "services": "services",
    "purge": "purge",
    "export": "export",
    "audit": "audit",
    "db": "db",
    "test": "test",
    "verify": "verify",
    "outcomes": "outcomes",
    "draw": "draw",
    "compile": "compile",
    "schema": "schema",
    "new": "new",
    "fmt": "fmt",
    "expand": "expand",
    "lsp": "lsp",
}
"""Every command and the module that has it as `command`."""

_COMPLETING = "_SAGADSL_COMPLETE"  # set, by Typer's convention, where a shell asks for completions


class LazyGroup(QuickParams, typer.core.TyperGroup):
    """Imports a command's module when the command is wanted, and not before."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command, or nothing if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"sagadsl.cli.{COMMANDS[cmd_name]}")
        app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        needs_arguments = getattr(module, "NEEDS_ARGUMENTS", True)
        app.command(cmd_name, cls=QuickCommand, no_args_is_help=needs_arguments)(module.command)
        command = typer.main.get_command(app)
        if _COMPLETING in os.environ:
            from sagadsl.cli.completion import attach

            attach(command)
        return command

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return the commands and options that begin so, without importing the commands."""
        from sagadsl.cli.completion import matching

        return [*matching(COMMANDS, incomplete), *super(typer.core.TyperGroup, self).shell_complete(ctx, incomplete)]


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    epilog="**Exit codes**\n\n" + "\n".join(f"- {code} {text}" for code, text in EXITS.items()),
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"sagadsl {version('sagadsl')}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """Distributed transactions as explicit state machines in YAML.

    A saga is written as states and transitions, with what undoes each step. Check it with `validate`, look at it with
    `draw`, try it with `run --simulate`, and run it against services with `run --services`.
    """


_FULL = {errno.ENOSPC, errno.EFBIG, errno.EIO}


def main() -> NoReturn:
    """Run the command line and end the process with one of the exit codes of `exits.EXITS`."""
    gc.set_threshold(
        50_000
    )  # what is imported at the start is no garbage: looking for some there costs 5 % of a command
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called us
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as we live
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a character shows another
            stream.reconfigure(errors="replace")
    if os.environ.get("SAGADSL_DEBUG"):
        import logging

        logging.basicConfig(level=logging.DEBUG)
    code = _run()
    try:
        sys.stdout.flush()
    except OSError as error:  # a full disk, or a reader that has gone
        _forget_output()
        code = PROBLEMS if isinstance(error, BrokenPipeError) else _say(str(error.strerror), "", NOT_WRITTEN)
    gc.freeze()  # to look for garbage once more, in all that the process leaves, costs 10 % of a command
    sys.exit(code)


def _run() -> int:
    try:
        typer.main.get_command(app)(prog_name="sagadsl")
    except CommandError as error:
        return _say(str(error), error.hint, error.exit_code)
    except KeyboardInterrupt:
        return _say("interrupted", "", INTERRUPTED)
    except BrokenPipeError:
        _forget_output()
        return PROBLEMS
    except RecursionError:
        return _say("the definition is nested too deeply for this machine", "", INTERNAL)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _say(f"{where}{error.strerror or error}", "", NOT_WRITTEN if error.errno in _FULL else PROBLEMS)
    except Exception as error:  # the last line of defence between a mistake of ours and a person
        if os.environ.get("SAGADSL_DEBUG"):
            raise
        what = f"{type(error).__name__}: {error}"
        return _say(f"a mistake in sagadsl itself: {what}", "SAGADSL_DEBUG=1 shows where; please report it", INTERNAL)
    return 0


def _forget_output() -> None:
    """Nothing more can be written to a stream, and the interpreter must not try when it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _say(message: str, hint: str, code: int) -> int:
    try:
        typer.echo(f"error: {message}", err=True)
        if hint:
            typer.echo(f"hint: {hint}", err=True)
    except OSError:  # where nothing can be told any more, the exit code still does
        _forget_output()
    return code
