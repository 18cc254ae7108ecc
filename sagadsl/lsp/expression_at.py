"""The expression that a cursor stands in, and what of it is being typed."""

from __future__ import annotations

import re
from typing import NamedTuple

from sagadsl.language import celtokens
from sagadsl.language.celtokens import Reference
from sagadsl.lsp.structure import Use

_OPEN = "${"
_FIELD_START = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Typed(NamedTuple):
    """What stands before the cursor in an expression: the selections before the last dot, and the word after it.

    For `input.customer.na` they are `("input", "customer")` and `na`. `is_selection` says that there is a dot.
    """

    parts: tuple[str, ...]
    word: str
    is_selection: bool


def typed_before(before: str, use: Use) -> Typed | None:
    """Return what is being typed at the end of a text, or `None` where no name can stand.

    Args:
        before: What stands before the cursor: of a condition, or of a template's text.
        use: Which of the two.
    """
    expression = before if use == "condition" else _open_expression(before)
    if expression is None or _in_comment_or_text(expression):
        return None
    found = _FIELD_START.search(expression)
    word = found[0] if found else ""
    head = expression[: len(expression) - len(word)].rstrip()
    if not head.endswith("."):
        return None if head[-1:].isdigit() or (word == "" and _ends_a_value(head)) else Typed((), word, False)
    parts = _selections(head[:-1])
    return None if parts is None else Typed(parts, word, True)


def reference_at(text: str, offset: int) -> tuple[Reference, int] | None:
    """Return the reference of an expression that holds an offset, and how many of its parts end by there.

    For a cursor on `customer` in `input.customer.name` that is 1.
    """
    for found in celtokens.references(celtokens.tokens(text)):
        if found.start <= offset <= found.end:
            return found, sum(start <= offset for start, _ in found.spans)
    return None


def _open_expression(before: str) -> str | None:
    """Return what follows the last `${` that is not closed, or `None`."""
    at = 0
    while (opening := before.find(_OPEN, at)) >= 0:
        at = opening + len(_OPEN)
        if before[opening - 1 : opening] == "$":
            continue
        end = _closing(before, at)
        if end is None:
            return before[at:]
        at = end
    return None


def _closing(text: str, at: int) -> int | None:
    depth = 0
    while (token := celtokens.next_token(text, at)) is not None:
        at = token.end
        if token.text == "}" and depth == 0:
            return at
        depth += (token.text == "{") - (token.text == "}")
    return None


def _in_comment_or_text(expression: str) -> bool:
    last = None
    at = 0
    while (token := celtokens.next_token(expression, at)) is not None:
        last, at = token, token.end
    return last is not None and (last.is_unclosed_string or (last.kind == "space" and last.text.startswith("//")))


def _ends_a_value(head: str) -> bool:
    return head[-1:] in ("'", '"', ")", "]", "}", "`") or bool(_FIELD_START.search(head))


def _selections(head: str) -> tuple[str, ...] | None:
    """Return the chain of names at the end of a text, an index read as `[]`; `None` where it is none."""
    words = celtokens.tokens(head)
    parts: list[str] = []
    i = len(words) - 1
    while i >= 0:
        if words[i].text == "]":
            i = _opening(words, i)
            parts.append("[]")
            i -= 1
            continue
        if words[i].kind != "name":
            return None
        parts.append(words[i].text.strip("`"))
        if i == 0 or words[i - 1].text != ".":
            return tuple(reversed(parts))
        i -= 2
    return None


def _opening(words: list[celtokens.Token], i: int) -> int:
    depth = 0
    while i >= 0:
        depth += (words[i].text == "]") - (words[i].text == "[")
        if depth == 0:
            return i
        i -= 1
    return i
