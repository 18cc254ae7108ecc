"""The pictures in the documentation are those that are drawn now."""

import pytest

from tests.docs.pages import DOCS, ROOT
from tests.docs.pictures import PICTURES, draw, sources, words


@pytest.mark.parametrize("name", sources())
def test_a_picture_says_what_is_drawn_now(name):
    # Where the words stand depends on the version of Graphviz.
    assert words((PICTURES / name).read_bytes()) == words(draw(sources()[name])), "run: python -m tests.docs.update"


def test_there_is_no_picture_of_nothing():
    assert {path.name for path in PICTURES.iterdir()} == set(sources())


def test_the_readme_shows_the_saga_that_it_tells_of():
    assert "trip.svg" in sources()
    assert "docs/pictures/trip.svg" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert PICTURES.parent == DOCS
