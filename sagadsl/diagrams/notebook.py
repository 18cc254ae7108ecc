"""A saga, or a run of one, as notebooks show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagadsl.diagrams.render import DrawingError, render
from sagadsl.language.definition import Definition
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.unexpected import UnexpectedEvent


def show(what: Any) -> Mapping[str, str]:
    """Return what a notebook can show, by media type: words, and a picture where one can be drawn.

    Args:
        what: A definition, a compiled saga, or a run: anything with the `definition`, the `events` and the
            `saga_id` of one.
    """
    words = repr(what)
    if isinstance(what, Definition | CompiledSaga):
        saga, events, saga_id = what, (), ""
    elif what.definition is None:
        return {"text/plain": words}
    else:
        saga, events, saga_id = what.definition, what.events, what.saga_id
    try:
        return {"text/plain": words, "image/svg+xml": render(saga, "svg", events=events, saga_id=saga_id).decode()}
    except (DrawingError, UnexpectedEvent) as error:
        return {"text/plain": f"{words}\n(no picture: {error})"}
