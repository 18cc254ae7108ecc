"""Every picture, also of sagas that mean no good, as those programs read it for which it is written."""

import subprocess
from pathlib import Path

import pytest

from sagadsl.diagrams.text import clean
from sagadsl.diagrams.views import picture, to_dot, to_mermaid, to_plantuml
from sagadsl.diagrams.wasm import lay_out
from tests.diagrams import corpus
from tests.diagrams.browser import Watched, browser  # noqa: F401 - a fixture
from tests.programs import needed, needed_file

MERMAID = Path(__file__).parent / "mermaid"
READ = "async text => { try { await mermaid.parse(text); return '' } catch (error) { return String(error) } }"
DRAW = "async text => { document.body.innerHTML = (await mermaid.render('drawn', text)).svg }"


@pytest.fixture(scope="module")
def pictures():
    return dict(corpus.everything())


@pytest.fixture(scope="module")
def mermaid(browser):  # noqa: F811 - the fixture
    """A page with Mermaid in it, as a wiki has it that trusts its authors."""
    script = needed_file(MERMAID / "node_modules/mermaid/dist/mermaid.min.js", f"run: npm install --prefix {MERMAID}")
    with browser.new_context(offline=True) as context:
        watched = Watched(context.new_page())
        watched.page.add_script_tag(path=script)
        watched.page.evaluate(
            "() => mermaid.initialize({startOnLoad: false, securityLevel: 'loose', maxTextSize: 1e6})"
        )
        yield watched.page
        assert watched.errors == []


def test_mermaid_reads_every_picture(mermaid, pictures):
    refused = {name: said for name, drawn in pictures.items() if (said := mermaid.evaluate(READ, to_mermaid(drawn)))}
    assert refused == {}


@pytest.mark.parametrize("view", ["flow", "machine", "sequence"])
def test_mermaid_shows_hostile_words_and_does_not_obey_them(mermaid, view):
    for words in corpus.HOSTILE:
        mermaid.evaluate(DRAW, to_mermaid(picture(corpus.hostile(words), view)))

        assert mermaid.evaluate("window.pwned") is None, words
        assert mermaid.locator("body :is(script, img, a, b, strong, em, i)").count() == 0, words
        if view == "flow":
            shown = "".join(mermaid.locator("body svg").all_text_contents())
            assert squeezed(words)[:20] in squeezed(shown)


def squeezed(text):
    """The text without its spaces: where lines break is the writer's affair."""
    return "".join(clean(text).split())


def test_graphviz_reads_every_picture(pictures):
    for name, drawn in pictures.items():
        canonical = lay_out(to_dot(drawn), within=60, format="canon").decode()
        assert canonical.startswith("digraph"), name
        for node in drawn.nodes:
            assert f'id="{node.id}"' in canonical or f"id={node.id}" in canonical, (name, node.id)


def test_plantuml_reads_every_picture(pictures, tmp_path):
    program = needed("plantuml")
    for name, drawn in pictures.items():
        (tmp_path / f"{name}.puml").write_text(to_plantuml(drawn), encoding="utf-8")
    command = [program, "-charset", "UTF-8", "-checkonly", "-stdrpt:1", *sorted(tmp_path.glob("*.puml"))]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=280)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_plantuml_says_when_something_is_wrong(tmp_path):
    """So that the test above would fail."""
    bad = tmp_path / "bad.puml"
    bad.write_text("@startuml\nfoo -> \nbar bar bar\n@enduml\n", encoding="utf-8")
    command = [needed("plantuml"), "-checkonly", "-stdrpt:1", bad]
    assert subprocess.run(command, check=False, capture_output=True, timeout=120).returncode != 0


@pytest.mark.parametrize("view", ["flow", "sequence"])
def test_plantuml_shows_hostile_words_and_does_not_obey_them(tmp_path, view):
    program = needed("plantuml")
    for place, words in enumerate(corpus.HOSTILE):
        drawn = picture(corpus.hostile(words), view)
        (tmp_path / f"{place:02}.puml").write_text(to_plantuml(drawn), encoding="utf-8")
    command = [program, "-charset", "UTF-8", "-tsvg", *sorted(tmp_path.glob("*.puml"))]
    subprocess.run(command, check=True, capture_output=True, timeout=280)

    for place, words in enumerate(corpus.HOSTILE):
        svg = (tmp_path / f"{place:02}.svg").read_text(encoding="utf-8")
        assert "<script" not in svg
        assert "<image" not in svg
        assert squeezed(words)[:12] in squeezed(shown_in(svg)), svg[:3000]


def shown_in(svg):
    import xml.etree.ElementTree as ET

    return "".join(ET.fromstring(svg).itertext())
