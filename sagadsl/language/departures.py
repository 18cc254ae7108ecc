"""Departures from a JSON Schema, told in the author's words rather than in the schema's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sagadsl.language.definition import Json, Path
from sagadsl.language.problems import TYPE_NAMES, Problem, found
from sagadsl.language.quick_schema import DURATION_TITLES
from sagadsl.language.slips import key_meant, name_meant
from sagadsl.language.suggest import did_you_mean, one_of

_NAME_FORM = "letters, digits and _, not beginning with a digit, at most 64 characters"
_ENDING = "; what ends a saga is a state of its own, as in done: {type: succeed}"
_PERCENT = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,20})?) *%")
_MAX_SHOWN = 60
_MOST_GUESSES = 20
_LANGUAGE = "sagadsl"
_DOCUMENTS = {"Saga definition": "the definition", "Service catalogue": "the catalogue"}
_ENTRIES = {"states": "state", "branches": "branch", "services": "service", "actions": "action"}


def in_words(error: Any, base: Path) -> Iterator[Problem]:
    """Return the problems that an error of jsonschema stands for.

    Args:
        error: A `jsonschema.ValidationError`.
        base: The path of the value that was validated.
    """
    path = (*base, *error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        message = f"{_shown(error.instance)} is not a valid name"
        yield Problem("SAGA207", message, (*path, error.instance), "key", _name_hint(error.instance))
        return
    title = error.schema.get("title") if isinstance(error.schema, dict) else None
    if title in DURATION_TITLES:
        yield from _duration(error, path)
    elif error.validator in _WORDS:
        yield from _WORDS[error.validator](error, path)
    else:  # only a keyword that the schema gains without words for it comes here
        yield Problem("SAGA204", f"{_shown(error.instance)} is not allowed {_for(path)}", path)


def _shown(value: Json) -> str:
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= _MAX_SHOWN else f"'{value[:_MAX_SHOWN]}…'"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return found(value)


def _for(path: Path) -> str:
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    return f"for '{key}'" if key else "here"


def _owner(error: Any, path: Path) -> str:
    """What the map is that an error is about, for people."""
    match path:
        case ():
            return _DOCUMENTS[error.schema["title"]]
        case (*_, "states" | "branches" | "services" | "actions" as place, str(name)):
            return f"{_ENTRIES[place]} '{name}'"
        case (*_, "steps", int(index)):
            name = error.instance.get("id")
            return f"step '{name}'" if isinstance(name, str) else f"step {index + 1}"
        case (*_, owner, int(index)):
            return f"entry {index + 1} of '{owner}'"
        case _:
            return f"'{path[-1]}'"


def _duration(error: Any, path: Path) -> Iterator[Problem]:
    # Whatever keyword it departs from, the keyword `title` says it best and is there as well.
    if error.validator == "title":
        hint = "for example 30s, 1h30m, or 90 for seconds"
        yield Problem("SAGA208", error.message, path, hint=hint, about="duration")


def _is_step(path: Path) -> bool:
    match path:
        case (*_, "steps", int()):
            return True
    return False


def _unknown_keys(error: Any, path: Path) -> Iterator[Problem]:
    known = list(error.schema.get("properties", {}))
    for key in error.instance:
        if key in known:
            continue
        if key == "next" and _is_step(path):
            message = "a step has no 'next'; steps follow each other in the order of the text"
            yield Problem("SAGA210", message, (*path, key), "key", "delete it, or use 'states' to jump")
            continue
        meant = _key_meant(key, error)
        hint = f"did you mean '{meant}'?" if meant else f"the keys known here are {one_of(known, 'and')}"
        message = f"unknown key {_shown(key)} in {_owner(error, path)}"
        yield Problem("SAGA201", message, (*path, key), "key", hint)


def _key_meant(word: str, error: Any) -> str | None:
    """Return which key of this map is meant by a word that is none: rather one that it lacks."""
    known = error.schema.get("properties", {})
    lacking = [key for key in known if key not in error.instance]
    return key_meant(word, lacking) or key_meant(word, known)


def _misspelt(error: Any) -> set[str | None]:
    """Return the keys of this map that are there in another spelling, which is told already."""
    unknown = [key for key in error.instance if key not in error.schema.get("properties", error.instance)]
    return {_key_meant(key, error) for key in unknown[:_MOST_GUESSES]}


def _missing(error: Any, path: Path) -> Iterator[Problem]:
    misspelt = _misspelt(error)
    for key in error.validator_value:
        if key not in error.instance and key not in misspelt:
            message = f"{_owner(error, path)} lacks the key '{key}'"
            is_state = key == "next" and path[-2:-1] == ("states",)
            hint = f"add: {key}: …{_ENDING if is_state else ''}"
            yield Problem("SAGA202", message, path, "key", hint, key)


def _needs(error: Any, path: Path) -> Iterator[Problem]:
    there = {*error.instance, *_misspelt(error)}
    for key, others in error.validator_value.items():
        lacking = [other for other in others if key in error.instance and other not in there]
        if lacking:
            message = f"'{key}' means nothing in {_owner(error, path)} without '{lacking[0]}'"
            yield Problem("SAGA214", message, (*path, key), "key", f"add: {lacking[0]}: …, or delete it")


def _type(error: Any, path: Path) -> Iterator[Problem]:
    names = error.validator_value
    wanted = one_of(TYPE_NAMES[name] for name in ([names] if isinstance(names, str) else names))
    value = error.instance
    message = f"{wanted} was expected {_for(path)}, but this is {found(value)}"
    if value is None:
        hint = "give it a value, or delete the key"
    elif (form := _other_form(value, names, path)) is not None:
        hint = form
    elif path[-1:] == ("compensation",) and isinstance(value, str):  # where text is wrong: that of a saga
        hint = f"a saga has no service of its own; write {{service: …, action: {value}}}"
    elif "string" in names and not isinstance(value, dict | list):
        hint = "put it in quotes"
    else:
        hint = "delete the quotes" if _reads_as_number(value) and "text" not in wanted else ""
    yield Problem("SAGA203", message, path, hint=hint, about="type")


_BOOLEANS: Mapping[str, str] = {
    **dict.fromkeys(("yes", "on", "y"), "write true"),
    **dict.fromkeys(("no", "off", "n"), "write false"),
    **dict.fromkeys(("true", "false"), "delete the quotes"),
}


def _other_form(value: Json, names: str | list[str], path: Path) -> str | None:
    """Say how to write what seems to be meant where a list or a map is expected, and something else stands."""
    if names == "array" and isinstance(value, str):
        plain = name_meant(value) == value
        return "write a list: " + (f"[{value}]" if plain else f'["{value}"]' if len(value) <= _MAX_SHOWN else "[…]")
    if names == "number" and isinstance(value, str) and (percent := _PERCENT.fullmatch(value)):
        return f"write {float(percent[1]) / 100:g}"
    if names == "boolean" and isinstance(value, str):
        return _BOOLEANS.get(value.lower())
    match (*path[-1:], value):
        case ("retry", int(number)) if not isinstance(number, bool):
            return f"write retry: {{max_attempts: {number}}}"
        case ("states", list()):
            return "write states as a map by their names, or call the list 'steps'"
        case ("steps", dict()):
            return "write steps as a list, each with an id, or call the map 'states'"
    return None


def _reads_as_number(value: Json) -> bool:
    return isinstance(value, str) and value.replace(".", "", 1).isdecimal()


def _enum(error: Any, path: Path) -> Iterator[Problem]:
    value, allowed = error.instance, error.validator_value
    if path == (_LANGUAGE,):
        hint = 'put it in quotes: "1.0"' if value == 1 and not isinstance(value, bool) else 'write sagadsl: "1.0"'
        message = f"{_shown(value)} is no language version, expected the text {one_of(allowed)}"
        yield Problem("SAGA209", message, path, hint=hint)
        return
    message = f"{_shown(value)} is not allowed {_for(path)}, expected one of {', '.join(allowed)}"
    hint = did_you_mean(value, allowed) if isinstance(value, str) else ""
    yield Problem("SAGA204", message, path, hint=hint, about="enum")


_LEADING = ("next", "default", "on_timeout", "start")


def _pattern(error: Any, path: Path) -> Iterator[Problem]:
    title = error.schema.get("title")
    if title == "Path":
        message = f"{_shown(error.instance)} is not the way to a value"
        yield Problem("SAGA221", message, path, hint="write keys with dots between them: input.card.number")
        return
    thing = "error code" if title in ("Error code", "Error code or *") else "name"
    message = f"{_shown(error.instance)} is not a valid {thing}"
    yield Problem("SAGA207", message, path, hint=_pattern_hint(error.instance, path), about="pattern")


def _pattern_hint(text: str, path: Path) -> str:
    if "${" not in text:
        return _name_hint(text)
    if path[-1] in _LEADING:
        return f"'{path[-1]}' takes no template: lead to a choice, whose conditions read what this one does"
    return "a name is no template: it is known before a saga runs"


def _name_hint(text: str) -> str:
    meant = name_meant(text)
    return f"did you mean '{meant}'?" if meant else f"write {_NAME_FORM}"


def _empty(error: Any, path: Path) -> Iterator[Problem]:
    yield Problem("SAGA204", f"{_owner(error, path)} is empty", path, hint="give it at least one entry")


def _empty_text(_: Any, path: Path) -> Iterator[Problem]:
    yield Problem("SAGA204", f"the text {_for(path)} is empty", path, hint="give it a value")


def _too_long(error: Any, path: Path) -> Iterator[Problem]:
    yield Problem("SAGA204", f"the text {_for(path)} is longer than {error.validator_value} characters", path)


_BOUNDS = {
    "minimum": "too small {}, which is at least",
    "exclusiveMinimum": "too small {}, which is more than",
    "maximum": "too large {}, which is at most",
}


def _out_of_bounds(error: Any, path: Path) -> Iterator[Problem]:
    bound = f"{_BOUNDS[error.validator].format(_for(path))} {error.validator_value}"
    yield Problem("SAGA204", f"{_shown(error.instance)} is {bound}", path)


_WORDS: dict[str, Callable[[Any, Path], Iterator[Problem]]] = {
    "additionalProperties": _unknown_keys,
    "dependencies": _needs,
    **dict.fromkeys(_BOUNDS, _out_of_bounds),
    "enum": _enum,
    "maxLength": _too_long,
    "minItems": _empty,
    "minLength": _empty_text,
    "minProperties": _empty,
    "pattern": _pattern,
    "required": _missing,
    "type": _type,
}
