"""From a definition to a file in each format, with `dot`, without it, and with one that is broken."""

import os
import shutil
import sys
import time
import xml.etree.ElementTree as ET

import pytest

from sagadsl.diagrams import FORMATS, DrawingError, render
from sagadsl.language.definition import Catch

with_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
posix = pytest.mark.skipif(os.name != "posix", reason="needs a shell script as program")


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def fake_dot(monkeypatch, tmp_path):
    def install(script, mode=0o755):
        program = tmp_path / "dot"
        program.write_text(script)
        program.chmod(mode)
        monkeypatch.setenv("PATH", str(tmp_path))

    return install


def test_every_format_has_an_ending():
    assert set(FORMATS.values()) == {"dot", "svg", "png", "pdf", "mermaid", "plantuml", "html"}
    assert all(ending.startswith(".") and ending == ending.lower() for ending in FORMATS)


def test_an_unknown_format_is_answered_with_the_known_ones(everything):
    with pytest.raises(
        DrawingError, match="no picture format 'gif'; the formats are dot, svg, png, pdf, mermaid, plantuml"
    ):
        render(everything, "gif")


@pytest.mark.parametrize(
    ("format_", "beginning"),
    [
        ("dot", b"digraph"),
        ("mermaid", b"---"),
        ("plantuml", b"@startuml"),
        ("svg", b"<?xml"),
        ("html", b"<!doctype html>"),
    ],
)
def test_text_formats_need_nothing_installed_and_are_stable(everything, no_dot, format_, beginning):
    picture = render(everything, format_)
    assert picture.startswith(beginning)
    assert picture == render(everything, format_)
    assert "everything" in picture.decode()


@pytest.mark.parametrize("format_", ["png", "pdf"])
def test_without_dot_a_png_or_pdf_says_what_to_install(everything, no_dot, format_):
    with pytest.raises(DrawingError) as caught:
        render(everything, format_)
    for word in ("`dot`", "sudo apt install graphviz", "brew install graphviz", "winget", ".svg"):
        assert word in str(caught.value)


@with_dot
def test_with_dot_a_png_is_a_png(everything):
    assert render(everything, "png").startswith(b"\x89PNG\r\n\x1a\n")


@with_dot
def test_with_dot_a_pdf_is_a_pdf_that_is_the_same_every_time(everything):
    first = render(everything, "pdf")
    assert first.startswith(b"%PDF-")
    time.sleep(1.1)  # its date has seconds
    assert render(everything, "pdf") == first


@with_dot
def test_with_dot_the_svg_says_the_same_as_without(everything, monkeypatch, tmp_path):
    def words(svg):
        return sorted(element.text for element in ET.fromstring(svg).iter() if element.tag.endswith("}text"))

    installed = render(everything, "svg")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert words(installed) == words(render(everything, "svg"))


@posix
@pytest.mark.parametrize("format_", ["svg", "png"])
def test_a_dot_that_fails_is_quoted(everything, fake_dot, format_):
    fake_dot("#!/bin/sh\necho 'no such plugin' >&2\nexit 3\n")
    with pytest.raises(DrawingError, match=r"exit code 3\. It said: no such plugin\."):
        render(everything, format_)


@posix
def test_a_dot_that_says_nothing_at_all_is_an_error_too(everything, fake_dot):
    fake_dot("#!/bin/sh\nexit 0\n")
    with pytest.raises(DrawingError, match="exit code 0"):
        render(everything, "png")


@posix
@pytest.mark.parametrize("output", ["hello", "<svg/>", "<svg"])
def test_a_dot_that_writes_something_else_is_an_error(everything, fake_dot, output):
    fake_dot(f"#!/bin/sh\necho '{output}'\n")
    with pytest.raises(DrawingError, match="not an SVG"):
        render(everything, "svg")


@posix
def test_a_dot_that_hangs_is_stopped(everything, fake_dot, monkeypatch):
    monkeypatch.setattr(sys.modules["sagadsl.diagrams.render"], "LONGEST_LAYOUT", 0.2)
    fake_dot("#!/bin/sh\nexec /bin/sleep 60\n")
    with pytest.raises(DrawingError, match=r"no picture within 0\.2 seconds"):
        render(everything, "svg")


@posix
def test_a_dot_that_cannot_be_started_is_an_error(everything, fake_dot):
    fake_dot("#!/no/such/interpreter\n")
    with pytest.raises(DrawingError, match="could not be started: No such file or directory"):
        render(everything, "svg")


def test_a_large_saga_is_drawn(make, no_dot):
    steps = [make.task(f"s{i}", f"s{i + 1}", compensation=make.undo(f"u{i}")) for i in range(200)]
    large = make.saga(*steps, make.task("s200", "s200"))
    assert render(large, "svg").count(b"shop.u") >= 200


def test_a_layout_that_takes_too_long_is_stopped_and_the_next_one_is_drawn(make, no_dot, monkeypatch):
    renderer = sys.modules["sagadsl.diagrams.render"]
    steps = [make.task(f"s{i}", f"s{i + 1}", catch=(Catch(("*",), f"s{i * 7 % 150}"),)) for i in range(150)]
    tangled = make.saga(*steps, make.task("s150", "s150"))
    monkeypatch.setattr(renderer, "LONGEST_LAYOUT", 0.05)
    with pytest.raises(DrawingError, match=r"no picture within 0\.05 seconds.*DOT, Mermaid and PlantUML"):
        render(tangled, "svg")

    monkeypatch.setattr(renderer, "LONGEST_LAYOUT", 60.0)
    assert b"s0" in render(make.saga(make.task("s0", "s0")), "svg")


def test_a_graph_that_is_too_deep_for_the_built_in_graphviz_is_an_error(no_dot):
    deep = "digraph {" + "".join(f"n{i} -> n{i + 1};" for i in range(20_000)) + "}"
    with pytest.raises(DrawingError, match=r"could not draw this.*too large for one picture"):
        sys.modules["sagadsl.diagrams.render"]._run_wasm(deep)


def test_a_view_that_is_not_there_is_an_error_in_words(everything):
    with pytest.raises(DrawingError, match="There is no view 'sideways'; the views are flow"):
        render(everything, "svg", view="sideways")
