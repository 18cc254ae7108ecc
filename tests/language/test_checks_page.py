"""Every code there is has an example that triggers it at its place, and a mended version that is fine."""

import json

import pytest

from sagadsl.language.codes import CODES
from tests.language.checks.table import examples, printed, put_mended, put_wrong

EXAMPLES = examples()


def told(example, folder):
    """What is told of the files in the folder: the code and the place of each finding, in order."""
    (run,) = json.loads(printed(f"{example.command} --format sarif", folder))["runs"]
    return [(result["ruleId"], region(result)) for result in run["results"]]


def region(result):
    place = result["locations"][0]["physicalLocation"]["region"]
    line = place["startLine"]
    return line, place["startColumn"], place.get("endLine", line), place.get("endColumn", place["startColumn"])


def test_every_code_has_an_example_and_every_example_a_code():
    assert set(EXAMPLES) == set(CODES)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.code)
def test_the_example_has_that_problem_and_no_other_at_the_very_characters(example, tmp_path):
    put_wrong(example, tmp_path)
    found = told(example, tmp_path)

    assert sorted({code for code, _ in found}) == sorted({example.code, *example.also})
    (place,) = (place for code, place in found if code == example.code)
    if example.script:
        assert place[:2] == tuple(example.at)
    else:
        assert place == example.place()


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.code)
def test_the_mended_version_has_no_problem_at_all(example, tmp_path):
    put_mended(example, tmp_path)

    assert told(example, tmp_path) == []


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.code)
def test_it_says_why_in_a_sentence_or_two(example):
    assert example.why.endswith(".")
    assert len(example.why) <= 200
