"""Words that people bring along from other languages, and what they are here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sagadsl.language.suggest import nearest

_KEYS: Mapping[str, tuple[str, ...]] = {
    "then": ("next",),
    "goto": ("next",),
    "target": ("next",),
    "transition": ("next",),
    "if": ("when",),
    "condition": ("when",),
    "else": ("default",),
    "otherwise": ("default",),
    "undo": ("compensation",),
    "compensate": ("compensation",),
    "rollback": ("compensation",),
    "params": ("payload", "input"),
    "parameters": ("payload", "input"),
    "arguments": ("payload", "input"),
    "args": ("payload", "input"),
    "input": ("payload",),
    "result": ("output",),
    "code": ("error",),
    "codes": ("errors",),
    "error": ("errors",),
    "on_error": ("catch", "on_failure"),
    "retries": ("retry", "max_attempts"),
    "attempts": ("max_attempts",),
    "delay": ("initial_delay", "for"),
    "foreach": ("items",),
    "id": ("name",),
    "title": ("name", "description"),
}
_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("end", "done", "stop", "finish", "finished", "complete", "completed", "success", "ok"), "succeed"),
    **dict.fromkeys(("error", "failure", "failed", "abort", "raise", "throw", "cancel"), "fail"),
    **dict.fromkeys(("step", "action", "activity", "call", "service", "invoke"), "task"),
    **dict.fromkeys(("if", "switch", "branch", "decision", "condition", "gateway"), "choice"),
    **dict.fromkeys(("loop", "foreach", "for_each", "for"), "map"),
    **dict.fromkeys(("sleep", "delay", "timer", "event", "signal", "pause"), "wait"),
    **dict.fromkeys(("fork", "concurrent"), "parallel"),
    **dict.fromkeys(("subsaga", "sub_saga", "child", "workflow"), "saga"),
    **dict.fromkeys(("set", "assign", "noop", "transform", "data"), "pass"),
}
_NO_FUNCTION = "there is nothing for that in an expression: let a service do it"
_FUNCTIONS: Mapping[str, str] = {
    **dict.fromkeys(("len", "length", "count"), "write size(…)"),
    **dict.fromkeys(
        ("upper", "lower", "toupper", "tolower", "trim", "strip", "split", "join", "replace"), _NO_FUNCTION
    ),
    **dict.fromkeys(("min", "max", "abs", "sum", "format"), _NO_FUNCTION),
    **dict.fromkeys(("now", "today", "date", "time"), "the one time there is to read is saga.started_at"),
    **dict.fromkeys(("round", "floor", "ceil", "trunc"), "int(…) cuts a number off behind the point"),
    **dict.fromkeys(("str", "text", "tostring"), "write string(…)"),
    **dict.fromkeys(("float", "number", "decimal"), "write double(…)"),
    **dict.fromkeys(("includes", "include"), "write text.contains('…'), or 'x' in list"),
    **dict.fromkeys(("match", "regex", "like"), "write text.matches('…')"),
    **dict.fromkeys(("defined", "isset", "empty", "isnull", "is_null", "get"), "has(…) tells whether a field is there"),
    **dict.fromkeys(("any", "some"), "write list.exists(x, …)"),
    **dict.fromkeys(("every", "each"), "write list.all(x, …)"),
}
QUOTES = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\xab\xbb"
"""The curly and angular quotes that a word processor makes."""

_BETWEEN_WORDS = re.compile(r"[^A-Za-z0-9_]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def key_meant(word: str, keys: Iterable[str]) -> str | None:
    """Return which of the keys is meant by a word that is none, or `None`."""
    keys = list(keys)
    here = [key for key in _KEYS.get(word.lower(), ()) if key in keys]
    return here[0] if here else nearest(word, keys)


def type_meant(word: str, types: Iterable[str]) -> str | None:
    """Return which state type is meant by a word that is none, or `None`."""
    types = list(types)
    known = _TYPES.get(word.lower())
    return known if known in types else nearest(word, types)


def function_meant(word: str) -> str:
    """Return the hint what to write in the place of a function that CEL does not have, or nothing."""
    return _FUNCTIONS.get(word.lower(), "")


def name_meant(text: str) -> str | None:
    """Return the name that a text would be with underscores between its words, or `None`."""
    words = _BETWEEN_WORDS.sub("_", text.strip(QUOTES + " "))
    return words if _NAME.fullmatch(words) and words.strip("_") else None
