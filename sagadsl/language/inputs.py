"""A saga's input, checked against its schema before the saga is created."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from sagadsl.language.definition import Definition, Json, Path
from sagadsl.language.number_kinds import typed
from sagadsl.language.problems import TYPE_NAMES, found
from sagadsl.language.quick_input import UnsureError, taker
from sagadsl.language.suggest import one_of

_MAX_DEPTH = 100
_MAX_SHOWN = 60
_MIN, _MAX = -(2**63), 2**63 - 1


class InputProblem(NamedTuple):
    """One thing that is wrong with an input: where, as `input.items[2].sku`, and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class InputError(ValueError):
    """The input of a saga is not what its definition asks for.

    Args:
        problems: Everything that is wrong with it, at least one thing.
    """

    def __init__(self, problems: tuple[InputProblem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def prepare_input(definition: Definition, value: Json) -> Json:
    """Return the input as the saga will see it: a copy, its numbers of the types that the schema names.

    Args:
        definition: Its `input_schema` is valid, as that of every loaded definition is.
        value: JSON data; a tuple counts as a list. It is not changed.

    Raises:
        InputError: It is not JSON data, not a map, or departs from the schema; it holds every departure.
    """
    take = _taker(definition.input_schema)
    if take is not None:
        try:
            return take(value)
        except UnsureError:
            pass
    return _the_long_way(definition.input_schema, value)


def _the_long_way(schema: Json, value: Json) -> Json:
    """Read any schema, and find out all that is wrong with a value."""
    data = _json(value)
    if not isinstance(data, dict):
        raise InputError((InputProblem("input", f"a map was expected, but this is {found(data)}"),))
    if schema is None:
        return data
    problems = tuple(dict.fromkeys(_departures(schema, data)))
    if problems:
        raise InputError(problems)
    return _json(typed(data, schema))  # 1e300 is a whole number too, and not one of 64 bits


def _json(value: Any) -> Json:
    copier = _Copier()
    data = copier.of(value, ())
    if copier.problems:
        raise InputError(tuple(copier.problems))
    return data


def _written(path: Path) -> str:
    text = "input"
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if step.isidentifier() else f"['{step}']"
    return text


class _Copier:
    """Copies JSON data and collects what is none."""

    def __init__(self) -> None:
        self.problems: list[InputProblem] = []

    def of(self, value: Any, path: Path) -> Json:
        if len(path) > _MAX_DEPTH:
            self._report(path[:3], f"nesting is more than {_MAX_DEPTH} levels deep")
            return None
        if isinstance(value, Mapping):
            return {self._key(key, path): self.of(item, (*path, str(key))) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(item, (*path, index)) for index, item in enumerate(value)]
        message = _not_json(value)
        if message:
            self._report(path, message)
        return value

    def _key(self, key: Any, path: Path) -> str:
        if not isinstance(key, str):
            self._report(path, f"the key {key!s} is not text")
        elif (wrong := _wrong_characters(key)) != "":
            self._report(path, f"a key holds {wrong}")
        return str(key)

    def _report(self, path: Path, message: str) -> None:
        problem = InputProblem(_written(path), message)
        if problem not in self.problems:
            self.problems.append(problem)


def _not_json(value: Any) -> str:
    """Return why a value that is neither map nor list is no JSON data; "" if it is."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        wrong = _wrong_characters(value)
        return wrong and f"the text holds {wrong}"
    if isinstance(value, int):
        return "" if _MIN <= value <= _MAX else "the whole number does not fit into 64 bits"
    if isinstance(value, float):
        return "" if math.isfinite(value) else "infinity and not-a-number are no values that a saga can carry"
    return f"a value of the type {type(value).__name__} is no JSON data"


def _wrong_characters(text: str) -> str:
    """Return which characters no saga can carry are in a text; "" for none."""
    if "\0" in text:  # an expression would see the text end there
        return "the character NUL"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "half a character (a lone surrogate)"
    return ""


T = TypeVar("T")

_MAX_SCHEMAS = 1000


def _made_once(make: Callable[[Json], T]) -> Callable[[Json], T]:
    """Keep what is made of a schema, which takes longer to make than to use."""
    made: dict[int, tuple[Json, T]] = {}  # by the identity of the schema, which is kept so that it stays its own

    def get(schema: Json) -> T:
        known = made.get(id(schema))
        if known is None:
            if len(made) >= _MAX_SCHEMAS:
                made.clear()
            made[id(schema)] = known = (schema, make(schema))
        return known[1]

    return get


@_made_once
def _validator(schema: Json) -> Any:
    from jsonschema import Draft7Validator  # noqa: PLC0415  slow to import, and only odd inputs need it
    from referencing import Registry  # noqa: PLC0415  likewise

    return Draft7Validator(schema, registry=Registry())  # which has nothing, and fetches nothing


_taker = _made_once(taker)


def _departures(schema: Json, data: Json) -> Iterator[InputProblem]:
    validator = _validator(schema)
    try:
        errors = sorted(validator.iter_errors(data), key=lambda error: error.json_path)
    except RecursionError:
        yield InputProblem("input", "nests too deep to be checked against its schema")
        return
    for error in errors:
        yield from _in_words(error)


def _in_words(error: Any) -> Iterator[InputProblem]:
    path, value, wanted = tuple(error.absolute_path), error.instance, error.validator_value
    here = _written(path)
    if error.validator == "required":
        yield from (InputProblem(_written((*path, key)), "is missing") for key in wanted if key not in value)
    elif error.validator == "additionalProperties" and wanted is False:
        known = error.schema.get("properties", {})
        for key in value:
            if key not in known and not error.schema.get("patternProperties"):
                yield InputProblem(_written((*path, key)), "is unknown to the input schema")
        if error.schema.get("patternProperties"):
            yield InputProblem(here, "has a key that is unknown to the input schema")
    elif error.validator == "type":
        names = one_of(TYPE_NAMES[name] for name in ([wanted] if isinstance(wanted, str) else wanted))
        yield InputProblem(here, f"{names} was expected, but this is {_shown(value)}")
    else:
        yield InputProblem(here, _sentence(error.validator, wanted, value))


_SENTENCES = {
    "minimum": "{value} is less than {wanted}",
    "maximum": "{value} is more than {wanted}",
    "exclusiveMinimum": "{value} is not more than {wanted}",
    "exclusiveMaximum": "{value} is not less than {wanted}",
    "multipleOf": "{value} is no multiple of {wanted}",
    "minLength": "the text is shorter than {wanted} characters",
    "maxLength": "the text is longer than {wanted} characters",
    "pattern": "{value} does not match the pattern {wanted}",
    "minItems": "the list has fewer than {wanted} entries",
    "maxItems": "the list has more than {wanted} entries",
    "uniqueItems": "the list holds an entry twice",
    "contains": "the list holds no entry of the kind that the schema asks for",
    "minProperties": "the map has fewer than {wanted} keys",
    "maxProperties": "the map has more than {wanted} keys",
    "enum": "{value} is not one of {wanted}",
    "const": "{value} is not {wanted}",
    "anyOf": "{value} fits none of the kinds that the schema allows",
    "oneOf": "{value} does not fit exactly one of the kinds that the schema allows",
    "not": "{value} is of a kind that the schema forbids",
    "dependencies": "a key is missing that another key asks for",
}


def _sentence(keyword: str, wanted: Json, value: Json) -> str:
    pattern = _SENTENCES.get(keyword, "{value} is not allowed by the input schema")
    shown = ", ".join(_shown(item) for item in wanted) if isinstance(wanted, list) else _shown(wanted)
    return pattern.replace("{wanted}", shown).replace("{value}", _shown(value))


def _shown(value: Json) -> str:
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= _MAX_SHOWN else f"'{value[:_MAX_SHOWN]}…'"
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else found(value)
