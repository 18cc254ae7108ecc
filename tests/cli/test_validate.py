"""`sagadsl validate`: what an analyst is told, and the exit codes that a build reads."""

import json
import subprocess
import sys

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


CATALOGUE = """\
services:
  hotels: {actions: {book: {payload: {type: object, required: [town]}}, cancel: {}}}
"""

STAY = "name: stay\nsteps: [{id: book, service: hotels, action: book, payload: {town: Rome}, compensation: cancel}]\n"


def test_definitions_are_checked_against_a_catalogue(sagadsl, write):
    catalogue, file = write("services.yaml", CATALOGUE), write("stay.yaml", STAY)
    wrong = write("wrong.yaml", STAY.replace("town: Rome", "twon: Rome"))

    assert sagadsl("validate", "--catalogue", catalogue, file).out == "1 definition is valid\n"
    assert sagadsl("validate", wrong).code == 0
    result = sagadsl("validate", "--catalogue", catalogue, wrong)
    assert result.code == 1
    assert "town" in result.err


def test_a_catalogue_among_the_definitions_is_no_definition(sagadsl, write):
    catalogue = write("all/services.yaml", CATALOGUE)
    write("all/stay.yaml", STAY)

    assert sagadsl("validate", catalogue.parent, "--catalogue", catalogue).out == "1 definition is valid\n"


def test_what_is_wrong_with_the_catalogue_is_told_at_its_place(sagadsl, write):
    catalogue, file = write("services.yaml", CATALOGUE.replace("payload", "paylaod")), write("stay.yaml", STAY)

    result = sagadsl("validate", "--catalogue", catalogue, file)

    assert result.code == 1
    assert f"{catalogue}:2:29: error: unknown key 'paylaod' in action 'book' [SAGA201]" in result.err
    assert "did you mean 'payload'?" in result.err


def test_a_catalogue_that_is_not_there_is_a_mistake_of_the_command(sagadsl, write):
    result = sagadsl("validate", "--catalogue", "nowhere.yaml", write("stay.yaml", STAY))

    assert result.code == 2
    assert "nowhere.yaml: there is no such file" in result.err


def test_a_saga_that_is_run_is_found_among_the_files_of_the_call(sagadsl, write):
    trip = write("trip.yaml", "name: trip\nsteps: [{id: stay, type: saga, saga: stay}]\n")
    stay = write("stay.yaml", STAY)

    assert sagadsl("validate", trip, stay).code == 0
    alone = sagadsl("validate", trip)
    assert alone.code == 1
    assert "[SAGA216]" in alone.err
    assert "check its file together with this one" in alone.err


def test_many_files_show_no_progress_where_nobody_watches(sagadsl, write):
    for number in range(25):
        folder = write(f"many/{number}.yaml", STAY.replace("name: stay", f"name: stay_{number}")).parent

    assert sagadsl("validate", folder) == (0, "25 definitions are valid\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")
def test_many_files_show_progress_on_a_terminal(write):
    import os
    import pty

    for number in range(25):
        folder = write(f"many/{number}.yaml", STAY.replace("name: stay", f"name: stay_{number}")).parent
    ours, theirs = pty.openpty()
    result = subprocess.run(
        [sys.executable, "-c", "from sagadsl.cli.main import main; main()", "validate", str(folder)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
    )
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    os.close(theirs)

    assert result.stdout == b"25 definitions are valid\n"
    assert "25/25" in shown


def test_scenarios_that_a_shell_names_with_the_definitions_are_left_out(sagadsl, write, trip):
    scenarios = write("trip.scenarios.yaml", "scenarios: []")

    assert sagadsl("validate", trip, scenarios).out == "1 definition is valid\n"
    alone = sagadsl("validate", scenarios)
    assert (alone.code, "sagadsl test" in alone.err) == (2, True)


def test_a_services_file_is_checked_as_what_it_is(sagadsl, write):
    file, right = write("bank.yaml", CATALOGUE.replace("payload", "paylaod")), write("services.yaml", CATALOGUE)

    result = sagadsl("validate", right)
    assert (result.code, result.out) == (0, "1 services file is valid\n")
    result = sagadsl("validate", file, right, write("stay.yaml", STAY.replace("action: book", "acton: book")))
    assert result.code == 1
    assert "unknown key 'paylaod'" in result.err
    assert "services'" not in result.err
    assert "1 definition and 2 services files checked: " in result.out


def test_in_a_folder_it_stands_beside_the_definitions_and_in_the_way_of_no_command(sagadsl, write):
    folder = write("all/services.yaml", CATALOGUE).parent
    write("all/stay.yaml", STAY)

    assert "and 1 services file" in sagadsl("validate", folder).out
    assert sagadsl("verify", folder).code == 0


def test_where_a_definition_is_wanted_it_is_said_what_it_is_good_for(sagadsl, write):
    result = sagadsl("expand", write("services.yaml", CATALOGUE))

    assert result.code == 2
    assert "this describes services, and is no definition" in result.err
    assert "--services and --catalogue take it" in result.err
