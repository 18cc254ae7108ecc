"""The pages that are made from tables are those that are checked in."""

import pytest

from tests.docs.generate import PAGES
from tests.docs.generate.command_line import command, parameters
from tests.docs.generate.keys import SCHEMA, SHARED


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_reference_page_is_up_to_date(path):
    assert path.read_text(encoding="utf-8") == PAGES[path](), "run: python -m tests.docs.update"


def test_every_key_of_the_schema_is_in_its_page():
    (page,) = (make() for path, make in PAGES.items() if path.stem == "keys")
    keys = {key for part in (SCHEMA, *SHARED.values()) for key in part.get("properties", {})}

    assert {key for key in keys if f"| `{key}` |" not in page} == {"id"}, "only a step's `id` stands in prose"


def test_options_are_read_as_the_command_line_takes_them(capfd):
    from typer.testing import CliRunner

    from sagadsl.cli.main import app

    shown = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, ["run", "--help"]).output

    names = [name for parameter in parameters(command("run")) for name in parameter.names if name.startswith("-")]
    assert names
    assert all(name in shown for name in names)
