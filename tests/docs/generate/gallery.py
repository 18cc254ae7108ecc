"""`gallery.md`: the sample sagas in pictures."""

from __future__ import annotations

from collections.abc import Iterator

from tests.docs.generate import markdown
from tests.docs.pictures import DEFINITIONS, RUN, compiled, views_of

INTRODUCTION = """\
The sagas of [`definitions/`](../../definitions/README.md), drawn by `sagadsl draw`. [How to read a
picture](pictures.md) explains what you see, [Draw sagas and runs](../how-to/draw.md) how to make one."""

EVERY_SAGA = """\
## Every saga

`--view lifecycle`: the statuses of a saga and of its steps, the same for all. [Lifecycles](lifecycles.md) tells more.

![The lifecycles](../pictures/lifecycle.svg)"""

A_RUN = f"""\
## A run

`--events`: the trip of the [README](../../README.md). The flight was to be had at the second attempt; then the bank
said no.

![A run of the trip](../pictures/{RUN}.run.svg)"""

_CAPTIONS = {
    "failure": "`--view failure={state}`: what happens when `{state}` fails.",
    "sequence": "`--view sequence`: who calls whom.",
    "machine": "`--view machine`: the flat machine that `transitions` runs.",
}


def page() -> str:
    """Return the page."""
    return markdown.page("Pictures of the sample sagas", INTRODUCTION, *map(_section, DEFINITIONS), EVERY_SAGA, A_RUN)


def _section(name: str) -> str:
    return "\n\n".join(_parts(name))


def _parts(name: str) -> Iterator[str]:
    yield f"## {name}"
    yield compiled(name).definition.description or ""
    yield f"![{name}](../pictures/{name}.svg)"
    for file, view, state in views_of(name):
        yield _CAPTIONS[view].format(state=state)
        yield f"![{name}, view {view}](../pictures/{file})"
