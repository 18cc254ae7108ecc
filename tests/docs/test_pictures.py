"""The pictures in the documentation are those that are drawn now."""

import pytest

from tests.docs.pages import DOCS, ROOT
from tests.docs.pictures import PICTURES, STAMP, sources, stamp, wanted, without_graphviz, words

UPDATE = "run: python -m tests.docs.update"


@pytest.mark.parametrize("name", wanted())
def test_a_picture_is_what_is_drawn_now(name):
    shown, drawn = (PICTURES / name).read_bytes(), without_graphviz(wanted()[name])

    assert words(shown) == words(drawn), UPDATE
    if STAMP.read_text(encoding="utf-8") == stamp():  # where the words stand depends on the version of Graphviz
        assert shown == drawn, UPDATE


def test_there_is_no_picture_of_nothing():
    assert {path.name for path in PICTURES.iterdir()} == {*wanted(), STAMP.name}


def test_the_readme_shows_the_saga_that_it_tells_of():
    assert "trip.svg" in sources()
    assert "docs/pictures/trip.svg" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert PICTURES.parent == DOCS
