"""Characters that look like others, or like nothing: what word processors, wikis and chats put into a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from sagadsl.language.slips import QUOTES

_SPACE, _NOTHING = "a plain space", ""
_SPACES: Mapping[str, str] = {
    "\u00a0": "a no-break space",
    "\u2007": "a figure space",
    "\u202f": "a narrow no-break space",
    "\u3000": "a full-width space",
    "\u1680": "an ogham space",
    "\u205f": "a mathematical space",
    **{chr(code): "a space of special width" for code in range(0x2000, 0x200B) if code != 0x2007},  # noqa: PLR2004 - the figure space
}
_INVISIBLE: Mapping[str, str] = {
    "\u200b": "a zero-width space",
    "\u200c": "a zero-width non-joiner",
    "\u200d": "a zero-width joiner",
    "\u2060": "a word joiner",
    "\ufeff": "a byte order mark",
    "\u00ad": "a soft hyphen",
    "\u200e": "a left-to-right mark",
    "\u200f": "a right-to-left mark",
    "\u0085": "a line break of another kind",
    "\u2028": "a line separator",
    "\u2029": "a paragraph separator",
}
_DASHES: Mapping[str, str] = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d", "another dash than '-'")
_WIDE: Mapping[str, str] = dict(
    zip("\uff1a\uff0c\uff5b\uff5d\uff3b\uff3d\uff04\uff03\uff02\uff07", ":,{}[]$#\"'", strict=True)
)


class Lookalike(NamedTuple):
    """A character, what it is called, and what belongs in its place: nothing, for one that is to be deleted."""

    character: str
    name: str
    instead: str

    @property
    def told(self) -> str:
        """Its name and its number, since it may be invisible."""
        return f"{self.name} (U+{ord(self.character):04X})"

    @property
    def hint(self) -> str:
        """What to do about it."""
        return f"write {self.instead} in its place" if self.instead else "delete it; it may be invisible in your editor"


_ALL: Mapping[str, Lookalike] = {
    **{each: Lookalike(each, name, _SPACE) for each, name in _SPACES.items()},
    **{each: Lookalike(each, name, _NOTHING) for each, name in _INVISIBLE.items()},
    **{each: Lookalike(each, name, "'-'") for each, name in _DASHES.items()},
    **{each: Lookalike(each, f"a full-width '{plain}'", plain) for each, plain in _WIDE.items()},
    **{each: Lookalike(each, "a curly quote", "a straight one, \" or '") for each in QUOTES},
}
_BLANK = "".join((*_SPACES, *_INVISIBLE))
_HIDDEN = re.compile(f"[{_BLANK}]")
# Where YAML has a sign of its own, and not in the middle of a text.
_STRUCTURE = re.compile(
    rf"^ *(?P<indent>[{_BLANK}])"
    rf"|^[ ]*(?P<dash>[{''.join(_DASHES)}])(?=[ {_BLANK}])"
    rf"|^[ ]*-(?P<after_dash>[{_BLANK}])"
    rf"|^[ -]*[\w\"']+ ?(?P<colon>[\uff1a])"
    rf"|^[ -]*[\w\"']+ *(?P<before_colon>[{_BLANK}]) *:"
    rf"|:(?P<after_colon>[{_BLANK}])"
    rf"|(?:[:,-] +|[\[{{,] *)(?P<quote>[{QUOTES}\uff02\uff07])"
    rf"|[\[{{].*?(?P<comma>\uff0c)"
    r"|: *(?P<bracket>[\uff5b\uff3b])"
)


def at(character: str) -> Lookalike | None:
    """Return what a character is, if it is one of these."""
    return _ALL.get(character)


def hidden_in(text: str) -> Lookalike | None:
    """Return the first such character of a text that nobody sees."""
    found = _HIDDEN.search(text)
    return None if found is None else _ALL[found[0]]


def in_structure(line: str) -> tuple[int, Lookalike] | None:
    """Return where in a line of YAML such a character stands in the place of a sign, and what it is."""
    found = _STRUCTURE.search(line)
    if found is None or found.lastgroup is None:
        return None
    return found.start(found.lastgroup), _ALL[found[found.lastgroup]]
