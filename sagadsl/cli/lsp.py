"""`sagadsl lsp`."""

from __future__ import annotations

from typing import Annotated

import typer

from sagadsl.cli.exits import CommandError

NEEDS_ARGUMENTS = False

_BROUGHT_BY_THE_EXTRA = frozenset({"pygls", "lsprotocol", "cattrs", "attrs"})


def command(
    stdio: Annotated[  # noqa: ARG001  editors pass it, and there is nothing to choose from
        bool, typer.Option("--stdio", help="Talk over standard input and output; there is no other way.")
    ] = True,
) -> None:
    """Serve an editor that speaks the Language Server Protocol, over standard input and output.

    Needs the extra `lsp`: `pip install "sagadsl[lsp]"`. Editors start this command themselves.
    """
    try:
        from sagadsl.lsp.features import serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _BROUGHT_BY_THE_EXTRA:
            raise
        hint = 'install it with: pip install "sagadsl[lsp]"'
        raise CommandError(f"the language server needs {error.name}, which is not installed", hint=hint) from None
    serve()
