"""The attempts at one action."""

from __future__ import annotations

from sagadsl.language.definition import Json


class Attempts:
    """The attempts at one action: how many there were, and which of them nobody waits for any more.

    Args:
        number: The attempt that is under way or was the last, from 1.
        before_round: How many attempts were made before the present round; a round begins with every retry that
            a person or a signal asks for, and has the retry policy's attempts to itself.
        abandoned: Attempts whose outcome is unknown and may still be reported.
    """

    __slots__ = ("_abandoned", "before_round", "number")

    def __init__(self, number: int = 0, before_round: int = 0, abandoned: set[int] | None = None) -> None:
        self.number = number
        self.before_round = before_round
        self._abandoned = abandoned or None

    @property
    def abandoned(self) -> set[int]:
        """Attempts whose outcome is unknown; most steps have none, and no set for them."""
        if self._abandoned is None:
            self._abandoned = set()
        return self._abandoned

    @property
    def in_round(self) -> int:
        """How many attempts the present round has had."""
        return self.number - self.before_round

    @property
    def is_plain(self) -> bool:
        """Whether the number says it all."""
        return not self.before_round and not self._abandoned

    def begin_round(self) -> None:
        """Give the retry policy all its attempts again."""
        self.before_round = self.number

    def forget(self, attempt: int) -> bool:
        """Whether this is the late result of an abandoned attempt, of which there is at most one."""
        if not self._abandoned or attempt not in self._abandoned:
            return False
        self._abandoned.remove(attempt)
        return True

    def as_data(self) -> dict[str, Json]:
        """Return the attempts as plain data."""
        abandoned = sorted(self._abandoned or ())
        return {"number": self.number, "before_round": self.before_round, "abandoned": abandoned}

    def copy(self) -> Attempts:
        """Return the same attempts, to be gone on with apart."""
        return Attempts(self.number, self.before_round, set(self._abandoned or ()))
