"""Mail in memory: what has come and not been dealt with, and what was refused."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from sagadsl.runtime.store.contract import Answer, Letter, Mail

_TAKEN = Answer()


class Mailbox:
    """The letters of every saga. One that was taken is forgotten, since one that is gone counts as taken."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._sagas: dict[int, str] = {}
        self._waiting: dict[str, dict[int, Letter]] = {}
        self._refused: dict[str, dict[int, Answer]] = {}

    def put(self, mail: Mail) -> int:
        """Keep a letter, and return its id."""
        letter = Letter(next(self._ids), mail.to, mail.body)
        self._sagas[letter.id] = mail.to
        self._waiting.setdefault(mail.to, {})[letter.id] = letter
        return letter.id

    def is_waiting(self, saga_id: str) -> bool:
        """Whether a saga has mail that has not been dealt with."""
        return saga_id in self._waiting

    def of(self, saga_ids: Iterable[str], limit: int) -> list[Letter]:
        """Return mail of these sagas that has not been dealt with, the oldest first."""
        if not self._waiting:
            return []
        boxes = (self._waiting[each] for each in saga_ids if each in self._waiting)
        letters = sorted((letter for box in boxes for letter in box.values()), key=lambda letter: letter.id)
        return letters[:limit]

    def deal_with(self, letter_id: int, refusal: str | None = None) -> None:
        """Note that a letter was taken, or refused; whatever was noted first stands."""
        saga_id = self._sagas.get(letter_id)
        box = self._waiting.get(saga_id) if saga_id is not None else None
        if saga_id is None or box is None or box.pop(letter_id, None) is None:
            return
        if not box:
            del self._waiting[saga_id]
        if refusal is None:
            del self._sagas[letter_id]
        else:
            self._refused.setdefault(saga_id, {})[letter_id] = Answer(refusal)

    def answer(self, letter_id: int) -> Answer | None:
        """Return what became of a letter, or `None` while it is waiting."""
        saga_id = self._sagas.get(letter_id)
        return _TAKEN if saga_id is None else self._refused.get(saga_id, {}).get(letter_id)

    def remove(self, saga_id: str) -> None:
        """Forget all the mail of a saga."""
        for letter_id in (*self._waiting.pop(saga_id, ()), *self._refused.pop(saga_id, ())):
            del self._sagas[letter_id]
