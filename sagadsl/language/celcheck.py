"""Type-checks one expression against what can be read where it stands; CEL's own compiler is the judge.

What CEL cannot be told is looked at afterwards: fields that may be missing, and constants that are no possible
value (`celdata`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from cel_expr_python import cel

from sagadsl.language.celscope import ExpressionProblem, Refusal, Scope, names_output
from sagadsl.language.celtokens import Reference, Token, references, tokens, variable
from sagadsl.language.celtypes import PACKAGE, Types
from sagadsl.language.datatypes import ANY, DataType, follow

if TYPE_CHECKING:
    from sagadsl.language.expressions import Environment

__all__ = ["Checker", "Expect", "Refusal", "Scope"]

Expect: TypeAlias = Literal["bool", "list", "instant", "any"]

# Without any of these words, what an expression gives depends on what it reads, and the checker has said all.
_TELLING = frozenset({"has", "{", "matches", "timestamp", "duration", "int", "uint", "double", "bool"})
# What an expression may give, by CEL's names of types; anything may turn out to be right where CEL knows nothing.
_FITTING: Mapping[Expect, tuple[str, ...]] = {
    "bool": ("BOOL", "DYN"),
    "list": ("LIST", "DYN"),
    "instant": ("TIMESTAMP", "STRING", "DYN"),
}
_NO_JSON = re.compile(r"\b(?:BYTES|TYPE)\b|MAP<(?!STRING\b|DYN\b)")
_MOST_GUESSES = 50  # a guess compares a name with all that there are; so many wrong ones are no slips of the pen
_ALL: frozenset[str] = frozenset()


class Checker:
    """Checks the expressions of one definition.

    Args:
        input_type: What is known of the saga's input.
        state_names: Every state there is.
        outputs: What is known of states' outputs.
        signal_names: Every signal that a state waits for.
    """

    def __init__(
        self,
        input_type: DataType,
        state_names: Sequence[str],
        outputs: Mapping[str, DataType] | None = None,
        signal_names: Collection[str] = (),
    ) -> None:
        self._types = Types()
        self._state_names = state_names
        self._variables = {f"signals.{name}": ANY for name in signal_names}
        self._variables |= {f"states.{name}.output": ANY for name in state_names}
        self._variables |= {f"states.{name}.output": kind for name, kind in (outputs or {}).items()}
        self._variables["output"] = ANY
        self._input = input_type if input_type.kind == "object" else ANY
        self._wrong = 0
        self._environments: dict[tuple[Any, ...], Any] = {}

    def check(self, text: str, scope: Scope, expect: Expect = "any") -> list[ExpressionProblem]:
        """Return everything that is wrong with an expression.

        Args:
            text: Its source.
            scope: What it may read.
            expect: `bool` for a condition, `list` for `items`, `instant` for `until`.
        """
        words = tokens(text)
        if not words:
            return [ExpressionProblem("SAGA401", "the expression is empty", "", 0, len(text))]
        read = references(words)
        refused = [problem for found in read for problem in scope.refused(text, found)]
        try:
            result = self._compile(text, read, scope)
        except (RuntimeError, TypeError) as error:
            return _merged(refused, self._explained(str(error), text, words, scope))
        return refused or [
            *(_misused(text, result, expect) or self._impossible(text, words, read)),
            *self._of_data(words, read, scope),
        ]

    def type_of(self, text: str, scope: Scope) -> DataType:
        """Return what is known of the value of an expression; nothing of one that is wrong."""
        words = tokens(text)
        read = references(words)
        try:
            result = self._compile(text, read, scope)
        except (RuntimeError, TypeError):
            return ANY
        return self._types.data_type(result)

    def _of_data(self, words: Sequence[Token], read: Sequence[Reference], scope: Scope) -> list[ExpressionProblem]:
        """Return what is wrong with fields that may be missing, and with comparisons of values that are known."""
        known = [follow(*self._known(found, scope)) for found in read]
        if not scope.in_doubt and not any(each.optional or each.type.constants is not None for each in known):
            return []
        from sagadsl.language.celdata import missing_fields, wrong_constants  # noqa: PLC0415  mostly all is there

        def of(found: Reference) -> tuple[DataType, tuple[str | int, ...]]:
            return self._known(found, scope)

        return [*missing_fields(words, read, of, scope.in_doubt), *wrong_constants(words, read, of)]

    def _known(self, found: Reference, scope: Scope) -> tuple[DataType, tuple[str | int, ...]]:
        """Return the type of a reference's variable, and the path of fields after it."""
        name, path = variable(found)
        if name == "input":
            return self._input, path
        return scope.variables.get(name) or self._variables.get(name, ANY), path

    def _compile(self, text: str, read: Sequence[Reference], scope: Scope) -> str:
        """Return CEL's name of the type of an expression's value."""
        # What is refused is declared all the same: it has been told, and the rest can still be checked.
        outputs = frozenset(f"states.{found.parts[0]}.output" for found in read if names_output(found))
        result: str = self._environment(outputs, scope.variables).compile(text).return_type().name()
        return result

    def _environment(self, outputs: frozenset[str], variables: Mapping[str, DataType]) -> Any:
        """Return an environment that declares what is read here.

        Making one takes longer than checking an expression, and the more so, the more it declares: one with all
        outputs serves all states that need no variables of their own.
        """
        own = {name: kind for name, kind in variables.items() if kind is not self._variables.get(name)}
        if not own and outputs <= self._variables.keys():
            outputs = _ALL
        key = (outputs, *own.items())
        if key not in self._environments:
            self._environments[key] = self._made(outputs, own)
        return self._environments[key]

    def _made(self, outputs: frozenset[str], own: Mapping[str, DataType]) -> Any:
        known = self._variables
        if outputs:
            dotted = {name: kind for name, kind in known.items() if not name.startswith("states.")}
            known = dotted | {name: known.get(name, ANY) for name in outputs}
        kinds = {"input": self._input, **known, **own}
        variables = {name: self._types.variable(kind) for name, kind in kinds.items()}
        variables |= {"saga": self._types.saga, "error": self._types.error}
        return cel.NewEnv(descriptor_pool=self._types.pool, variables=variables)

    def _impossible(self, text: str, words: Sequence[Token], read: Sequence[Reference]) -> Iterator[ExpressionProblem]:
        if not read or any(word.text in _TELLING for word in words) or any(found.root == PACKAGE for found in read):
            from sagadsl.language.celnever import never  # noqa: PLC0415  for what hardly any expression has

            yield from never(text, words, read, self._nothing)

    @cached_property
    def _nothing(self) -> Environment:
        from sagadsl.language.expressions import Environment  # noqa: PLC0415  most expressions read something

        return Environment(())

    def _explained(self, error: str, text: str, words: Sequence[Token], scope: Scope) -> list[ExpressionProblem]:
        from sagadsl.language.celerrors import explain  # noqa: PLC0415  words for errors, which are rare
        from sagadsl.language.celproblem import Source  # noqa: PLC0415  likewise

        self._wrong += 1
        if self._wrong > _MOST_GUESSES:
            return explain(error, Source(text, words, {}, (), ()))
        fields = self._types.fields, tuple(self._input.fields)
        return explain(error, Source(text, words, *fields, self._state_names, scope.variables.keys()))


def _merged(refused: list[ExpressionProblem], told: list[ExpressionProblem]) -> list[ExpressionProblem]:
    """Join what the scope refuses with what CEL says, each place once; alone, what cannot even be read."""
    if told[0].code == "SAGA401":
        return told
    new = [p for p in told if not any(r.start <= p.start < r.end for r in refused)]
    return sorted({*refused, *new}, key=lambda problem: (problem.start, problem.end))


def _misused(text: str, result: str, expect: Expect) -> list[ExpressionProblem]:
    """Return what is wrong with the type of what an expression gives."""
    fits = expect == "any" or result.partition("<")[0] in _FITTING[expect]
    inside = _NO_JSON.search(result) if expect in ("any", "list") else None
    if fits and inside is None:
        return []
    from sagadsl.language.celmisuse import misfit, no_json  # noqa: PLC0415  words for errors, which are rare

    return [misfit(text, result, expect) if inside is None or not fits else no_json(text, result, inside[0])]
