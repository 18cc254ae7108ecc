"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

_LIKENESS = 0.6
_MAX_WORD = 100  # the comparison is quadratic, and nobody misspells a word this long


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that looks most like the word, or `None` where none looks enough like it."""
    if len(word) > _MAX_WORD:
        return None
    from difflib import get_close_matches  # noqa: PLC0415  needed only where something is wrong

    by_lower = {candidate.lower(): candidate for candidate in candidates}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=_LIKENESS)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Return the hint "did you mean 'x'?", or nothing where no candidate comes near."""
    found = nearest(word, candidates)
    return f"did you mean '{found}'?" if found else ""


def one_of(words: Iterable[str], joint: str = "or") -> str:
    """Return the words as people list them: `a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} {joint} {last}" if first else last
