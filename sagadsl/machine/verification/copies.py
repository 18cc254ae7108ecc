"""A copy of a running saga that shares nothing with it that can change.

A walk copies a saga for every step that it takes, so this copies exactly what the modules of this room change, and
shares commands, plans, machines and data, which they do not.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

from sagadsl.machine.cursor import Cursor, Regions
from sagadsl.machine.execution import Execution
from sagadsl.machine.saga import Saga


def copy_saga(saga: Saga) -> Saga:
    """Return a saga that is in the same state and goes on by itself."""
    return _Copier().saga(saga)


class _Copier:
    def __init__(self) -> None:
        self._cursors: dict[int, Cursor] = {}
        self._executions: dict[int, Execution] = {}
        self._scopes: dict[int, dict[str, Any]] = {}

    def saga(self, saga: Saga) -> Saga:
        twin = Saga.__new__(Saga)
        for name in _SAGA:
            setattr(twin, name, getattr(saga, name))
        execution = self.execution
        twin.root = self.cursor(saga.root)
        twin.steps = {label: execution(each) for label, each in saga.steps.items()}
        if isinstance(saga._open, dict):
            twin._open = dict(saga._open)
        if saga.extras is not None:
            twin.extras = replace(saga.extras)
            twin.to_undo = [execution(each) for each in saga.to_undo]
            twin.signals = {name: list(queue) for name, queue in saga.signals.items()}
            if saga.timers:
                twin.timers = {key: (handler, execution(each)) for key, (handler, each) in saga.timers.items()}
        return twin

    def cursor(self, cursor: Cursor) -> Cursor:
        twin = self._cursors.get(id(cursor))
        if twin is None:
            twin = self._cursors[id(cursor)] = Cursor.__new__(Cursor)
            for name in _CURSOR:
                setattr(twin, name, getattr(cursor, name))
            twin.scope = self._scope(cursor.scope)
            twin.extras = cursor.extras and replace(cursor.extras)
            twin.parent = None if cursor.parent is None else self.execution(cursor.parent)
        return twin

    def execution(self, execution: Execution) -> Execution:
        twin = self._executions.get(id(execution))
        if twin is None:
            twin = execution.copy(self.cursor(execution.cursor))
            self._executions[id(execution)] = twin
            if execution.regions is not None:
                twin.regions = self._regions(execution.regions)
            if execution.latest is not None:
                twin.latest = self.execution(execution.latest)
        return twin

    def _regions(self, regions: Regions) -> Regions:
        cursors = [self.cursor(each) for each in regions.cursors]
        return Regions(cursors, regions.items, regions.opening, regions.failure, regions.failed_at, regions.rest)

    def _scope(self, scope: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if isinstance(scope, ChainMap):
            return ChainMap(*(self._own(each) for each in scope.maps))
        return self._own(scope)

    def _own(self, scope: MutableMapping[str, Any]) -> dict[str, Any]:
        twin = self._scopes.get(id(scope))
        if twin is None:
            twin = self._scopes[id(scope)] = dict(scope)
        return twin


def _slots(kind: type) -> tuple[str, ...]:
    return tuple(name for each in kind.__mro__ for name in getattr(each, "__slots__", ()))


_SAGA = _slots(Saga)
_CURSOR = tuple(name for name in _slots(Cursor) if name not in {"scope", "parent", "extras"})
