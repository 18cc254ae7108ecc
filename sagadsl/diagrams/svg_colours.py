"""Colours in a finished SVG that follow the reader's preference for light or dark pages.

Every `fill` and `stroke` keeps the light colour, for programs that know no CSS and for print. A style sheet lays CSS
custom properties over them, `--sagadsl-ink` and the like, which a page around the SVG may set as it likes.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from sagadsl.diagrams.palette import COLOURS

CLASS = "sagadsl"
"""Class of the root element, to which the style sheet keeps."""


def style_sheet(root: ET.Element) -> str:
    """Return the style sheet for the colours that an SVG uses."""
    return "\n".join(["", *_rules(root), ""])


def _rules(root: ET.Element) -> Iterator[str]:
    used = {(part, element.get(part, "")) for element in root.iter() for part in ("fill", "stroke")}
    values = {value for _, value in used}
    colours = {name: colour for name, colour in COLOURS.items() if colour.light in values}
    light = "".join(f"--sagadsl-{name}:{colour.light};" for name, colour in colours.items())
    dark = "".join(f"--sagadsl-{name}:{colour.dark};" for name, colour in colours.items())
    yield f"svg.{CLASS}{{{light}}}"
    yield f"@media screen and (prefers-color-scheme:dark){{svg.{CLASS}{{{dark}}}}}"
    for name, colour in colours.items():
        for part in ("fill", "stroke"):
            if (part, colour.light) in used:
                yield f'svg.{CLASS} [{part}="{colour.light}"]{{{part}:var(--sagadsl-{name})}}'
