"""Go to the definition of a name, find where it is used, and give it another name."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from sagadsl.language import celtokens
from sagadsl.language.scalars import OutOfRangeError, resolve
from sagadsl.lsp.mentions import Mention, mention_at, mentions_of, uses
from sagadsl.lsp.positions import Span
from sagadsl.lsp.structure import spot, value_at
from sagadsl.lsp.view import View

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_ANCHOR = re.compile(r"&([^\s,\[\]{}]+)[ \t]+[\"']?\Z")


class CannotRenameError(Exception):
    """The name cannot be changed, or not into this one; the text says why, for people."""


class Edit(NamedTuple):
    """Characters of a text, and what is to stand there instead."""

    span: Span
    text: str


def definition_of(view: View, offset: int) -> Span | None:
    """Return where the state that is named at an offset has its name, or `None` if none is named there."""
    mention = mention_at(view, offset)
    state = view.by_name.get(mention.state) if mention else None
    return view.name_span(state) if state else None


def saga_at(view: View, offset: int) -> str | None:
    """Return the name of the saga that a state of type `saga` at this offset names in its `saga`."""
    found = view.at(offset)
    if found is None or found.part == "key" or spot(found.path).state is None or spot(found.path).rest != ("saga",):
        return None
    name = value_at(view.data, found.path)
    return name if isinstance(name, str) else None


def name_of(view: View) -> Span:
    """Return where the saga has its name, or the beginning of the text."""
    return view.span_of(("name",)) if view.name is not None else Span(0, 0)


def references_to(view: View, offset: int, with_definition: bool = True) -> list[Span]:
    """Return every place of the state that is named at an offset.

    Args:
        view: The text.
        offset: Where the cursor is.
        with_definition: Whether the place where the state has its name is one of them.
    """
    mention = mention_at(view, offset)
    if mention is None:
        return []
    found = mentions_of(view, mention.state)
    return [each.span for each in found if with_definition or each.role != "name"]


def renamed_at(view: View, offset: int) -> Mention:
    """Return what a rename at this offset would rename.

    Raises:
        CannotRenameError: No state is named here, there is none of this name, or the text cannot be read.
    """
    mention = mention_at(view, offset)
    if mention is None:
        raise CannotRenameError("no state is named here; put the cursor on the name of a state")
    if not view.is_exact:
        raise CannotRenameError("this text is not YAML at the moment; mend its errors, then rename")
    if mention.state not in view.by_name:
        raise CannotRenameError(f"there is no state '{mention.state}' to rename")
    return mention


def rename(view: View, offset: int, name: str) -> list[Edit]:
    """Return the edits that give the state at an offset another name, wherever it is named.

    Raises:
        CannotRenameError: As for `renamed_at`; or the new name is not a name, or another state has it.
    """
    mention = renamed_at(view, offset)
    found = mentions_of(view, mention.state)
    _refuse(view, mention.state, name, any(each.role == "expression" for each in found))
    _refuse_aliases(view, mention.state)
    return [Edit(each.span, name) for each in found]


def _refuse(view: View, old: str, new: str, in_expressions: bool) -> None:
    if not _NAME.fullmatch(new):
        rule = "letters, digits and _, not beginning with a digit, at most 64 characters"
        raise CannotRenameError(f"'{new}' is not a name: {rule}")
    if not _is_text(new):
        raise CannotRenameError(f"'{new}' cannot be a state's name, since YAML does not read it as text")
    if in_expressions and new in celtokens.LITERALS:
        raise CannotRenameError(f"'{new}' is a word of the expression language, and expressions read this state")
    if new != old and new in view.by_name:
        raise CannotRenameError(f"there is a state '{new}' already; names are unique in the whole definition")


def _refuse_aliases(view: View, state: str) -> None:
    """Refuse to rename what an alias makes a name of something else as well."""
    counts = Counter(each.span for each in uses(view) if each.state == state)
    for span, count in counts.items():
        line_start = view.text.rfind("\n", 0, span.start) + 1
        anchor = _ANCHOR.search(view.text, line_start, span.start)
        if anchor is None:
            continue
        aliases = re.findall(rf"\*{re.escape(anchor[1])}(?![^\s,\[\]{{}}])", view.text)
        if count < 1 + len(aliases):
            line = view.text.count("\n", 0, span.start) + 1
            why = f"'{state}' in line {line} is the name of something else as well, by way of *{anchor[1]}"
            raise CannotRenameError(f"{why}; write the name out there first")


def _is_text(name: str) -> bool:
    try:
        return resolve(name) == name
    except OutOfRangeError:
        return False
