"""CEL expressions on plain data: compiled once a definition, evaluated when a saga runs.

Nothing is declared with a type here: a definition that was loaded has been checked already (`celcheck`), and
a running saga's data is plain JSON. What an evaluation returns is plain JSON again. Evaluation has no side
effects, and it ends: CEL has no unbounded loop, and gives comprehensions a budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from cel_expr_python import cel

from sagadsl.language import celtokens
from sagadsl.language.celorder import functions, in_order, runs_through
from sagadsl.language.celtokens import variable
from sagadsl.language.celvalues import copied, to_json, with_timestamp
from sagadsl.language.definition import Json

__all__ = ["PLAIN_VARIABLES", "Environment", "EvaluationError", "Expression", "quoted", "variable"]

PLAIN_VARIABLES = ("input", "saga", "error", "output", "index", "steps")
"""The variables besides `states.NAME.output`, `signals.NAME` and the names of items."""

_EMPTY: Mapping[str, Json] = {}
_OBJECTS = (dict, Mapping)  # in this order, since asking an abstract class takes ten times as long


class EvaluationError(ValueError):
    """An expression has no value on the data it was given.

    Args:
        message: What happened, in plain words.
        expression: The source text of the expression.
        reason: The end of the message, which says why it has no value; "" where it has a wrong one.
    """

    def __init__(self, message: str, expression: str, reason: str = "") -> None:
        super().__init__(message)
        self.expression = expression
        self.reason = reason


class Environment:
    """Compiles the expressions of one definition, each text once.

    Args:
        state_names: The states whose `states.NAME.output` may be read.
        item_names: What the bodies of maps call their elements.
        signal_names: The signals whose payload `signals.NAME` may be read.
    """

    def __init__(
        self, state_names: Iterable[str], item_names: Iterable[str] = (), signal_names: Iterable[str] = ()
    ) -> None:
        names = [*PLAIN_VARIABLES, *item_names]
        names += [f"states.{name}.output" for name in state_names]
        names += [f"signals.{name}" for name in signal_names]
        self._variables = dict.fromkeys(names, cel.Type.DYN)
        self._compiled: dict[str, Expression] = {}

    def expression(self, text: str) -> Expression:
        """Compile an expression.

        Raises:
            EvaluationError: It is not valid CEL, or reads a variable that there is not.
        """
        found = self._compiled.get(text)
        if found is None:
            found = self._compiled[text] = self._compile(text)
        return found

    @cached_property
    def _plain(self) -> Any:
        return cel.NewEnv(variables=self._variables)

    @cached_property
    def _ordering(self) -> Any:
        return cel.NewEnv(variables=self._variables, functions=functions())

    def _compile(self, text: str) -> Expression:
        words = celtokens.tokens(text)
        try:
            program = (
                self._ordering.compile(in_order(text, words)) if runs_through(words) else self._plain.compile(text)
            )
        except (RuntimeError, TypeError):
            raise EvaluationError(f"the expression {quoted(text)} cannot be read", text) from None
        read = [variable(found) for found in celtokens.references(words)]
        names = frozenset(name for name, _ in read if name in self._variables)
        plain = read[0] if len(read) == 1 and _is_plain_reference(words) and names - {"saga"} else None
        return Expression(text, program, names, plain)


class Expression:
    """One compiled expression.

    Attributes:
        text: Its source.
        names: The variables that it reads, as scopes name them: `input`, `states.NAME.output`, `signals.NAME`, …
    """

    __slots__ = ("_plain", "_program", "names", "text")

    def __init__(
        self,
        text: str,
        program: Any,
        names: frozenset[str],
        plain: tuple[str, tuple[str | int, ...]] | None,
    ) -> None:
        self.text = text
        self.names = names
        self._program = program
        self._plain = plain

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def evaluate(self, scope: Mapping[str, Json]) -> Json:
        """Return the value as plain JSON; a timestamp as RFC 3339 text, a duration as seconds.

        Args:
            scope: Value of each variable by name; a missing one counts as an empty object, so that `has()`
                guards work. `saga.started_at` is RFC 3339 text, seconds since 1970, or an aware `datetime`.

        Raises:
            EvaluationError: It has no value on this data, or one that JSON cannot hold.
        """
        if self._plain is not None:
            name, path = self._plain
            value = scope.get(name, _EMPTY)
            for part in path:
                if not isinstance(value, _OBJECTS) or part not in value:
                    break
                value = value[part]
            else:
                return value if type(value) is str else self._checked(copied, value)
        return self._checked(to_json, self._run(scope))

    def test(self, scope: Mapping[str, Json]) -> bool:
        """Evaluate a condition.

        Raises:
            EvaluationError: As for `evaluate`, or the value is neither true nor false.
        """
        value = self.evaluate(scope)
        if isinstance(value, bool):
            return value
        from sagadsl.language.celwords import type_words  # noqa: PLC0415  words for errors, which are rare

        kind = type_words(_JSON_TYPES.get(type(value), "map"))
        raise EvaluationError(f"the condition {quoted(self.text)} gives {kind}, not true or false", self.text)

    def _run(self, scope: Mapping[str, Json]) -> Any:
        data = {name: scope.get(name, _EMPTY) for name in self.names}
        try:
            if "saga" in data:
                data["saga"] = with_timestamp(data["saga"])
            result = self._program.eval(data=data)
            if result.type().name() == "ERROR":
                result = self._again(result, data)
        except (RuntimeError, TypeError, ValueError) as error:  # what the C++ side raises
            raise self._failure(str(error), scope) from None
        if result.type().name() == "ERROR":
            raise self._failure(str(result.value()), scope)
        return result.plain_value()

    def _again(self, failed: Any, data: Mapping[str, Any]) -> Any:
        """Return what comes of trying once more, where only the kinds of two numbers are in the way; or the failure."""
        from sagadsl.language.celmixed import with_doubles  # noqa: PLC0415  for what fails alone

        doubles = with_doubles(str(failed.value()), self.text, data)
        result = failed if doubles is None else self._program.eval(data=doubles)
        return failed if result.type().name() == "ERROR" else result

    def _checked(self, convert: Any, value: Any) -> Json:
        try:
            return convert(value)
        except TypeError as error:
            raise EvaluationError(f"the expression {quoted(self.text)} gives {error}", self.text) from None
        except RecursionError:
            sentence = f"the expression {quoted(self.text)} gives data that is nested too deeply"
            raise EvaluationError(sentence, self.text) from None

    def _failure(self, reason: str, scope: Mapping[str, Json]) -> EvaluationError:
        reason = self._explain(reason, scope)
        return EvaluationError(f"the expression {quoted(self.text)} has no value: {reason}", self.text, reason)

    def _explain(self, reason: str, scope: Mapping[str, Json]) -> str:
        from sagadsl.language import celwords  # noqa: PLC0415  likewise

        key = celwords.missing_key(reason)
        return celwords.failure(reason) if key is None else self._missing_field(key, scope)

    def _missing_field(self, key: str, scope: Mapping[str, Json]) -> str:
        for found in celtokens.references(celtokens.tokens(self.text)):
            name, path = variable(found)
            parent = _missing_in(scope.get(name, _EMPTY), path, key)
            if parent is not None:
                owner = celtokens.Reference(name, parent, 0, 0, ()).text
                return f"there is no field '{key}' in {owner}"
        return f"there is no field '{key}'"


_JSON_TYPES = {int: "int", float: "double", str: "string", list: "list", dict: "map", type(None): "null"}
_SHOWN = 80


def quoted(text: str) -> str:
    """Return an expression as messages show it: on one line, and cut where it is long."""
    text = " ".join(text.split())
    return f"'{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}'"


def _is_plain_reference(words: list[celtokens.Token]) -> bool:
    """Whether the expression is one variable and selections of text-named fields, and nothing else."""
    return (
        len(words) % 2 == 1
        and all(word.kind == "name" for word in words[::2])
        and all(word.text == "." for word in words[1::2])
    )


def _missing_in(value: Json, path: tuple[str | int, ...], key: str) -> tuple[str | int, ...] | None:
    """Return the part of `path` after which `key` is missing, or `None` if it is not missing on this path."""
    for i, part in enumerate(path):
        if isinstance(value, Mapping):
            if part not in value:
                return path[:i] if str(part) == key else None
        elif not (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            return None
        value = value[part]
    return None
