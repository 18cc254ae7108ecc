"""`${…}` in payloads and outputs: nested JSON data in which any string may hold CEL expressions.

A string that is one `${…}` and nothing else becomes the value, with its type; otherwise the values are
spliced into the text. `$${` is a literal `${`. The keys of objects are never templates. What closes a `${` is
the first `}` that is neither in quotes, nor in a comment, nor closes a `{` of the expression.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from sagadsl.language import celtokens
from sagadsl.language.definition import Definition, Json, Path
from sagadsl.language.expressions import Environment, EvaluationError, Expression
from sagadsl.language.places import Site, sites
from sagadsl.language.template_text import OPEN, Part, TemplateError, expressions_in, scan, strings_in

__all__ = [
    "Part",
    "Scope",
    "Template",
    "TemplateError",
    "as_text",
    "expressions_at",
    "expressions_in",
    "fields_read",
    "scan",
    "strings_in",
]

Scope: TypeAlias = Mapping[str, Json]
_Render: TypeAlias = Callable[[Scope], Json]

_PLAIN_BELOW = 1e21  # from here on numbers are written with an exponent, as JavaScript does


class Template:
    """A compiled template.

    Args:
        data: JSON data, in which any string may hold `${…}`.
        environment: Compiles the expressions.

    Attributes:
        names: The variables that it reads.

    Raises:
        EvaluationError: A template is malformed, or holds an expression that does not compile.
    """

    __slots__ = ("_render", "names")

    def __init__(self, data: Json, environment: Environment) -> None:
        names: set[str] = set()
        self._render = _compile(data, (), environment, names)
        self.names = frozenset(names)

    def render(self, scope: Scope) -> Json:
        """Return the data with every `${…}` evaluated; it shares nothing that can be changed.

        Args:
            scope: As for `Expression.evaluate`.

        Raises:
            EvaluationError: An expression has no value; the message says where in the data it stands.
        """
        return self._render(scope)


def _compile(data: Json, path: Path, environment: Environment, names: set[str]) -> _Render:
    if isinstance(data, str):
        return _compile_text(data, path, environment, names)
    if isinstance(data, Mapping):
        fields = [(key, _compile(item, (*path, key), environment, names)) for key, item in data.items()]
        return lambda scope: {key: render(scope) for key, render in fields}
    if isinstance(data, list | tuple):
        items = [_compile(item, (*path, i), environment, names) for i, item in enumerate(data)]
        return lambda scope: [render(scope) for render in items]
    return lambda _: data


def _compile_text(text: str, path: Path, environment: Environment, names: set[str]) -> _Render:
    if OPEN not in text:
        return lambda _: text
    try:
        parts = [environment.expression(p.text) if p.is_expression else p.text for p in scan(text)]
    except TemplateError as error:
        raise EvaluationError(f"{_where(path)}{error}", text) from None
    except EvaluationError as error:
        raise _located(error, path) from None
    names.update(*(part.names for part in parts if isinstance(part, Expression)))
    if len(parts) == 1 and isinstance(parts[0], Expression):
        return _whole(parts[0], path)
    return _spliced(parts, path)


def _whole(expression: Expression, path: Path) -> _Render:
    def render(scope: Scope) -> Json:
        try:
            return expression.evaluate(scope)
        except EvaluationError as error:
            raise _located(error, path) from None

    return render


def _spliced(parts: list[str | Expression], path: Path) -> _Render:
    def render(scope: Scope) -> str:
        try:
            return "".join(part if isinstance(part, str) else as_text(part.evaluate(scope)) for part in parts)
        except EvaluationError as error:
            raise _located(error, path) from None

    return render


def _located(error: EvaluationError, path: Path) -> EvaluationError:
    return EvaluationError(f"{_where(path)}{error}", error.expression)


def _where(path: Path) -> str:
    if not path:
        return ""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"at {steps.removeprefix('.')}: "


def as_text(value: Json) -> str:
    """Return a value as it is spliced into text: lists and objects as compact JSON, `2.0` as `2`."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < _PLAIN_BELOW:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def fields_read(definition: Definition) -> dict[str, set[tuple[str, ...]]]:
    """Return which fields of each state's output the saga's expressions read, as paths of names.

    A path ends before an index: of `items[0].sku` it is `("items",)`. A state whose output is only read as
    a whole has an empty set; one that nothing reads is left out.
    """
    read: dict[str, set[tuple[str, ...]]] = {}
    states = definition.all_states
    for site in sites(definition):
        for text in expressions_at(site):
            for found in celtokens.references(celtokens.tokens(text)):
                owner, path = _output_field(site, found)
                if owner in states:
                    names = _names_before_index(path)
                    read.setdefault(owner, set()).update([names] if names else [])
    return read


def expressions_at(site: Site) -> Iterator[str]:
    """Yield the source text of every expression at one place of a definition."""
    if site.is_condition:
        yield site.value
    else:
        yield from (text for _, _, text in expressions_in(site.value))


def _output_field(site: Site, found: celtokens.Reference) -> tuple[str, Path]:
    if found.root == "output" and site.role == "fail_when" and site.state is not None:
        return site.state.name, found.parts
    name, path = celtokens.variable(found)
    if name.startswith("states."):
        return str(found.parts[0]), path
    return "", ()


def _names_before_index(path: Path) -> tuple[str, ...]:
    names: list[str] = []
    for part in path:
        if not isinstance(part, str):
            break
        names.append(part)
    return tuple(names)
