"""`sagadsl lsp` where the extra is not installed."""

import sys

import pytest

from sagadsl.cli.exits import USAGE, CommandError
from sagadsl.cli.lsp import command


@pytest.fixture
def without(monkeypatch):
    """Make a module one that is not installed."""

    def hide(name):
        for module in [each for each in sys.modules if each.startswith("sagadsl.lsp.")]:
            monkeypatch.delitem(sys.modules, module)
        monkeypatch.setitem(sys.modules, name, None)

    return hide


def test_without_pygls_it_says_what_to_install(without):
    without("pygls")

    with pytest.raises(CommandError, match="the language server needs pygls, which is not installed") as told:
        command()
    assert told.value.hint == 'install it with: pip install "sagadsl[lsp]"'
    assert told.value.exit_code == USAGE


def test_a_mistake_of_ours_is_not_taken_for_a_missing_library(without):
    without("sagadsl.lsp.outline")

    with pytest.raises(ModuleNotFoundError, match=r"sagadsl\.lsp\.outline"):
        command()
