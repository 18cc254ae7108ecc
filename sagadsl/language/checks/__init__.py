"""What is wrong with a definition that its structure does not show. A new check is one line in `CHECKS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sagadsl.language.checks import dataflow, graph, roles
from sagadsl.language.checks.context import Context
from sagadsl.language.definition import Definition
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.source import Document

Check = Callable[[Context], Iterator[Diagnostic]]

CHECKS: tuple[Check, ...] = (
    graph.dangling_targets,
    graph.unreachable_states,
    graph.ways_to_an_end,
    graph.idle_cycles,
    dataflow.expressions,
    roles.compensatable_after_pivot,
    roles.silent_before_pivot,
    roles.pointless_retries,
    roles.compensating_after_pivot,
    roles.retriable_before_pivot,
)


def run(definition: Definition, document: Document) -> list[Diagnostic]:
    """Return everything that the checks find, each finding once.

    Args:
        definition: What `document` says.
        document: The text, for places.
    """
    context = Context(definition, document)
    return list(dict.fromkeys(found for check in CHECKS for found in check(context)))
