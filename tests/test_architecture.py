"""Imports point one way, and the machine touches nothing outside itself."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "sagadsl"
ROOMS = {
    "language": {"language"},
    "machine": {"language", "machine"},
    "diagrams": {"language", "machine", "diagrams"},
    "runtime": {"language", "machine", "runtime"},
    "lsp": {"language", "machine", "lsp"},
    "cli": {"language", "machine", "diagrams", "runtime", "lsp", "cli"},
}
IMPURE = {
    "asyncio",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "time",
    "uuid",
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def called(path):
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return {node.func.id for node in calls if isinstance(node.func, ast.Name)}


def asked_of_objects(path):
    """The names of methods that are called, such as `now` in `datetime.now()`."""
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return {node.func.attr for node in calls if isinstance(node.func, ast.Attribute)}


def modules(room):
    return sorted((PACKAGE / room).rglob("*.py"))


def test_every_room_is_known():
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert rooms == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_stands_before_it(room):
    for path in modules(room):
        ours = {name.split(".")[1] for name in imports(path) if name.startswith("sagadsl.")}
        assert ours <= ROOMS[room], f"{path.relative_to(PACKAGE)} imports {ours - ROOMS[room]}"
        assert "sagadsl" not in set(imports(path)), f"{path.relative_to(PACKAGE)} imports the whole package"


def test_the_machine_has_no_clock_no_randomness_and_no_io():
    for path in modules("machine"):
        used = {name.partition(".")[0] for name in imports(path)}
        assert not used & IMPURE, f"{path.name} imports {used & IMPURE}"
        assert not called(path) & {"open", "print", "input", "eval", "exec", "__import__"}, path.name
        assert not asked_of_objects(path) & {"now", "today", "utcnow", "fromtimestamp"}, path.name


def test_nothing_from_a_definition_is_executed_as_python():
    for path in sorted(PACKAGE.rglob("*.py")):
        assert not called(path) & {"eval", "exec", "__import__"}, path.name


def test_files_are_short_enough_to_have_one_purpose():
    for path in sorted(PACKAGE.rglob("*.py")):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 320, path.relative_to(PACKAGE)
