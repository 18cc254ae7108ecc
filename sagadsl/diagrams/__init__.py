"""Definitions as pictures: one model of the picture, several writers.

`model` says what is in the picture and knows no format; `dot` and `mermaid` write it down; `svg` dresses the
SVG that Graphviz has laid out; `theme` and `text` hold what they share; `render` chooses between them.
"""

from sagadsl.diagrams.render import FORMATS, DrawingError, render

__all__ = ["FORMATS", "DrawingError", "render"]
