"""The books that the sample services keep: quantities that move, and records that are in force.

Everything is filed under the idempotency key of the call that caused it. So a repeated call changes nothing,
an undo finds what it has to undo without being told, "nothing to undo" is an answer like any other, and an
action that arrives after its own undo is refused. Plain actions run in threads, hence the locks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from threading import RLock
from typing import Any, Generic, TypeVar

from sagadsl.runtime.services import ActionContext, ActionError

Entry = TypeVar("Entry")

CENT = Decimal("0.01")


def money(amount: float) -> Decimal:
    """Return the amount to the cent.

    Raises:
        ActionError: `InvalidAmount`, when there is nothing left to move.
    """
    exact = Decimal(str(amount)).quantize(CENT, ROUND_HALF_EVEN)
    if exact <= 0:
        raise ActionError("InvalidAmount", f"an amount is at least {CENT}, not {amount}", retryable=False)
    return exact


class Journal(Generic[Entry]):
    """One entry for each idempotency key, made once and undone once."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._entries: dict[str, Entry] = {}
        self._undone: set[str] = set()

    def once(self, context: ActionContext, make: Callable[[], Entry]) -> Entry:
        """Return the entry of this call, made now if this is the first time that the call arrives.

        Raises:
            ActionError: `AlreadyUndone`, when the undo has overtaken the action.
        """
        key = context.idempotency_key
        with self._lock:
            if key in self._undone:
                raise ActionError("AlreadyUndone", f"{key} was undone before it arrived", retryable=False)
            if key not in self._entries:
                self._entries[key] = make()
            return self._entries[key]

    def undo(self, context: ActionContext, reverse: Callable[[Entry], None]) -> bool:
        """Reverse the entry of the call that `context` undoes; say whether there was something to reverse.

        Raises:
            ActionError: `NotACompensation`, when the call undoes nothing at all.
        """
        key = context.undoes
        if key is None:
            raise ActionError("NotACompensation", f"{context.state} calls an undo as its action", retryable=False)
        with self._lock:
            found = key in self._entries and key not in self._undone
            if found:
                reverse(self._entries[key])
            self._undone.add(key)
            return found


@dataclass(frozen=True, slots=True)
class Move:
    """So much of a unit (a currency, a product, a security) goes from one account to another.

    `shortage` is the error code when the source does not hold enough.
    """

    amount: Decimal
    unit: str
    source: str
    target: str
    shortage: str = "InsufficientFunds"

    def reversed(self) -> Move:
        """Return the move that takes this one back."""
        return Move(self.amount, self.unit, self.target, self.source, self.shortage)


@dataclass(frozen=True, slots=True)
class Posting:
    """Moves that were made together, and their number."""

    number: int
    moves: tuple[Move, ...]


class Ledger:
    """Double-entry accounts: whatever leaves one enters another, and none falls below zero.

    Args:
        opening: What each account holds in the beginning, by unit.
    """

    def __init__(self, opening: Mapping[str, Mapping[str, int]]) -> None:
        self._balances = {
            (account, unit): Decimal(amount) for account, holding in opening.items() for unit, amount in holding.items()
        }
        self._journal = Journal[Posting]()
        self._numbers = itertools.count(1)

    def post(self, context: ActionContext, *moves: Move) -> int:
        """Make all of the moves or none, once for this call; return the posting's number.

        Raises:
            ActionError: An account does not hold enough.
        """
        return self._journal.once(context, lambda: self._make(moves)).number

    def reverse(self, context: ActionContext) -> bool:
        """Take back what the undone call has moved; say whether it had moved anything."""
        return self._journal.undo(context, lambda posting: self._apply([m.reversed() for m in posting.moves[::-1]]))

    def balance(self, account: str, unit: str) -> Decimal:
        """Return what the account holds of the unit."""
        return self._balances.get((account, unit), Decimal(0))

    def knows(self, account: str) -> bool:
        """Whether the account was opened or has ever received anything."""
        return any(account == known for known, _ in self._balances)

    def balances(self) -> dict[tuple[str, str], Decimal]:
        """Return what every account holds, empty ones left out."""
        return {place: amount for place, amount in self._balances.items() if amount}

    def _make(self, moves: tuple[Move, ...]) -> Posting:
        self._apply(moves)
        return Posting(next(self._numbers), moves)

    def _apply(self, moves: tuple[Move, ...] | list[Move]) -> None:
        balances = dict(self._balances)
        for move in moves:
            held = balances.get((move.source, move.unit), Decimal(0))
            if held < move.amount:
                text = f"{move.source} holds {held} {move.unit}, {move.amount} are needed"
                raise ActionError(move.shortage, text, retryable=False)
            balances[move.source, move.unit] = held - move.amount
            balances[move.target, move.unit] = balances.get((move.target, move.unit), Decimal(0)) + move.amount
        self._balances = balances


class Register:
    """Records that are in force until they are withdrawn: orders, shipments, accounts, messages."""

    def __init__(self) -> None:
        self._journal = Journal[str]()
        self._records: dict[str, Mapping[str, Any]] = {}
        self._numbers = itertools.count(1)

    def enter(self, context: ActionContext, kind: str, **details: Any) -> str:
        """File a record, once for this call; return its identifier, such as `order-7`."""
        return self._journal.once(context, lambda: self._file(kind, details))

    def withdraw(self, context: ActionContext) -> bool:
        """Withdraw the record that the undone call has filed; say whether there was one."""
        return self._journal.undo(context, self._strike)

    def find(self, identifier: str) -> Mapping[str, Any]:
        """Return the record.

        Raises:
            ActionError: `NotFound`, when no such record is in force.
        """
        try:
            return self._records[identifier]
        except KeyError:
            raise ActionError("NotFound", f"there is no {identifier}", retryable=False) from None

    def in_force(self, kind: str | None = None) -> dict[str, Mapping[str, Any]]:
        """Return the records in force by identifier, of one kind or of all."""
        return {name: record for name, record in self._records.items() if kind in (None, record["kind"])}

    def _file(self, kind: str, details: Mapping[str, Any]) -> str:
        identifier = f"{kind}-{next(self._numbers)}"
        self._records[identifier] = {"kind": kind, **details}
        return identifier

    def _strike(self, identifier: str) -> None:
        del self._records[identifier]
