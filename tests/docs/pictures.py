"""The pictures in `docs/pictures`: each is drawn from a definition, and has nothing else in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree as ET

from sagadsl.diagrams import render
from sagadsl.language.load import load
from tests.docs.pages import DOCS, ROOT, pages

PICTURES = DOCS / "pictures"


def sources() -> Mapping[str, str]:
    """Return the text of the definition behind each picture, by the picture's file name.

    A picture is of a file in `definitions/`, or of a `yaml NAME.yaml` block in a page that shows it.
    """
    found = {
        f"{path.stem}.svg": path.read_text(encoding="utf-8")
        for path in (ROOT / "definitions").glob("*.yaml")
        if "." not in path.stem
    }
    for page in pages():
        shown = {Path(link).name for link in page.links if link.endswith(".svg")}
        for block in page.blocks:
            name = f"{Path(block.file_name or '').stem}.svg"
            if block.language == "yaml" and name in shown:
                found[name] = block.text
    return found


def draw(definition: str) -> bytes:
    """Return the SVG of a definition, laid out by whatever is installed."""
    return render(load(definition), "svg")


def draw_without_graphviz(definition: str) -> bytes:
    """Return the SVG of a definition, laid out by the Graphviz that comes with sagadsl, the same everywhere."""
    with patch.dict(os.environ, {"PATH": ""}):
        return draw(definition)


def words(svg: bytes) -> list[str]:
    """Return every text in an SVG, sorted: what it says, wherever Graphviz has put it."""
    return sorted(text.strip() for text in ET.fromstring(svg).itertext() if text.strip())
