"""What a YAML parser complains of, in words that say what to look for."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sagadsl.language.codes import diagnose
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.lookalikes import in_structure
from sagadsl.language.nodes import Node
from sagadsl.language.text import Lines


class _Rule(NamedTuple):
    """Where the parser's problem (or its context) holds `sign`, say `message` and `hint`.

    `{it}` stands for what is at the place. `at_start` puts the place where the thing began rather than where
    the parser gave up.
    """

    sign: str
    message: str
    hint: str
    at_start: bool = False
    code: str = "SAGA105"


_INDENT = "compare the indentation with the lines above: keys of one map begin in one column"
_QUOTE = "put the whole value in quotes"

_UNKNOWN_ESCAPE = "unknown escape character"

# The first rule that fits is taken. The signs are those of libyaml; PyYAML's own parser words some otherwise.
_RULES = (
    _Rule(
        "could not find expected ':'",
        "a ':' is missing after this key",
        "write key: value, or indent the line if it continues a text",
        at_start=True,
    ),
    _Rule(
        "unexpected end of stream",
        "the quote that opens here is never closed",
        "close it with the same quote",
        at_start=True,
    ),
    _Rule(
        "unexpected document indicator",
        "the quote that opens here is not closed before the next document",
        "close it with the same quote",
        at_start=True,
    ),
    _Rule(
        _UNKNOWN_ESCAPE,
        "a backslash means nothing before this character",
        "write \\\\ for one backslash, or use single quotes",
    ),
    _Rule(
        "hexdecimal number",
        "the escape lacks some of its hexadecimal digits",
        "write \\x41, \\u0041 or \\U00000041",
    ),
    _Rule(
        "hexadecimal",
        "the escape lacks some of its hexadecimal digits",
        "write \\x41, \\u0041 or \\U00000041",
    ),
    _Rule(
        "invalid Unicode character escape",
        "the escape names no character",
        "write the character itself, or its full number as in \\U0001F600",
    ),
    _Rule(
        "while scanning an alias",
        "'*' begins an alias, and no name follows",
        f"if it belongs to a text, {_QUOTE}",
        at_start=True,
    ),
    _Rule(
        "while scanning an anchor",
        "'&' begins an anchor, and no name follows",
        f"if it belongs to a text, {_QUOTE}",
        at_start=True,
    ),
    _Rule(
        "tag",
        "a tag is not allowed",
        "leave it out; a text that begins with '!' has to stand in quotes",
        at_start=True,
        code="SAGA110",
    ),
    _Rule(
        "directive",
        "this line is a directive, which is not understood",
        "leave it out; a text that begins with '%' has to stand in quotes",
        at_start=True,
    ),
    _Rule(
        "incompatible YAML document",
        "the text asks for another YAML than 1.1 or 1.2",
        "leave the line %YAML out",
    ),
    _Rule("cannot start any token", "a value cannot begin with {it}", _QUOTE),
    _Rule(
        "while scanning a block scalar",
        "'|' and '>' are followed by nothing but +, - or a digit in their line",
        "begin the text in the next line",
    ),
    _Rule(
        "sequence entries are not allowed",
        "a list cannot begin here",
        "begin it in the next line, with '- ' before each item",
    ),
    _Rule("mapping keys are not allowed", "a '?' is not expected here", f"if it belongs to a text, {_QUOTE}"),
    _Rule(
        "node content",
        "a value is expected here, not {it}",
        f"close every bracket; if it belongs to a text, {_QUOTE}",
    ),
    _Rule(
        "'-' indicator",
        "an item of the list above is expected here, not {it}",
        f"begin each item with '- '; {_INDENT}",
    ),
    _Rule(
        "while parsing a block collection",
        "an item of the list above is expected here, not {it}",
        f"begin each item with '- '; {_INDENT}",
    ),
    _Rule("document start", "this does not belong to what stands above", _INDENT),
)

_FALLBACK = _Rule("", "the text is not YAML from here on", _INDENT)
_CONFLICT = re.compile(r"^(<{7}(?: [^\r\n]*)?)\r?$[\s\S]*?^={7}\r?$[\s\S]*?^>{7}(?: |\r?$)", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]*")
_QUOTES = "\"'"
# From the first brace on: one or more templates and the text round them, up to where the collection goes on.
_TEMPLATE = re.compile(r"\{[^}\r\n]*\}?(?:[^,\]}{\r\n]*\{[^}\r\n]*\})*[^,\]}{\r\n]*")


def explain(error: Any, text: str, lines: Lines, last_scalar: Node | None) -> Diagnostic:
    """Return the diagnostic for a syntax error.

    Args:
        error: The parser's `yaml.YAMLError`.
        text: The text it read.
        lines: The text's lines.
        last_scalar: The last scalar it had read, if any.
    """
    start, stopped = _offsets(error)
    found = _conflict(text, lines) or _tab(text, lines, stopped) or _lookalike(text, lines, stopped)
    found = found or _template(text, lines, stopped, last_scalar)
    if found is not None:
        return found
    sentence = f"{error.context or ''}: {error.problem or ''}" if hasattr(error, "problem") else str(error)
    if "flow" in sentence and "',' or" in sentence:
        return _flow(text, lines, start, stopped)
    if "while parsing a block mapping" in sentence:
        return _block_mapping(text, lines, stopped)
    if "mapping values are not allowed" in sentence:
        return _colon(text, lines, stopped)
    rule = next((rule for rule in _RULES if rule.sign in sentence), _FALLBACK)
    at = start if rule.at_start else stopped
    if rule.sign == _UNKNOWN_ESCAPE and not text.startswith("\\", at):  # PyYAML's own parser stops behind it
        at -= 1
    return _diagnostic(rule, text, lines, min(at, len(text)))


def _offsets(error: Any) -> tuple[int, int]:
    """Where the thing that could not be read begins, and where the parser gave up."""
    problem, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    stopped = problem.index if problem is not None else getattr(error, "position", 0)
    return (context.index if context is not None else stopped), stopped


def _diagnostic(rule: _Rule, text: str, lines: Lines, at: int) -> Diagnostic:
    message = rule.message.replace("{it}", _shown(text, at))
    return diagnose(rule.code, message, lines.place(at, min(at + 1, len(text))), rule.hint)


def _shown(text: str, at: int) -> str:
    if at >= len(text):
        return "the end of the text"
    return "the end of the line" if text[at] in "\r\n" else f"'{text[at]}'"


def _line_around(text: str, lines: Lines, at: int) -> str:
    """The line of an offset, up to that offset."""
    return text[lines.start(lines.line(at)) : at]


def _conflict(text: str, lines: Lines) -> Diagnostic | None:
    """The two versions of a text that Git could not merge."""
    found = _CONFLICT.search(text)
    if found is None:
        return None
    hint = "keep one of the two versions, and delete the lines <<<<<<<, ======= and >>>>>>>"
    return diagnose("SAGA105", "a merge conflict that Git has left begins here", lines.place(*found.span(1)), hint)


def _lookalike(text: str, lines: Lines, at: int) -> Diagnostic | None:
    """A character that looks like one that YAML knows, in the line where the parser stopped or in the one above."""
    here = lines.line(min(at, len(text)))
    for line in range(here, max(here - 2, 0), -1):
        start = lines.start(line)
        found = in_structure(_LINE.match(text, start)[0])  # type: ignore[index]  # a line may be empty, and is there
        if found is not None:
            where, what = start + found[0], found[1]
            return diagnose("SAGA105", f"{what.told} stands here", lines.place(where, where + 1), what.hint)
    return None


def _tab(text: str, lines: Lines, at: int) -> Diagnostic | None:
    """A tab where the parser stopped, or in the indentation of that line."""
    before = _line_around(text, lines, at)
    indent = before[: len(before) - len(before.lstrip(" \t"))]
    if at < len(text) and text[at] == "\t":
        where = at
    elif "\t" in indent:
        where = at - len(before) + indent.index("\t")
    else:
        return None
    place = lines.place(where, where + 1)
    return diagnose("SAGA106", "a tab; YAML is indented with spaces", place, "replace it with spaces")


def _template(text: str, lines: Lines, at: int, last_scalar: Node | None) -> Diagnostic | None:
    """`${…}` without quotes inside {…} or […], where its brace begins a map."""
    if not (0 < at < len(text) and text[at] == "{" and text[at - 1] == "$"):
        return None
    start = last_scalar.start if last_scalar is not None and last_scalar.end == at else at - 1
    found = _TEMPLATE.match(text, at)
    end = found.end() if found else at
    source = text[start:end].rstrip()
    place = lines.place(start, start + len(source))
    quote = "'" if '"' in source else '"'
    return diagnose("SAGA115", "a template inside {…} or […] has to be quoted", place, f"write {quote}{source}{quote}")


def _flow(text: str, lines: Lines, start: int, stopped: int) -> Diagnostic:
    """Something other than ',' or the closing bracket in a flow collection."""
    bracket = text[start] if start < len(text) else "{"
    closing = "]" if bracket == "[" else "}"
    if stopped >= len(text) or lines.line(stopped) > lines.line(start):
        message = f"the '{bracket}' that opens here is not closed"
        hint = f"line {lines.line(min(stopped, len(text)))} is read as a part of it; close it with '{closing}'"
        return diagnose("SAGA105", message, lines.place(start, start + 1), hint)
    rule = _Rule("", f"a ',' or '{closing}' is expected here, not {{it}}", f"if it belongs to a text, {_QUOTE}")
    return _diagnostic(rule, text, lines, stopped)


def _block_mapping(text: str, lines: Lines, stopped: int) -> Diagnostic:
    """Something other than a key in a map of the block style."""
    before = _line_around(text, lines, stopped).rstrip(" ")
    if before and before[-1] in _QUOTES + "]}":
        hint = "if both are one text, put the whole in the other kind of quotes"
        rule = _Rule("", "the value ended before {it}; nothing may follow it in its line", hint)
    elif before:
        rule = _Rule("", "a value is not expected to go on with {it}", f"if it belongs to a text, {_QUOTE}")
    else:
        rule = _Rule("", "a key is expected here, in the column of the keys above", _INDENT)
    return _diagnostic(rule, text, lines, stopped)


def _colon(text: str, lines: Lines, stopped: int) -> Diagnostic:
    """A ':' where no key can end: inside a text without quotes, or under a line that holds a value already."""
    if ": " in _line_around(text, lines, stopped):
        rule = _Rule("", "a second ':' in one line", f"if it belongs to the value, {_QUOTE}")
    else:
        rule = _Rule("", "no key can stand here, since the line above holds a value already", _INDENT)
    return _diagnostic(rule, text, lines, stopped)
