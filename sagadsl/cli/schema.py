"""`sagadsl schema`."""

from __future__ import annotations

import typer

from sagadsl.language.schema import schema_text

NEEDS_ARGUMENTS = False


def command() -> None:
    """Print the JSON Schema (draft-07) of definitions, for editors and other tools.

    Save it beside your definitions and let the editor know of it with a first line such as
    `# yaml-language-server: $schema=saga.schema.json`.
    """
    typer.echo(schema_text(), nl=False)
