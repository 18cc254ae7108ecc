"""Verdicts as JUnit XML, which every build server reads.

The elements and attributes are those that Jenkins documents in its junit-10.xsd, and no others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.runtime.scenarios.verdict import Verdict

# What XML 1.0 has no way to write.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(files: Mapping[str, Sequence[Verdict] | DefinitionError], seconds: Mapping[str, float]) -> str:
    """Return the results as JUnit XML.

    Args:
        files: For each file of scenarios its verdicts, or why it could not be read.
        seconds: How long each file took, in real time.
    """
    root = ET.Element("testsuites")
    for file, results in files.items():
        root.append(_suite(file, results, seconds.get(file, 0.0)))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    root.set("time", f"{sum(seconds.values()):.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(file: str, results: Sequence[Verdict] | DefinitionError, seconds: float) -> ET.Element:
    cases = [_broken(file, results)] if isinstance(results, DefinitionError) else [_case(file, v) for v in results]
    suite = ET.Element("testsuite", name=_clean(file), tests=str(len(cases)))
    for kind in ("failure", "error"):
        suite.set(f"{kind}s", str(sum(case.find(kind) is not None for case in cases)))
    suite.set("time", f"{seconds:.3f}")
    suite.extend(cases)
    return suite


def _case(file: str, verdict: Verdict) -> ET.Element:
    scenario = verdict.scenario
    case = ET.Element("testcase", name=_clean(scenario.name), classname=_class_name(file))
    if not verdict.passed:
        failure = ET.SubElement(case, "failure", message=_clean(verdict.summary), type="difference")
        failure.text = _clean(f"{scenario.file}:{scenario.line}: {scenario.name}\n\n{verdict.text}")
    return case


def _broken(file: str, error: DefinitionError) -> ET.Element:
    case = ET.Element("testcase", name="the file can be read", classname=_class_name(file))
    first = error.diagnostics[0]
    found = ET.SubElement(case, "error", message=_clean(first.message), type=first.code)
    found.text = _clean(str(error))
    return case


def _class_name(file: str) -> str:
    """Return the file without its ending, with dots: what build servers make folders of."""
    return _clean(re.sub(r"[/\\]+", ".", re.sub(r"\.scenarios\.ya?ml$", "", file)).strip("."))


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
