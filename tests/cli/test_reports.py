"""`sagadsl validate --format`: reports for code scanning and for builds."""

import json


def test_sarif_is_printed_with_nothing_beside_it(sagadsl, write):
    file = write("bad.yaml", "name: x\nsteps: [{id: a, service: s, acton: b, timeout: soon}]\n")

    result = sagadsl("validate", file, "--format", "sarif")

    assert (result.code, result.err) == (1, "")
    (run,) = json.loads(result.out)["runs"]
    assert {found["ruleId"] for found in run["results"]} == {"SAGA201", "SAGA208"}


def test_sarif_of_a_valid_definition_has_no_results(sagadsl, trip):
    result = sagadsl("validate", trip, "--format", "sarif")

    assert result.code == 0
    assert json.loads(result.out)["runs"][0]["results"] == []


def test_github_gets_one_command_for_each_finding(sagadsl, write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("sagas/bad.yaml", "name: x\nsteps: [{id: a, service: s, action: b, timeout: soon}]\n")

    result = sagadsl("validate", "sagas", "--format", "github")

    assert result.code == 1
    assert result.out.startswith("::error file=sagas/bad.yaml,line=2,endLine=2,title=SAGA208,col=49,endColumn=53::")
    assert result.out.count("\n") == 1
