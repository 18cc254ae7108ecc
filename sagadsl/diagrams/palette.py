"""The colours, on light paper and on dark.

They are Okabe and Ito's (https://jfly.uni-koeln.de/color/), which colour-blind readers can tell apart, darkened on
light paper and lightened on dark until words set in them can be read. None of them carries a meaning alone. Each
light value stands here once, so that it names its colour in an SVG.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour as `#rrggbb`, on light paper and on dark."""

    light: str
    dark: str


COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        "ink": Colour("#1f2933", "#e8edf2"),
        "muted": Colour("#52606d", "#a9b4bf"),
        "faded": Colour("#6a7580", "#8b97a3"),
        "hairline": Colour("#c3cbd3", "#414c57"),
        "paper": Colour("#ffffff", "#12171c"),
        "frame": Colour("#dde2e8", "#2c353e"),
        "blue": Colour("#0072b2", "#6cb8ea"),
        "green": Colour("#007a5a", "#3fc79a"),
        "vermilion": Colour("#b84a00", "#ff9a56"),
        "purple": Colour("#9b4a80", "#e09ac8"),
        "ochre": Colour("#806200", "#e5c04a"),
        "grey": Colour("#66727f", "#9aa6b2"),
        "blue_fill": Colour("#eaf4fa", "#10283a"),
        "green_fill": Colour("#e6f5f0", "#0f2d25"),
        "vermilion_fill": Colour("#fdefe4", "#3a2113"),
        "purple_fill": Colour("#f9eef5", "#33202c"),
        "ochre_fill": Colour("#fdf6dd", "#332a0d"),
        "grey_fill": Colour("#f7f8fa", "#1c232a"),
        "inside_fill": Colour("#eef1f4", "#232c34"),
        "group_line": Colour("#aab4be", "#4a5662"),
        "group_fill": Colour("#fafbfc", "#171d23"),
    }
)


def light(name: str) -> str:
    """Return a colour as it is on light paper."""
    return COLOURS[name].light


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21.

    The rule and its numbers are those of WCAG 2.2, "contrast ratio" and "relative luminance".
    """
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


_NEARLY_BLACK = 0.04045


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= _NEARLY_BLACK else ((value + 0.055) / 1.055) ** 2.4
