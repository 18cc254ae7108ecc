"""How much an engine does at a time, and how long it waits for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_SECONDS = ("lease", "beat", "poll", "sleep_after", "grace", "patience")


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one engine; seconds are real ones, whatever clock the sagas go by.

    Args:
        actions: How many actions may be under way at a time; others wait their turn, and their timeout with them.
        per_service: Likewise for single services, by their names.
        lease: Seconds without a sign of life after which an engine is taken for dead by the others.
        beat: Seconds between an engine's signs of life; a third of `lease` or less.
        poll: Seconds between two looks at the store for sagas that have to be taken up and for mail from elsewhere.
        sleep_after: A saga to which nothing has happened for so long, and for which nothing is under way, leaves
            memory unless it has to do something within as many seconds again.
        grace: Seconds that actions have to end when the engine is closed; one that does not is left behind.
        patience: Seconds for which a request waits for an answer of the engine that runs the saga.
        residents: How many sagas may be in memory before no more are taken up from the store.
    """

    actions: int = 1000
    per_service: Mapping[str, int] = field(default_factory=dict)
    lease: float = 10.0
    beat: float = 2.0
    poll: float = 0.5
    sleep_after: float = 60.0
    grace: float = 5.0
    patience: float = 30.0
    residents: int = 100_000

    def __post_init__(self) -> None:
        """Refuse limits with which an engine would do nothing, or take itself for dead.

        Raises:
            TypeError: What should be a number is none; the message says which.
            ValueError: A number makes no sense.
        """
        self._check_types()
        for name, number in {"actions": self.actions, "residents": self.residents, **self.per_service}.items():
            if number < 1:
                raise ValueError(f"{name}: an engine that may do {number} of them at a time does nothing")
        if not 0 < self.beat <= self.lease / 3:
            raise ValueError(f"beat: {self.beat} s has to be more than 0 and at most a third of lease, {self.lease} s")
        if self.poll <= 0:
            raise ValueError(f"poll: {self.poll} s is no time to wait")

    def _check_types(self) -> None:
        if not isinstance(self.per_service, Mapping):
            raise TypeError(f"per_service: {self.per_service!r} is no mapping of services to numbers of actions")
        counts = {"actions": self.actions, "residents": self.residents}
        counts |= {f"per_service, {name}": number for name, number in self.per_service.items()}
        for name, number in counts.items():
            if not isinstance(number, int):
                raise TypeError(f"{name}: {number!r} is not a whole number")
        for name in _SECONDS:
            seconds = getattr(self, name)
            if not isinstance(seconds, int | float):
                raise TypeError(f"{name}: {seconds!r} is no number of seconds, such as 10 or 0.5")
