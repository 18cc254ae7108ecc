"""JUnit XML as build servers take it."""

from xml.etree import ElementTree as ET

import pytest

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.runtime.scenarios.junit import junit_xml

# After Jenkins' junit-10.xsd: each element's attributes, the required ones first, and what may stand inside it.
SHAPE = {
    "testsuites": ((), {"tests", "failures", "errors", "time", "name", "disabled"}, {"testsuite"}),
    "testsuite": (
        ("name", "tests", "failures", "errors"),
        {"time", "timestamp", "skipped", "disabled", "hostname", "id", "package"},
        {"testcase", "properties", "system-out", "system-err"},
    ),
    "testcase": (
        ("name", "classname"),
        {"time", "assertions", "status"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": ((), {"message", "type"}, set()),
    "error": ((), {"message", "type"}, set()),
}


def check(element):
    required, optional, children = SHAPE[element.tag]
    assert set(required) <= set(element.attrib) <= {*required, *optional}
    for child in element:
        assert child.tag in children
        check(child)


@pytest.fixture
def results(folder):
    file = folder.read("""
        defaults: {input: {city: Rome}}
        scenarios:
          - {name: right, expect: {status: completed}}
          - {name: 'wrong <&> "quoted"', services: {book: {fails: {code: Full, message: "\\x01 & \\uFFFE"}}}, expect: {status: completed}}
        """)
    from sagadsl.cli.story import Teller
    from sagadsl.runtime.scenarios.verdict import judge

    verdicts = [judge(scenario, file.compiled, Teller().tell) for scenario in file.scenarios]
    with pytest.raises(DefinitionError) as caught:
        folder.read("scenarios: []")
    return {"a/b.scenarios.yaml": verdicts, "c.scenarios.yml": caught.value}


def test_the_shape_is_that_of_junit(results):
    text = junit_xml(results, {"a/b.scenarios.yaml": 0.25})

    assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n<testsuites ')
    check(ET.fromstring(text.encode()))


def test_what_passes_fails_and_cannot_be_read_is_counted(results):
    root = ET.fromstring(junit_xml(results, {"a/b.scenarios.yaml": 0.25}))

    assert root.attrib == {"tests": "3", "failures": "1", "errors": "1", "time": "0.250"}
    assert [dict(suite.attrib) for suite in root] == [
        {"name": "a/b.scenarios.yaml", "tests": "2", "failures": "1", "errors": "0", "time": "0.250"},
        {"name": "c.scenarios.yml", "tests": "1", "failures": "0", "errors": "1", "time": "0.000"},
    ]
    assert [case.get("classname") for case in root.iter("testcase")] == ["a.b", "a.b", "c"]


def test_a_failure_carries_the_comparison_and_what_xml_cannot_carry_is_replaced(results):
    root = ET.fromstring(junit_xml(results, {}))

    right, wrong, broken = root.iter("testcase")
    assert list(right) == []
    failure = wrong.find("failure")
    assert wrong.get("name") == 'wrong <&> "quoted"'
    assert failure.get("message") == "status not as expected"
    assert "  >   completed  compensated" in failure.text
    assert "Full: \ufffd & \ufffd" in failure.text
    assert (broken.find("error").get("type"), "[SAGA704]" in broken.find("error").text) == ("SAGA704", True)
