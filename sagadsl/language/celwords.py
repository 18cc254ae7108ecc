"""CEL's types and operators in the words of people who write sagas, for every message about an expression."""

from __future__ import annotations

import re

OPERATORS = {
    "_+_": "+",
    "_-_": "-",
    "_*_": "*",
    "_/_": "/",
    "_%_": "%",
    "_>_": ">",
    "_>=_": ">=",
    "_<_": "<",
    "_<=_": "<=",
    "_==_": "==",
    "_!=_": "!=",
    "_&&_": "&&",
    "_||_": "||",
    "!_": "!",
    "-_": "-",
    "@in": "in",
    "_in_": "in",
    "_[_]": "[…]",
    "_?_:_": "? :",
}
COMPARISONS = frozenset({"==", "!=", ">", ">=", "<", "<="})
LOGICAL = frozenset({"&&", "||", "!"})
MIXABLE = frozenset({"+", "-", "*", "/", "%"}) | COMPARISONS

FUNCTIONS = frozenset(
    {
        *("all", "exists", "exists_one", "filter", "has", "map"),
        *("bool", "bytes", "double", "duration", "dyn", "int", "size", "string", "timestamp", "type", "uint"),
        *("contains", "endsWith", "matches", "startsWith"),
        *("getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours"),
        *("getMilliseconds", "getMinutes", "getMonth", "getSeconds"),
    }
)

_NAMED = {
    "int": "an integer",
    "int64": "an integer",
    "uint": "an unsigned integer",
    "uint64": "an unsigned integer",
    "double": "a number",
    "string": "text",
    "bool": "true or false",
    "bytes": "bytes",
    "null": "null",
    "null_type": "null",
    "timestamp": "a timestamp",
    "duration": "a duration",
    "dyn": "a value",
    "any": "a value",
    "type": "a type",
    "list": "a list",
    "map": "an object",
}
_PLURAL = {"an integer": "integers", "a number": "numbers", "text": "texts", "an object": "objects"}
_MISSING_KEY = re.compile(r"Key not found in map : \"?(.*?)\"?$", re.DOTALL)
_NO_OVERLOAD = re.compile(r"No matching overloads? found : ([^\s(]+)(?:\((.*)\))?")
_INDEX = re.compile(r"Index error: index=(-?\d+) size=(\d+)")
_FAILURES: tuple[tuple[str, str], ...] = (
    ("<jump_condition>", "what stands before '?' is not true or false"),
    ("<iter_range>", "all, exists, map and filter need a list or an object"),
    (").in_order()", "all, exists, map and filter need a list or an object"),
    ("Applying SELECT", "a field is read from something that is not an object"),
    ("Index error: expected integer", "the index of a list has to be an integer"),
    ("divide by zero", "a division by zero"),
    ("modulus by zero", "a division by zero"),
    ("overflow", "the result is beyond 64 bits"),
    ("out of int64 range", "a number is too large for an integer"),
    ("out of uint64 range", "a number does not fit an unsigned integer"),
    ("out of range for", "a number is beyond 64 bits, which expressions cannot hold"),
    ("cannot convert string to", "the text is not a number"),
    ("String to Timestamp", "the text is not a timestamp such as 2030-01-31T12:00:00Z"),
    ("String to Duration", "the text is not a duration such as 90s or 1h30m"),
    ("to 'bool'", "the text is neither 'true' nor 'false'"),
    ("invalid regular expression", "the pattern of matches() is not a regular expression"),
    ("maximum allowed duration", "the duration is too long"),
    ("Invalid timezone", "there is no such time zone"),
    ("duplicate key", "an object is given the same key twice"),
    ("Iteration budget", "it takes too many steps"),
    ("Non-CEL value", "it reads data that is not JSON"),
    ("basic_string", "it reads text with a broken character (half of a surrogate pair)"),
)
_SENTENCES = {
    "[…]": ("[…] cannot look into {}", "with"),
    "in": ("'in' cannot look for {}", "in"),
    **dict.fromkeys(COMPARISONS, ("'{sign}' cannot compare {}", "with")),
}
_WRAPPED = re.compile(r"(list|map|type)[(<](.*)[)>]")


def type_words(name: str) -> str:
    """Return a CEL type in plain words: `double` is `a number`, `list(string)` is `a list of texts`.

    An object's type, which CEL knows by the name of a message, is `an object`.
    """
    name = name.strip().removeprefix("google.protobuf.").lower()
    if (match := _WRAPPED.fullmatch(name)) and match[1] == "list":
        element = _PLURAL.get(type_words(match[2]))
        return f"a list of {element}" if element else "a list"
    if match:
        return _NAMED[match[1]]
    if name.startswith("wrapper("):
        return type_words(name[8:-1])
    return _NAMED.get(name, "an object")


def split_types(text: str) -> list[str]:
    """Split `double, map(string, dyn)` at its outer commas."""
    parts, depth, start = [], 0, 0
    for i, character in enumerate(text):
        depth += (character in "(<") - (character in ")>")
        if character == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [part.strip() for part in (*parts, text[start:]) if part.strip()]


def misfit(function: str, types: list[str]) -> str:
    """Say that an operator or a function cannot take values of these CEL types."""
    sign = OPERATORS.get(function)
    words = [type_words(name) for name in types]
    if sign is None:
        return f"{function}() cannot take {_joined(words, 'and')}"
    if sign in LOGICAL:
        others = [word for word in words if word != "true or false"]
        return f"'{sign}' needs true or false" + (f", not {_joined(others, 'or')}" if others else "")
    if sign == "? :":
        return _conditional(types, words)
    sentence, last = _SENTENCES.get(sign, (f"'{sign}' cannot take {{}}", "and"))
    return sentence.format(_joined(words, last), sign=sign)


def _conditional(types: list[str], words: list[str]) -> str:
    if types and types[0] not in ("bool", "dyn"):
        return f"what stands before '?' has to be true or false, not {words[0]}"
    return f"the two results of '? :' have to be of one type, not {_joined(words[1:], 'and')}"


def missing_key(reason: str) -> str | None:
    """Return the key that an evaluation did not find, if that is why it failed."""
    match = _MISSING_KEY.search(reason)
    return None if match is None else match[1]


def failure(reason: str) -> str:
    """Say in plain words why an evaluation failed, given what CEL says."""
    if match := _INDEX.search(reason):
        return f"there is no element [{match[1]}] in a list of {match[2]}"
    for part, words in _FAILURES:
        if part in reason:
            return words
    if match := _NO_OVERLOAD.search(reason):
        return misfit(match[1], split_types(match[2] or ""))
    return reason.partition(": ")[2] or reason


def _joined(words: list[str], last: str) -> str:
    if not words:
        return "these values"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
