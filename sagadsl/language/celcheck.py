"""Type-checks one expression against what can be read where it stands; CEL's own compiler is the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from cel_expr_python import cel

from sagadsl.language.celproblem import ExpressionProblem, Source
from sagadsl.language.celtokens import Reference, references, tokens
from sagadsl.language.celtypes import Types
from sagadsl.language.celwords import type_words
from sagadsl.language.definition import Json

Expect: TypeAlias = Literal["bool", "any"]

_CONDITIONS = ("BOOL", "DYN")
_NO_JSON = ("BYTES", "TYPE")


class Refusal(NamedTuple):
    """Why something cannot be read at a place: a diagnostic code, a sentence, and how to mend it."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What can be read where an expression stands, besides `input` and `saga`.

    Args:
        refuse_output: Says why the output of a state cannot be read there, or gives `None` if it can.
        error: Whether `error` can be read.
        output: Whether `output`, the answer of the action, can be read.
    """

    refuse_output: Callable[[str], Refusal | None]
    error: bool = False
    output: bool = False


class Checker:
    """Checks the expressions of one definition.

    Args:
        schema: JSON Schema of the saga's input, or `None` for any object.
        state_names: Every state there is, for hints.
    """

    def __init__(self, schema: Json | None, state_names: Sequence[str]) -> None:
        self._types = Types(schema)
        self._state_names = state_names
        self._known = frozenset(f"states.{name}.output" for name in state_names)
        self._environments: dict[frozenset[str], Any] = {}

    def check(self, text: str, scope: Scope, expect: Expect = "any") -> list[ExpressionProblem]:
        """Return everything that is wrong with an expression.

        Args:
            text: Its source.
            scope: What it may read.
            expect: `bool` for a condition.
        """
        words = tokens(text)
        if not words:
            return [ExpressionProblem("SAGA401", "the expression is empty", "", 0, len(text))]
        read = references(words)
        refused = [problem for found in read for problem in _refused(text, found, scope)]
        # What is refused is declared all the same: it has been told, and the rest can still be checked.
        outputs = frozenset(f"states.{found.parts[0]}.output" for found in read if _names_output(found))
        try:
            program = self._environment(outputs).compile(text)
        except (RuntimeError, TypeError) as error:
            from sagadsl.language.celerrors import explain  # noqa: PLC0415  words for errors, which are rare

            types = self._types
            source = Source(text, words, types.fields, types.input_fields, self._state_names)
            return _merged(refused, explain(str(error), source))
        return refused or list(_misused(text, program.return_type().name(), expect))

    def _environment(self, outputs: frozenset[str]) -> Any:
        """Return an environment that declares these outputs; one serves all states, as making one is dear."""
        if not outputs - self._known:
            outputs = self._known
        if outputs not in self._environments:
            variables = {**self._types.variables, "output": cel.Type.DYN}
            variables.update(dict.fromkeys(outputs, cel.Type.DYN))
            self._environments[outputs] = cel.NewEnv(descriptor_pool=self._types.pool, variables=variables)
        return self._environments[outputs]


def _names_output(found: Reference) -> bool:
    return found.root == "states" and len(found.parts) > 1 and found.parts[1] == "output"


def _refused(text: str, found: Reference, scope: Scope) -> Iterator[ExpressionProblem]:
    if found.root == "states":
        yield from _refused_output(text, found, scope)
    elif found.root == "error" and not scope.error:
        message = "'error' cannot be read here: not every path to this state passes a catch"
        hint = "it can be read in states behind a catch, and in compensation payloads"
        yield ExpressionProblem("SAGA402", message, hint, found.start, found.end)
    elif found.root == "output" and not scope.output:
        message = "'output' can only be read in fail_when"
        hint = "elsewhere write states.NAME.output"
        yield ExpressionProblem("SAGA402", message, hint, found.start, found.end)


def _refused_output(text: str, found: Reference, scope: Scope) -> Iterator[ExpressionProblem]:
    name = found.parts[0] if found.parts and isinstance(found.parts[0], str) else "NAME"
    if not _names_output(found):
        message = "of a state, only its output can be read"
        yield ExpressionProblem("SAGA402", message, f"write states.{name}.output", found.start, found.end)
        return
    end = found.spans[1][1]
    if "".join(text[found.start : end].split()) != f"states.{name}.output":
        message = "a state's output is read with dots"
        yield ExpressionProblem("SAGA402", message, f"write states.{name}.output", found.start, found.end)
    elif (refusal := scope.refuse_output(name)) is not None:
        yield ExpressionProblem(*refusal, found.start, end)


def _merged(refused: list[ExpressionProblem], told: list[ExpressionProblem]) -> list[ExpressionProblem]:
    """Join what the scope refuses with what CEL says, each place once; alone, what cannot even be read."""
    if told[0].code == "SAGA401":
        return told
    new = [p for p in told if not any(r.start <= p.start < r.end for r in refused)]
    return sorted({*refused, *new}, key=lambda problem: (problem.start, problem.end))


def _misused(text: str, result: str, expect: Expect) -> Iterator[ExpressionProblem]:
    kind = result.partition("<")[0]
    if expect == "bool" and kind not in _CONDITIONS:
        message = f"this condition gives {type_words(result)}, not true or false"
        yield ExpressionProblem("SAGA407", message, "compare it with something", 0, len(text))
    elif kind in _NO_JSON:
        message = f"this gives {type_words(result)}, which JSON cannot hold"
        yield ExpressionProblem("SAGA404", message, "", 0, len(text))
