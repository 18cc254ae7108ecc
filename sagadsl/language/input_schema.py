"""A JSON Schema (draft-07) inside a document, as under the key `input`. It has to be valid and stand on its own."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sagadsl.language.definition import Json, Path
from sagadsl.language.plain_schema import TYPES, is_plain
from sagadsl.language.problems import Problem, found
from sagadsl.language.suggest import did_you_mean, one_of

BASE: Path = ("input",)
_DRAFT = "http://json-schema.org/draft-07/schema"
# Where a schema has schemas of its own. Those in _SAME judge the very value that the schema itself judges.
_ONE = frozenset({"additionalItems", "additionalProperties", "contains", "propertyNames"})
_SAME_ONE = frozenset({"not", "if", "then", "else"})
_SAME_LIST = frozenset({"allOf", "anyOf", "oneOf"})
_BY_NAME = frozenset({"definitions", "$defs", "properties", "patternProperties", "dependencies"})
_MOST_HOPS = 50  # from schema to schema for one value; jsonschema recurses, and could check no input against more


def problems(schema: Mapping[str, Json], base: Path = BASE, name: str = "the input schema") -> Iterator[Problem]:
    """Return what is wrong with a schema, each problem with its path in the document.

    Args:
        schema: The schema of a saga's input, which has to be a map, or any schema under another `name`.
        base: Where it stands.
        name: What messages call it.
    """
    for problem in _wrong(schema, of_input=base == BASE):
        yield problem._replace(message=f"{name}: {problem.message}", path=(*base, *problem.path))


def _wrong(schema: Mapping[str, Json], *, of_input: bool) -> Iterator[Problem]:
    if not is_plain(schema):
        invalid = list(_invalid(schema))
        yield from invalid
        if invalid:
            return
    if of_input:
        yield from _not_a_map(schema)
    every = dict(_subschemas(schema, ()))
    places = {path: part for path, part in every.items() if isinstance(part, dict)}
    for path, part in places.items():
        yield from _foreign(schema, part, path, every)
    yield from _endless(schema, places)


def resolve(root: Json, reference: str) -> Json:
    """Return what a reference of the form `#` or `#/…` leads to.

    Raises:
        LookupError: It leads nowhere, or out of the schema.
    """
    return _followed(root, reference)[1]


def _followed(root: Json, reference: str) -> tuple[Path, Json]:
    if reference == "#":
        return (), root
    if not reference.startswith("#/"):
        raise LookupError(reference)
    node, path = root, []
    for token in reference[2:].split("/"):
        key: str | int = _unescape(token)
        if isinstance(node, list):
            key = _index(str(key), len(node))
        elif not isinstance(node, dict) or key not in node:
            raise LookupError(reference)
        node = node[key]
        path.append(key)
    return tuple(path), node


def _index(text: str, length: int) -> int:
    if text in map(str, range(length)):
        return int(text)
    raise LookupError(text)


def _unescape(token: str) -> str:
    if "%" in token:
        from urllib.parse import unquote  # noqa: PLC0415  hardly ever needed

        token = unquote(token)
    return token.replace("~1", "/").replace("~0", "~")


def _invalid(schema: Json) -> Iterator[Problem]:
    from jsonschema import Draft7Validator, FormatChecker  # noqa: PLC0415  slow to import, seldom needed

    checker = FormatChecker(())
    checker.checks("regex", raises=(re.error, OverflowError, RecursionError, FutureWarning))(_is_pattern)
    meta: Any = Draft7Validator.META_SCHEMA
    known = meta["properties"]  # what stands in `$defs` can be referred to, so that it has to be right as well
    extended = {**meta, "properties": {**known, "$defs": known["definitions"]}}
    validator = Draft7Validator(extended, format_checker=checker)
    try:
        errors = [part for error in validator.iter_errors(schema) for part in _chosen(error)]
    except RecursionError:
        yield Problem("SAGA212", "it nests too deep to be checked", (), hint="make it flatter")
        return
    for error in errors:
        path = tuple(error.absolute_path)
        yield Problem("SAGA212", _say(error), path, hint=_advise(error), about="schema")


def _chosen(error: Any) -> Iterator[Any]:
    """Where the meta-schema allows one thing or a list of things, the errors of the one that was meant."""
    if error.validator != "anyOf":
        yield error
        return
    meant = 1 if isinstance(error.instance, list) else 0
    for part in error.context:
        if part.relative_schema_path[0] == meant:
            yield from _chosen(part)


def _is_pattern(value: object) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)  # a set such as [[:alpha:]] is not what it seems to be
        return not isinstance(value, str) or bool(re.compile(value))


def _say(error: Any) -> str:
    value = error.instance
    shown = f"'{value}'" if isinstance(value, str) else found(value)
    if "type" in list(error.absolute_path)[-2:] and not isinstance(value, list):
        return f"{shown} is no type, expected {one_of(TYPES)}"
    if error.validator == "format":
        return f"{shown} is no regular expression"
    place = f"for '{error.absolute_path[-1]}'" if error.absolute_path else "here"
    return f"{shown} is not allowed {place}"


def _advise(error: Any) -> str:
    if "type" in list(error.absolute_path)[-2:] and isinstance(error.instance, str):
        return did_you_mean(error.instance, TYPES)
    if isinstance(error.cause, FutureWarning):
        return "inside […], write ranges such as a-z for [:alpha:], and \\[ for a bracket"
    if error.validator == "type" and "object" in error.validator_value and "boolean" in error.validator_value:
        return "a schema is a map, such as {type: string}"
    if error.validator == "type" and error.absolute_path and error.absolute_path[-1] == "required":
        return "in JSON Schema, 'required' is a list of keys beside 'properties'"
    return "see JSON Schema, draft-07"


def _not_a_map(schema: Mapping[str, Json]) -> Iterator[Problem]:
    names = schema.get("type", "object")
    if "object" not in ([names] if isinstance(names, str) else names):
        message = "the input of a saga is always a map"
        yield Problem("SAGA212", message, ("type",), hint="write type: object, and put the value in 'properties'")


def _subschemas(schema: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    """Yield each schema in a valid schema, with its path."""
    if isinstance(schema, dict | bool):
        yield path, schema
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key in _ONE or key in _SAME_ONE or (key == "items" and isinstance(value, dict)):
            yield from _subschemas(value, (*path, key))
        elif key in _SAME_LIST or (key == "items" and isinstance(value, list)):
            for index, part in enumerate(value):
                yield from _subschemas(part, (*path, key, index))
        elif key in _BY_NAME and isinstance(value, dict):
            for name, part in value.items():
                yield from _subschemas(part, (*path, key, name))


def _foreign(root: Json, part: Mapping[str, Json], path: Path, places: Collection[Path]) -> Iterator[Problem]:
    """What would need another document, of which none is ever fetched, or leads to what nobody has looked at."""
    reference, identity = part.get("$ref"), part.get("$id")
    if reference is not None and _target(root, reference) not in places:
        message = f"'{reference}' leads to no schema in it"
        hint = "refer to a schema inside this one, as in '#/definitions/address'"
        yield Problem("SAGA212", message, (*path, "$ref"), hint=hint)
    if identity is not None:
        message = "'$id' has no meaning here"
        yield Problem("SAGA212", message, (*path, "$id"), "key", "delete it")
    draft = part.get("$schema", _DRAFT)
    if draft.rstrip("#") != _DRAFT:
        hint = "delete it, and use what draft-07 has"
        yield Problem("SAGA212", "only draft-07 is understood", (*path, "$schema"), hint=hint)


def _target(root: Json, reference: str) -> Path | None:
    try:
        return _followed(root, reference)[0]
    except LookupError:
        return None


def _endless(root: Json, places: Mapping[Path, Mapping[str, Json]]) -> Iterator[Problem]:
    """References that come back to themselves without taking a step into the data, or lead on and on."""
    hops: dict[Path, int] = {}
    for start in places:
        trail: dict[Path, None] = {}
        pending = [(start, False)]
        while pending:
            path, leaving = pending.pop()
            if leaving:
                del trail[path]
                hops[path] = 1 + max((hops.get(each, 0) for each in _same_value(root, places, path)), default=0)
                if hops[path] == _MOST_HOPS:
                    message = f"more than {_MOST_HOPS} schemas lead to each other for one value"
                    yield Problem("SAGA212", message, path, hint="refer to the last of them")
            elif path in trail:
                message = "a reference that leads back to itself"
                yield Problem("SAGA212", message, path, hint="refer to it from 'properties' or 'items'")
            elif path not in hops:
                trail[path] = None
                pending.append((path, True))
                pending += [(target, False) for target in _same_value(root, places, path)]


def _same_value(root: Json, places: Mapping[Path, Mapping[str, Json]], path: Path) -> Iterator[Path]:
    """The schemas that judge the same value as this one."""
    part = places[path]
    reference = part.get("$ref")
    if reference is not None:
        target = _target(root, reference)
        if target is not None and target in places:
            yield target
        return
    for key, value in part.items():
        if key in _SAME_ONE and isinstance(value, dict):
            yield (*path, key)
        elif key in _SAME_LIST:
            yield from ((*path, key, index) for index, each in enumerate(value) if isinstance(each, dict))
