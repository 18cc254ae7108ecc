"""Changes to a definition that keep it more or less a definition, beside the blind ones of the fuzzer."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence

from sagadsl.language.schema import schema_text

_TOKEN = re.compile(r"[A-Za-z_][\w.]*|\d+\w*|[^\s\w]+")
_ODD = (
    *(
        "${",
        "}",
        "$${",
        "${}",
        "*",
        "&a ",
        "*a",
        "<<: *a",
        "!t ",
        "---\n",
        "\t",
        "\x00",
        "\u2028",
        "😀",
        "~",
        "''",
        '"',
    ),
    *("9223372036854775808", "1e400", "-0", "0x", "1h1h", "true", "null", "[]", "{}", "- ", "? ", "|\n", ">-\n", "#"),
    *(
        "has(input.x)",
        "input['a']",
        "states.a.output.b",
        "1 / 0",
        "size(",
        "x ? y : z",
        "[1].map(x, x)",
        "b'a'",
        "r'\\'",
    ),
    *("# sagadsl: ignore=SAGA5xx\n", "item", "index", "error.code", "signals.s", "steps.a.status"),
)


def words() -> list[str]:
    """Return the words of the language, and some texts that are seldom meant."""
    return sorted({*_in_schema(json.loads(schema_text())), *_ODD})


def _in_schema(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part.get("properties", {})
        yield from (word for word in part.get("enum", ()) if isinstance(word, str))
        for inner in part.values():
            yield from _in_schema(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _in_schema(inner)


def mutated(text: str, vocabulary: Sequence[str], seed: int) -> str:
    """Return the text with a few changes to its lines and its words."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 3)):
        text = chance.choice(_CHANGES)(text, vocabulary, chance)
    return text


def _lines_moved(text: str, vocabulary: Sequence[str], chance: random.Random) -> str:
    lines = text.split("\n")
    start = chance.randrange(len(lines))
    taken = lines[start : start + chance.randint(1, 4)]
    kept = lines if chance.random() < 0.5 else lines[:start] + lines[start + len(taken) :]
    at = chance.randint(0, len(kept))
    return "\n".join(kept[:at] + taken + kept[at:])


def _lines_lost(text: str, vocabulary: Sequence[str], chance: random.Random) -> str:
    lines = text.split("\n")
    start = chance.randrange(len(lines))
    return "\n".join(lines[:start] + lines[start + chance.randint(1, 3) :])


def _indented(text: str, vocabulary: Sequence[str], chance: random.Random) -> str:
    lines = text.split("\n")
    start = chance.randrange(len(lines))
    end = start + chance.randint(1, 6)
    return "\n".join(lines[:start] + [f"  {line}" for line in lines[start:end]] + lines[end:])


def _token_changed(text: str, vocabulary: Sequence[str], chance: random.Random) -> str:
    found = list(_TOKEN.finditer(text))
    if not found:
        return text + chance.choice(vocabulary)
    token = chance.choice(found)
    new = chance.choice(vocabulary) if chance.random() < 0.5 else chance.choice(found)[0]
    return text[: token.start()] + new + text[token.end() :]


def _word_put_in(text: str, vocabulary: Sequence[str], chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(vocabulary) + text[at:]


_CHANGES: tuple[Callable[[str, Sequence[str], random.Random], str], ...] = (
    _lines_moved,
    _lines_lost,
    _indented,
    _token_changed,
    _token_changed,
    _token_changed,
    _word_put_in,
)
