"""Ways of saying things that several checks share."""

from __future__ import annotations

_SHOWN_STEPS = 4


def arrows(names: list[str]) -> str:
    """Return a path for people, its middle left out where it is long: `a → b → … → y → z`."""
    if len(names) > 2 * _SHOWN_STEPS:
        names = [*names[:_SHOWN_STEPS], "…", *names[-_SHOWN_STEPS:]]
    return " → ".join(names)
