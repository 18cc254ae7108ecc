"""How the actions of a definition can fail, as far as the definition treats failures differently.

Two failures that are retried, caught and read alike lead to the same states, so one of them stands for all: one for
each code that something names, where that makes a difference, and one for all codes that nothing names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from sagadsl.language.definition import (
    ANY_ERROR,
    NO_RETRY,
    Catch,
    Definition,
    Retry,
    State,
    SubSaga,
    Task,
    regions_of,
)
from sagadsl.language.library import Catalogue
from sagadsl.machine.backoff import may_retry
from sagadsl.machine.events import INVALID_PAYLOAD, TIMEOUT, UNAVAILABLE, Failure

UNNAMED = "AnyOtherError"


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which an action can fail.

    Args:
        failure: It; where others lead to the same, it stands for all of them.
        words: What follows the step's name when it is told, as "times out".
        codes: The codes for which it stands that something names.
        any_other: Whether it stands for all codes that nothing names.
    """

    failure: Failure
    words: str
    codes: tuple[str, ...] = ()
    any_other: bool = False


_Outcome: TypeAlias = tuple[object, ...]


class Failures:
    """The ways in which each action of a definition, and each of its compensations, can fail.

    Args:
        definition: The definition.
        read: Codes with which its conditions compare an error's.
        catalogue: Which errors the actions raise, where that is known.
    """

    def __init__(self, definition: Definition, read: Iterable[str] = (), catalogue: Catalogue | None = None) -> None:
        self._read = frozenset(read)
        self._catalogue = catalogue
        self._catches = dict(_catches_around(definition.states, ()))
        self._of_actions = {s.name: tuple(self._action(s)) for s in definition.all_states.values() if _calls(s)}
        self._of_undos = {s.name: tuple(self._undo(s)) for s in definition.all_states.values() if _calls(s)}

    def of_action(self, state: str) -> tuple[Way, ...]:
        """Return how the action of a state can fail."""
        return self._of_actions[state]

    def of_undo(self, state: str) -> tuple[Way, ...]:
        """Return how the compensation of a state can fail."""
        return self._of_undos[state]

    def _action(self, state: State) -> Iterator[Way]:
        catches = self._catches[state.name]
        retry: Retry = getattr(state, "retry", NO_RETRY)
        named = self._named(state, retry, catches)
        candidates = _candidates(named) if isinstance(state, Task) else _of_child(named)
        return self._different(candidates, retry, catches)

    def _undo(self, state: State) -> Iterator[Way]:
        compensation = getattr(state, "compensation", None)
        retry = NO_RETRY if compensation is None else compensation.retry
        named = tuple(code for code in (*(retry.on or ()), *retry.except_) if code != ANY_ERROR)
        candidates = _candidates(named) if compensation is not None else _of_child(())
        return self._different(candidates, retry, ())

    def _named(self, state: State, retry: Retry, catches: tuple[tuple[Catch, ...], ...]) -> tuple[str, ...]:
        caught = (code for group in catches for catch in group for code in catch.errors)
        raised: tuple[str, ...] = ()
        if isinstance(state, Task):
            spec = self._catalogue and self._catalogue.action(state.service, state.action)
            raised = (*(rule.error for rule in state.fail_when), *((spec and spec.errors) or ()))
        codes = dict.fromkeys((*(retry.on or ()), *retry.except_, *caught, *raised, *sorted(self._read)))
        return tuple(code for code in codes if code != ANY_ERROR)

    def _different(
        self, candidates: Iterable[Way], retry: Retry, catches: tuple[tuple[Catch, ...], ...]
    ) -> Iterator[Way]:
        """Yield one way for all that come to the same."""
        alike: dict[_Outcome, list[Way]] = {}
        for way in candidates:
            failure = way.failure
            outcome = (
                failure.in_doubt,
                retry.max_attempts > 1 and may_retry(retry, failure.code, 1, retryable=failure.retryable),
                tuple(_taken_by(group, failure.code) for group in catches),
                failure.code if failure.code in self._read else "",
            )
            alike.setdefault(outcome, []).append(way)
        for ways in alike.values():
            codes = tuple(dict.fromkeys(code for way in ways for code in way.codes))
            yield replace(ways[0], codes=codes, any_other=any(way.any_other for way in ways))


def _candidates(named: tuple[str, ...]) -> Iterator[Way]:
    unnamed = _unnamed(named)
    for code in (each for each in named if each != TIMEOUT):
        yield Way(Failure(code), f"fails with {code}", (code,))
    yield Way(Failure(unnamed), "fails", any_other=True)
    if UNAVAILABLE not in named:
        yield Way(Failure(UNAVAILABLE), f"fails with {UNAVAILABLE}")
    yield Way(Failure(unnamed, retryable=False), "fails for good", any_other=True)
    for code in named:
        yield Way(Failure(code, retryable=False), f"fails for good with {code}", (code,))
    yield Way(Failure(TIMEOUT, in_doubt=True), "times out, so nobody knows whether it happened", (TIMEOUT,))
    words = "gives no usable answer, so nobody knows what happened"
    yield Way(Failure(unnamed, retryable=False, in_doubt=True), words)


def _of_child(named: tuple[str, ...]) -> Iterator[Way]:
    """Yield how another saga can fail: it is tried again by nobody but itself."""
    unnamed = _unnamed(named)
    for code in named:
        yield Way(Failure(code, retryable=False), f"fails with {code}, and is undone as far as it had come", (code,))
    yield Way(Failure(unnamed, retryable=False), "fails, and is undone as far as it had come", any_other=True)
    yield Way(Failure(INVALID_PAYLOAD, retryable=False), "cannot be started with its input")


def _unnamed(named: tuple[str, ...]) -> str:
    code = UNNAMED
    while code in named:
        code += "_"
    return code


def _taken_by(catches: tuple[Catch, ...], code: str) -> int | None:
    return next((index for index, catch in enumerate(catches) if catch.takes(code)), None)


def _calls(state: State) -> bool:
    return isinstance(state, Task | SubSaga)


def _catches_around(
    states: Mapping[str, State], around: tuple[tuple[Catch, ...], ...]
) -> Iterator[tuple[str, tuple[tuple[Catch, ...], ...]]]:
    """Yield for each state the catches that an error of it can meet: its own first, then those further out."""
    for state in states.values():
        own: tuple[Catch, ...] = getattr(state, "catch", ())
        met = (own, *around)
        yield state.name, met
        for region in regions_of(state).values():
            yield from _catches_around(region.states, met)
