"""The PlantUML text: its structure, and that no word in it is read as anything but a word."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sagadsl.diagrams.drawing import picture
from sagadsl.diagrams.labels import edge_lines, marked_text, node_lines
from sagadsl.diagrams.model import Edge, Node, Picture
from sagadsl.diagrams.plantuml import plain, to_plantuml
from sagadsl.diagrams.sequence_model import Fragment, Lifeline, Message, Remark, Section, Sequence

STATE = re.compile(r'\s*state "([^"]*)" as (\w+) #[0-9A-F]{6};line:[0-9A-F]{6};(?:line\.\w+;)?text:[0-9A-F]{6}( \{)?')
WAY = re.compile(r"\s*(\w+) -(?:right|up)?\[#[0-9A-F]{6}(?:,\w+)?(?:,thickness=\d)?\]-> (\w+)(?: : (.*))?")
HARMLESS = re.compile(r"(?:[^!\"#$%&'*+\-/<=>@\[\\\]^`{|}~\ue000-\uf8ff]|<U\+[0-9A-F]{4}>|\\n)*")
HOSTILE = [
    "@enduml", "!include /etc/passwd", "<b>x</b>", "%%", "' comment", "/' x '/", "..", "==", "end title", "<&x>",
    "\\n", "~", "]", '"', ";", "#red", "__u__", "//i//", "<script>", "$x", "%date()", ": x :", "\ue100", "🎉 שלום",
]  # fmt: skip
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join))


def shown(words):
    """The lines that PlantUML shows for a label."""
    lines = (words or "").split(r"\n")
    return [re.sub(r"<U\+([0-9A-F]{4})>", lambda code: chr(int(code[1], 16)), line) for line in lines if line.strip()]


def without_private(lines):
    return [re.sub("[\ue000-\uf8ff\U000f0000-\U0010ffff]", "\N{REPLACEMENT CHARACTER}", line) for line in lines]


def test_every_node_and_edge_is_there_with_its_words(everything):
    drawn = picture(everything)
    lines = to_plantuml(drawn).splitlines()
    states = [match.groups() for line in lines if (match := STATE.fullmatch(line))]
    ways = [match.groups() for line in lines if (match := WAY.fullmatch(line))]

    assert [shown(words) for words, _, _ in states] == [
        [line.text for line in node_lines(node)] for node in drawn.nodes if node.kind != "start"
    ]
    assert [shown(words) for *_, words in ways] == [edge_lines(edge) for edge in drawn.edges]
    assert [(source, target) for source, target, _ in ways][:2] == [
        ("start", "state_reserve"),
        ("state_reserve", "undo_reserve"),
    ]
    assert (lines[0], lines[-1]) == ("@startuml", "@enduml")


def said(drawn):
    """The lines of the text but those on how it is to look, which are always the same."""
    return [line for line in to_plantuml(drawn).splitlines() if not line.startswith("skinparam ")]


@given(texts, texts)
@example('end"] --> x', "%%{init: {}}%%")
@example("@enduml", "end title")
def test_no_text_means_anything_to_plantuml(title, label):
    drawn = Picture(
        title=title,
        facts=(),
        description=label,
        nodes=(Node("s0", "task", title, label), Node("s1", "fail", label)),
        edges=(Edge("s0", "s1", "catch", label),),
    )
    lines = said(drawn)
    heading = [line for line in lines if line.startswith("title")]
    assert len(lines) == 6 + len(heading)
    first, second = (STATE.fullmatch(line) for line in lines[2 + len(heading) : 4 + len(heading)])
    way = WAY.fullmatch(lines[4 + len(heading)])
    for words in (*heading, first[1], second[1], way[3] or ""):
        assert HARMLESS.fullmatch(words)
    assert shown(first[1]) == without_private([line.text for line in node_lines(drawn.nodes[0])])
    assert shown(way[3]) == without_private(edge_lines(drawn.edges[0]))


@given(texts)
@example("end")
@example("participant x")
def test_no_text_means_anything_in_a_sequence(text):
    message, remark = Message("saga", "service", text, "call"), Remark(text)
    lifelines = (Lifeline("saga", text, "saga"), Lifeline("service", text, "service"))
    sequence = Sequence(lifelines, (Fragment("alt", (Section(text, (message,)), Section(text, (remark,)))),))
    lines = said(Picture("t", (), "", (), (), view="sequence", sequence=sequence))

    assert len(lines) == 11
    assert [line.split()[0] for line in lines[5:10]] == ["alt", "p_saga", "else", "note", "end"]
    assert shown(lines[6].partition(" : ")[2]) == without_private(marked_text(message))
    assert all(HARMLESS.fullmatch(line.partition(" ")[2]) for line in (lines[5], lines[7]))


@pytest.mark.parametrize(
    ("text", "written"),
    [("a_b.c: d", "a_b.c: d"), ("a__b", "a_<U+005F>b"), ("...", "<U+002E><U+002E><U+002E>"), ("ünï 日本", "ünï 日本")],
)
def test_ordinary_words_stay_readable(text, written):
    assert plain(text) == written
