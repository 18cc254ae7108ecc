"""`sagadsl validate`: what an analyst is told, and the exit codes that a build reads."""

import json

import pytest

from tests.cli.conftest import ROOT, TRIP


def test_valid_definitions_are_counted_on_standard_output(sagadsl):
    result = sagadsl("validate", ROOT / "definitions")

    assert result == (0, "7 definitions are valid\n", "")


def test_a_problem_is_shown_at_its_characters_with_a_code_and_a_hint(sagadsl, write):
    file = write("bad.yaml", TRIP.replace("payload: {city", "paylaod: {city"))

    result = sagadsl("validate", file)

    assert result.code == 1
    assert f"{file}:4:52: error: " in result.err
    assert "payload" in result.err
    assert "[SAGA201]" in result.err
    assert "^^^^^^^" in result.err
    assert result.out == "1 definition checked: 1 error, 0 warnings\n"


def test_json_gives_every_diagnostic_to_programs_on_standard_output(sagadsl, write):
    file = write("bad.yaml", TRIP.replace("input.city", "input.town").replace("output.ref}", "outptu.ref}", 1))

    result = sagadsl("validate", file, "--format", "json")

    found = json.loads(result.out)
    assert (result.code, result.err) == (1, "")
    assert len(found) >= 2
    for diagnostic in found:
        assert {"code", "severity", "message", "file", "line", "column", "hint"} <= set(diagnostic)
        assert diagnostic["file"] == str(file)


def test_warnings_are_shown_and_count_only_when_asked_to(sagadsl, write):
    text = "name: w\nsteps:\n  - {id: a, service: s, action: a}\n  - {id: b, service: s, action: b, compensation: c}\n  - {id: c, service: s, action: c, kind: read_only}\n"
    file = write("w.yaml", text)

    relaxed, strict = sagadsl("validate", file), sagadsl("validate", "--strict", file)

    assert (relaxed.code, strict.code) == (0, 1)
    assert "warning" in relaxed.err
    assert "[SAGA502]" in relaxed.err


def test_a_folder_is_searched_at_any_depth_and_hidden_folders_are_not(sagadsl, write):
    folder = write("a/b/one.yaml", TRIP).parents[2]
    write("a/two.yml", TRIP.replace("name: trip", "name: journey"))
    write("a/.git/three.yaml", "not: a saga")
    write("a/notes.txt", "not a saga")
    write("a/b/one.scenarios.yaml", "not: a saga")

    assert sagadsl("validate", folder / "a").out == "2 definitions are valid\n"
    assert sagadsl("validate", folder / "a", folder / "a/two.yml").out == "2 definitions are valid\n"


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("broken.yaml", "name: x\nsteps: [", 1, "broken.yaml:2:"),
        ("tab.yaml", "name: x\nstates:\n\tone: {}", 1, "tab"),
        ("twice.yaml", "name: x\nname: y\nsteps: []", 1, "twice.yaml:2:1"),
        ("on.yaml", "name: x\non: push\nsteps: [{id: a, service: s, action: b}]", 1, "on.yaml:2:1"),
        ("deep.yaml", "name: x\ninput: " + "[" * 101 + "]" * 101, 1, "100"),
        ("empty.yaml", "", 1, "empty.yaml:1:1"),
        ("latin.yaml", "name: caf\xe9".encode("latin-1"), 1, "UTF-8"),
        ("open.yaml", TRIP.replace("input.city}", "input.city"), 1, "open.yaml:4:"),
        ("unquoted.yaml", TRIP.replace('"${input.city}"', "${input.city}"), 1, "quote"),
        (
            "bomb.yaml",
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)),
            1,
            "100,000",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.endswith(".yaml") else "",
)
def test_a_text_that_is_no_definition_gives_its_place_and_what_to_do(sagadsl, write, name, content, code, said):
    result = sagadsl("validate", write(name, content))

    assert result.code == code
    assert said in result.err
    assert "error:" in result.err


def test_paths_that_are_not_there_are_said(sagadsl, tmp_path):
    missing, empty = sagadsl("validate", tmp_path / "no.yaml"), sagadsl("validate", tmp_path)

    assert (missing.code, empty.code) == (2, 2)
    assert "no.yaml: there is no such file or folder" in missing.err
    assert "there is no definition in this folder" in empty.err


def test_usage_errors_exit_with_two(sagadsl, trip):
    assert sagadsl("validate", trip, "--format", "xml").code == 2
    assert sagadsl("validate", "--no-such-option", trip).code == 2
    assert sagadsl("no-such-command").code == 2
    assert sagadsl("validate").code == 2
