"""The files of an editor and those of the disk."""

import pytest

from sagadsl.lsp.workspace import Workspace, is_saga, read_file, read_folder

PARENT = "name: parent\nstates:\n  a: {type: saga, saga: child, next: b}\n  b: {type: succeed}\n"
CHILD = "name: child\nsteps: [{id: c, service: s, action: t, kind: read_only}]\n"
OTHER = "name: other\nsteps: [{id: o, service: s, action: t, kind: read_only}]\n"
CATALOGUE = "services: {s: {actions: {t: {payload: {type: object, required: [x], properties: {x: {type: string}}}}}}}\n"


@pytest.fixture
def workspace():
    found = Workspace()
    found.add_folder("/w", {"/w/parent.yaml": PARENT, "/w/child.yaml": CHILD, "/w/other.yaml": OTHER})
    return found


def codes(workspace, *paths):
    return {path: [each.code for each in found.diagnostics] for path, found in workspace.check(paths)().items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: x\nsteps:\n  - {}\n", True),
        ("sagadsl: '1.0'\n", True),
        ('{"name": "x", "steps": []}', True),
        ('{\n  "name": "x",\n  "states": {}\n}', True),
        ("name: ci\njobs:\n  build:\n    steps:\n      - run: make\n", False),
        ("services:\n  web: {image: x}\n", False),
        ("", False),
    ],
)
def test_a_saga_is_known_by_its_outermost_keys(text, expected):
    assert is_saga(text) is expected


def test_sagas_are_checked_with_those_that_they_run(workspace):
    assert set(workspace.related("/w/parent.yaml")) == {"/w/parent.yaml", "/w/child.yaml"}
    assert set(workspace.related("/w/child.yaml")) == {"/w/parent.yaml", "/w/child.yaml"}
    assert workspace.related("/w/other.yaml") == ["/w/other.yaml"]
    assert codes(workspace, *workspace.related("/w/parent.yaml")) == {"/w/parent.yaml": [], "/w/child.yaml": []}


def test_what_the_editor_has_counts_for_more_than_the_disk(workspace):
    workspace.open("/w/child.yaml", CHILD.replace("name: child", "name: kid"))

    assert workspace.related("/w/parent.yaml") == ["/w/parent.yaml"]
    assert codes(workspace, "/w/parent.yaml")["/w/parent.yaml"] != []
    workspace.close("/w/child.yaml")
    assert len(workspace.related("/w/parent.yaml")) == 2


def test_a_file_that_is_deleted_is_gone(workspace):
    workspace.put("/w/child.yaml", None)

    assert workspace.file_of("child") is None
    assert workspace.related("/w/child.yaml") == []
    assert workspace.file_of("parent") == "/w/parent.yaml"


def test_the_catalogue_at_the_top_of_the_workspace_counts(workspace):
    workspace.put("/w/services.yaml", CATALOGUE)
    workspace.put("/w/deep/services.yaml", "services: 1")

    assert workspace.catalogue_path() == "/w/services.yaml"
    assert workspace.around("/w/other.yaml").catalogue.action("s", "t") is not None
    assert codes(workspace, "/w/services.yaml") == {"/w/services.yaml": []}
    workspace.open("/w/services.yaml", "services: 1\n")
    assert codes(workspace, "/w/services.yaml")["/w/services.yaml"] != []
    assert workspace.around("/w/other.yaml").catalogue is None


def test_scenarios_are_no_sagas_and_a_language_makes_one(workspace):
    workspace.open("/w/x.scenarios.yaml", "steps: []\n")
    workspace.open("untitled:1", "nothing yet\n", surely=True)
    workspace.change("untitled:1", "still nothing\n")

    assert workspace.related("/w/x.scenarios.yaml") == []
    assert workspace.related("untitled:1") == ["untitled:1"]


def test_others_are_known_by_name(workspace):
    assert set(workspace.around("/w/parent.yaml").others) == {"child", "other"}
    workspace.remove_folder("/w")
    assert workspace.around("/w/parent.yaml").others == {}


def test_a_folder_is_read_without_what_is_hidden_or_unreadable(tmp_path):
    for name, data in {
        "a.yaml": b"name: a",
        "in/b.yml": b"name: b",
        "in/c.txt": b"c",
        ".git/d.yaml": b"name: d",
        "node_modules/e.yaml": b"name: e",
        "bad.yaml": b"\xff\xfe",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)

    assert dict(read_folder(str(tmp_path))) == {
        str(tmp_path / "a.yaml"): "name: a",
        str(tmp_path / "in" / "b.yml"): "name: b",
    }
    assert read_file(str(tmp_path / "none.yaml")) is None
