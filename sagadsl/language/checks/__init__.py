"""What is wrong with a definition that its structure does not show. A new check is one line in `CHECKS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sagadsl.language.checks import children, choices, dataflow, graph, names, roles, secrecy, style, timing
from sagadsl.language.checks.context import Context
from sagadsl.language.definition import Definition
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.source import Document

if TYPE_CHECKING:
    from sagadsl.language.library import Library

Check = Callable[[Context], Iterator[Diagnostic]]

CHECKS: tuple[Check, ...] = (
    graph.dangling_targets,
    graph.crossing_targets,
    graph.unreachable_states,
    graph.ways_to_an_end,
    graph.idle_cycles,
    choices.constant_conditions,
    choices.shadowed_catches,
    choices.unreached_states,
    choices.open_choices,
    dataflow.expressions,
    names.item_names,
    names.required_names,
    names.sensitive_paths,
    secrecy.sensitive_elsewhere,
    roles.compensatable_after_pivot,
    roles.silent_before_pivot,
    roles.pointless_retries,
    roles.compensating_after_pivot,
    roles.useless_compensations,
    roles.missing_compensations,
    roles.pivot_in_doubt,
    children.children_beyond_undo,
    roles.retriable_before_pivot,
    roles.retriable_without_retry,
    roles.pivot_beside_risk,
    roles.pivot_after_pivot,
    timing.endless_waits,
    timing.too_little_time,
    style.unused_defaults,
    names.names_alike,
)


def run(definition: Definition, document: Document, library: Library | None = None) -> list[Diagnostic]:
    """Return everything that the checks find, each finding once.

    Args:
        definition: What `document` says.
        document: The text, for places.
        library: What it is checked together with; without one, nothing is said of the sagas that it runs.
    """
    context = Context(definition, document, library)
    chosen = CHECKS if context.catalogue is None else (*CHECKS, *_catalogue_checks())
    return list(dict.fromkeys(found for check in chosen for found in check(context)))


def _catalogue_checks() -> tuple[Check, ...]:
    from sagadsl.language.checks import services  # noqa: PLC0415  most definitions are checked without a catalogue

    return services.unknown_actions, services.impossible_codes
