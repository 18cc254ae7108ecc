"""The colours of the page as CSS, from the same tables as those of the pictures."""

from __future__ import annotations

from collections.abc import Iterator

from sagadsl.diagrams import theme
from sagadsl.diagrams.palette import COLOURS

_DASHES = {"solid": "none", "dashed": "5 3", "dotted": "1.5 3.5"}
_SHAPES = ":is(path, polygon, ellipse)"


def style() -> str:
    """Return rules that give every colour of the picture its name, and every mark its look, on light and on dark."""
    lights = "; ".join(f"--{name}: {colour.light}" for name, colour in COLOURS.items())
    darks = "; ".join(f"--{name}: {colour.dark}" for name, colour in COLOURS.items())
    rules = [
        f":root {{ color-scheme: light dark; {lights}; }}",
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {darks}; }} }}',
        f':root[data-theme="light"] {{ color-scheme: light; {lights}; }}',
        f':root[data-theme="dark"] {{ color-scheme: dark; {darks}; }}',
        f"@media print {{ :root:root:root {{ color-scheme: light; {lights}; }} }}",
        *_attributes(),
        *_marks(),
    ]
    return "".join(f"{rule}\n" for rule in rules)


def _attributes() -> Iterator[str]:
    for name, colour in COLOURS.items():
        for attribute in ("fill", "stroke"):
            yield f'#stage [{attribute}="{colour.light}"] {{ {attribute}: var(--{name}); }}'


def _marks() -> Iterator[str]:
    names = {colour.light: name for name, colour in COLOURS.items()}
    for kind, mark in theme.MARKS.items():
        look = f"fill: var(--{names[mark.fill]}); stroke: var(--{names[mark.line]})"
        outline = f"stroke-width: {mark.line_width:g}; stroke-dasharray: {_DASHES[mark.outline]}"
        yield f'#stage [data-is="{kind}"] > {_SHAPES} {{ {look}; {outline}; }}'
        yield f'#stage .sign[data-is="{kind}"] > rect {{ {look}; }}'
