"""`sagadsl test`: what an analyst is told of scenarios, and the exit codes that a build reads."""

import json
from xml.etree import ElementTree as ET

import pytest

SCENARIOS = """\
defaults:
  input: {city: Rome}
  services: {book_hotel: {succeeds: {ref: H1}}}
scenarios:
  - {name: booked, expect: {status: completed, output: {hotel: H1}}}
  - name: no flight
    services: {book_flight: {fails: NoSeat}}
    expect: {status: compensated, actions: [book_hotel, book_flight, ~book_hotel]}
"""
WRONG = SCENARIOS.replace("status: compensated", "status: completed")


@pytest.fixture
def scenarios(trip, write):
    return write("trip.scenarios.yaml", SCENARIOS)


def test_scenarios_that_pass_are_counted(sagadsl, scenarios):
    assert sagadsl("test", scenarios) == (0, f"{scenarios}: 2 of 2 pass\n2 scenarios pass\n", "")


def test_scenarios_are_found_in_folders_and_beside_definitions(sagadsl, scenarios, trip, tmp_path, write):
    write(".hidden/other.scenarios.yaml", "not scenarios")
    write("deep/er/trip.scenarios.yml", f"definition: ../../trip.yaml\n{SCENARIOS}")

    assert sagadsl("test", trip).out.endswith("2 scenarios pass\n")
    assert sagadsl("test", tmp_path).out.endswith("4 scenarios pass\n")
    assert sagadsl("test", trip, scenarios, tmp_path).out.endswith("4 scenarios pass\n")


def test_a_failure_is_shown_with_its_place_the_comparison_and_the_story(sagadsl, trip, write):
    file = write("trip.scenarios.yaml", WRONG)

    result = sagadsl("test", file)

    assert result.code == 1
    shown = result.out.splitlines()
    assert shown[0] == f"{file}: 1 of 2 pass"
    assert f"{file}:6: no flight" in shown
    assert "    >   completed  compensated" in shown
    assert "      0.000s  ✗ book_flight              NoSeat" in shown
    assert shown[-1] == "1 scenario passes, 1 failed"


def test_errors_in_a_file_are_told_and_the_others_run(sagadsl, trip, scenarios, write):
    bad = write(
        "bad.scenarios.yaml",
        SCENARIOS.replace("book_flight: {fails", "book_fligth: {fails") + "definition: trip.yaml\n",
    )

    result = sagadsl("test", bad, scenarios)

    assert result.code == 1
    assert "bad.scenarios.yaml:7:16: error: trip has no state 'book_fligth' [SAGA723]" in result.err
    assert "did you mean 'book_flight'?" in result.err
    assert result.out.endswith("2 scenarios pass, 1 file has errors\n")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "no scenarios are named"),
        (["none.yaml"], "none.yaml: there is no such file or folder"),
        (["empty"], "empty: there are no scenarios in this folder"),
        (["trip.yaml"], "trip.yaml: there are no scenarios beside this file"),
        (["trip.yaml", "--format", "xml"], "'xml' is not one of"),
    ],
)
def test_what_cannot_be_done_is_said(sagadsl, trip, tmp_path, names, said):
    (tmp_path / "empty").mkdir()
    paths = [name if name.startswith("-") or name == "xml" else tmp_path / name for name in names]

    result = sagadsl("test", *paths, *(["--format", "text"] if not names else []))

    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_programs_get_the_verdicts_and_the_errors(sagadsl, trip, write, tmp_path):
    write("trip.scenarios.yaml", WRONG)
    write("bad.scenarios.yaml", "scenarios: []")

    result = sagadsl("test", tmp_path, "--format", "json")

    data = json.loads(result.out)
    assert (result.code, result.err) == (1, "")
    assert [(s["name"], s["passed"], s["status"]) for s in data["scenarios"]] == [
        ("booked", True, "completed"),
        ("no flight", False, "compensated"),
    ]
    assert data["scenarios"][1]["differences"][0]["subject"] == "status"
    assert [error["code"] for error in data["errors"]] == ["SAGA704"]


def test_build_servers_get_junit_xml(sagadsl, trip, write, tmp_path):
    file, xml = write("trip.scenarios.yaml", WRONG), tmp_path / "results.xml"

    result = sagadsl("test", file, "--junit", xml)

    root = ET.parse(xml).getroot()
    assert (result.code, root.get("tests"), root.get("failures")) == (1, "2", "1")
    assert float(root.get("time")) > 0


def test_a_file_that_cannot_be_written_is_said(sagadsl, scenarios, tmp_path):
    result = sagadsl("test", scenarios, "--junit", tmp_path / "none" / "results.xml")

    assert result.code == 1
    assert "results.xml: cannot be written: No such file or directory" in result.err


def test_editors_get_the_schema(sagadsl):
    result = sagadsl("test", "--schema")

    assert result.code == 0
    assert json.loads(result.out)["title"] == "Saga scenarios"


def test_validate_leaves_scenarios_alone(sagadsl, trip, scenarios, tmp_path):
    assert sagadsl("validate", tmp_path).out == "1 definition is valid\n"
