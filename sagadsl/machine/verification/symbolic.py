"""A compiled saga whose data is unknown: the same machines, with plans that ask an oracle instead of evaluating.

What is known all the same (literals, what a `pass` makes of literals, codes of errors, outputs that a state does not
have because it was skipped) is evaluated as ever, by the very expressions of the saga. An expression that reads
anything unknown is asked about as a whole: it is true, it is false, or, where it reads a field that may not be there,
it has no value. What was answered once holds for as long as the same data is read.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from sagadsl.language.definition import Json
from sagadsl.language.expressions import EvaluationError, Expression
from sagadsl.language.templates import Scope, Template
from sagadsl.machine.verification.oracle import Oracle, Unknown, is_known

_ABSENT: Mapping[str, Json] = {}


@dataclass(frozen=True, slots=True)
class Reads:
    """What an expression or a template reads.

    Args:
        names: Its variables.
        fields: The fields that may not be there when they are read, each as its variable and as it is written.
        unknowable: Whether it reads what nothing is ever known of, as the words of an error; codes are known.
        again: Whether the same question can come up again in one saga, so that its answer has to be kept.
    """

    names: frozenset[str]
    fields: tuple[tuple[str, str], ...] = ()
    unknowable: bool = False
    again: bool = False

    def all_known(self, scope: Scope) -> bool:
        """Whether everything that is read has a known value."""
        return not self.unknowable and all(is_known(scope.get(name, _ABSENT)) for name in self.names)

    def open_fields(self, scope: Scope, oracle: Oracle) -> list[Hashable]:
        """Return the fields of which it is not known yet that they are there, as facts to be learnt."""
        facts = [("there", text, repr(scope.get(variable))) for variable, text in self.fields]
        return [fact for fact in facts if fact not in oracle.facts]

    def values(self, scope: Scope) -> str:
        """Return a text that is the same for the same values, and for no others."""
        told = repr([(name, scope.get(name)) for name in sorted(self.names)])
        return blake2b(told.encode(), digest_size=8).hexdigest()


class _Symbolic(Expression):
    """An expression that asks about what it cannot know.

    Args:
        real: The expression.
        reads: What it reads.
        state: The state that it stands in.
        oracle: Answers.
    """

    __slots__ = ("oracle", "reads", "real", "state")

    def __init__(self, real: Expression, reads: Reads, state: str, oracle: Oracle) -> None:
        self.text, self.names = real.text, real.names
        self.real, self.reads, self.state, self.oracle = real, reads, state, oracle

    def is_known(self, scope: Scope) -> bool:
        self.oracle.passing(f"{self.state}: {self.text}", scope)
        return self.reads.all_known(scope)

    def ask(self, scope: Scope, words: list[str], trouble: int = 0) -> int:
        """Return the index of an answer, the last ones being trouble; or raise, where a field may not be there."""
        open_fields = self.reads.open_fields(scope, self.oracle)
        fact = (self.text, self.reads.values(scope)) if self.reads.again else None
        if fact in self.oracle.facts:
            return self.oracle.facts[fact]
        failing = [_valueless(self.text)] if open_fields else []
        taken = self.oracle.ask([*words, *failing], trouble + len(failing))
        if taken == len(words):
            raise EvaluationError("a field that it reads is not there", self.text)
        if self.reads.again:
            self.oracle.learn({fact: taken} | dict.fromkeys(open_fields, 0))
        return taken


class SymbolicCondition(_Symbolic):
    """A condition.

    Args:
        real: As for every expression, like `reads`, `state` and `oracle`.
        prefers: The value that keeps a saga on its way to a good end.
        is_verdict: Whether the other value is a failure.
    """

    __slots__ = ("is_verdict", "prefers")

    def __init__(
        self,
        real: Expression,
        reads: Reads,
        state: str,
        oracle: Oracle,
        *,
        prefers: bool = False,
        is_verdict: bool = False,
    ) -> None:
        super().__init__(real, reads, state, oracle)
        self.prefers, self.is_verdict = prefers, is_verdict

    def test(self, scope: Scope) -> bool:
        """See `Expression.test`."""
        if self.is_known(scope):
            return self.real.test(scope)
        values = (self.prefers, not self.prefers)
        words = [f"`{self.text}` is {'true' if value else 'false'}" for value in values]
        return values[self.ask(scope, words, int(self.is_verdict))]


class SymbolicItems(_Symbolic):
    """The `items` of a map: none, one, or two."""

    __slots__ = ()

    def evaluate(self, scope: Scope) -> Json:
        """See `Expression.evaluate`."""
        if self.is_known(scope):
            return self.real.evaluate(scope)
        count = self.ask(scope, [f"{self.state} has {each}" for each in _COUNTS])
        return [Unknown(f"item {index} of {self.text} of {self.reads.values(scope)}") for index in range(count)]


class SymbolicInstant(_Symbolic):
    """The `until` of a wait: some instant. Which, does not matter: every timer may run out at any time."""

    __slots__ = ()

    def evaluate(self, scope: Scope) -> Json:
        """See `Expression.evaluate`."""
        if self.is_known(scope):
            return self.real.evaluate(scope)
        return self.ask(scope, [""]) if self.reads.open_fields(scope, self.oracle) else 0


class SymbolicTemplate(Template):
    """A payload or an output, with a stand-in for it where it is not known.

    Args:
        real: The template.
        reads: What it reads.
        state: The state that it stands in.
        what: What it is, as "payload".
        oracle: Answers.
    """

    __slots__ = ("oracle", "reads", "real", "state", "what")

    def __init__(self, real: Template, reads: Reads, state: str, what: str, oracle: Oracle) -> None:
        self.names = real.names
        self.real, self.reads, self.state, self.what, self.oracle = real, reads, state, what, oracle

    def render(self, scope: Scope) -> Json:
        """See `Template.render`."""
        self.oracle.passing(f"{self.state}: {self.what}", scope)
        if self.reads.all_known(scope):
            return self.real.render(scope)
        open_fields = self.reads.open_fields(scope, self.oracle)
        if open_fields and self.oracle.ask(["", self._unmade()], 1):
            raise EvaluationError("a field that it reads is not there", self.state)
        if open_fields and self.reads.again:
            self.oracle.learn(dict.fromkeys(open_fields, 0))
        return Unknown(f"{self.what} of {self.state} from {self.reads.values(scope)}")

    def _unmade(self) -> str:
        texts = sorted({text for _, text in self.reads.fields})
        told = " or ".join(texts) if len(texts) <= _TOLD else "a field that it reads"
        return f"the {self.what} of {self.state} cannot be made, because {told} is not there"


_TOLD = 2  # fields that are named one by one
_COUNTS = ("no item", "one item", "two items")


def _valueless(text: str) -> str:
    return f"`{text}` has no value, because a field that it reads is not there"
