"""Data of the right shape in, `Definition` out: every default filled in, every duration in seconds."""

from __future__ import annotations

from sagadsl.language.build_policies import Data, defaults_of, seconds
from sagadsl.language.build_states import Builder
from sagadsl.language.definition import CompensationPolicy, Definition, Invariant
from sagadsl.language.schema import state_names
from sagadsl.language.source import Document

DONE = "done"
"""The name of the `succeed` state that follows the last of the saga's `steps`, unless a state has taken it."""


def build(document: Document) -> Definition:
    """Return the definition that a document holds.

    Args:
        document: Its data has passed `check_structure`; anything else is undefined behaviour.
    """
    data: Data = document.data
    flow = Builder(defaults_of(data), (name for name, _ in state_names(data))).region(data, (), DONE)
    policy = data.get("compensation", {})
    return Definition(
        name=data["name"],
        states=flow.states,
        start=flow.start,
        version=data.get("version", "1"),
        description=data.get("description"),
        labels=data.get("labels", {}),
        input_schema=data.get("input"),
        output=data.get("output", {}),
        timeout=seconds(data.get("timeout")),
        max_retries=int(data.get("max_retries", 3)),
        compensation=CompensationPolicy(policy.get("order", "reverse"), policy.get("on_failure", "halt")),
        key=data.get("key"),
        locks=tuple(data.get("locks", ())),
        sensitive=tuple(tuple(path.split(".")) for path in data.get("sensitive", ())),
        invariants=tuple(Invariant(each["name"], each["when"], each["require"]) for each in data.get("invariants", ())),
        language=data.get("sagadsl", "1.0"),
        file=document.file,
        text=document.text,
    )
