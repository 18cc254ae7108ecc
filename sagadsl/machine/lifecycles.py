"""The two lifecycles that every saga shares, as tables.

The rule of this file: whatever decides which status may follow which stands here, and only here. The machines,
the pictures and the reference pages are made from these rows. `language.md` ("What happens") is their source,
after Garcia-Molina and Salem, "Sagas" (SIGMOD 1987), for forward and backward recovery.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One transition: in `source`, the event `trigger` leads to `dest`."""

    trigger: str
    source: str
    dest: str


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A named table of rows, the status everything begins in, and those in which it may rest for good."""

    name: str
    initial: str
    final: frozenset[str]
    rows: tuple[Row, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """Every status, in the order in which the rows name them."""
        names = (self.initial, *(name for row in self.rows for name in (row.source, row.dest)))
        return tuple(dict.fromkeys(names))


SAGA = Lifecycle(
    name="saga",
    initial="created",
    final=frozenset({"completed", "compensated"}),
    rows=(
        Row("start", "created", "running"),
        Row("cancel", "created", "compensated"),
        Row("complete", "running", "completed"),
        Row("fail", "running", "failed"),
        Row("retry", "failed", "retrying"),
        Row("resume", "retrying", "running"),
        Row("give_up", "retrying", "failed"),
        Row("resolve", "failed", "completed"),
        Row("compensate", "running", "compensating"),
        Row("compensate", "failed", "compensating"),
        Row("compensate", "completed", "compensating"),
        Row("finish_compensation", "compensating", "compensated"),
        Row("fail_compensation", "compensating", "compensation_failed"),
        Row("retry_compensation", "compensation_failed", "compensating"),
        Row("resolve", "compensation_failed", "compensated"),
    ),
)

DEAD = ("failed", "compensation_failed")
"""The statuses in which a saga, or a step, waits for a person."""

AT_REST = SAGA.final | set(DEAD)
"""The statuses in which a saga does nothing by itself: it has ended, or waits for a person."""

UNFINISHED = tuple(status for status in SAGA.states if status not in SAGA.final)
"""The statuses of a saga that has not ended, in the order of its life."""

STEP = Lifecycle(
    name="step",
    initial="pending",
    final=frozenset({"completed", "skipped", "compensated"}),
    rows=(
        Row("start", "pending", "running"),
        Row("complete", "running", "completed"),
        Row("skip", "pending", "skipped"),
        Row("fail", "running", "failed"),
        Row("retry", "failed", "retrying"),
        Row("resume", "retrying", "running"),
        Row("give_up", "retrying", "failed"),
        Row("skip", "failed", "skipped"),
        Row("resolve", "failed", "completed"),
        Row("wait", "running", "waiting"),
        Row("resume", "waiting", "running"),
        Row("complete", "waiting", "completed"),
        Row("compensate", "completed", "compensating"),
        Row("compensate", "failed", "compensating"),
        Row("compensate", "skipped", "compensating"),
        Row("finish_compensation", "compensating", "compensated"),
        Row("fail_compensation", "compensating", "compensation_failed"),
        Row("retry_compensation", "compensation_failed", "compensating"),
        Row("resolve", "compensation_failed", "compensated"),
    ),
)
