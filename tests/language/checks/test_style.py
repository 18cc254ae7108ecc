"""What is said and means nothing."""

import pytest

from tests.language.checks.findings import codes, only

CALL = "service: x, action: y"


def saga(defaults: str, *steps: str, more: str = "") -> str:
    listed = "\n".join(f"  - {{id: s{i}, {CALL}, {step}}}" for i, step in enumerate(steps))
    return f"name: style\ndefaults: {defaults}\n{more}steps:\n{listed}\n"


OWN = "timeout: 1s, kind: read_only"


def test_a_default_timeout_that_every_task_overrides_is_told():
    found = only(saga("{timeout: 10s}", OWN, OWN))
    assert (found.code, found.marked, found.line) == ("SAGA602", "timeout", 2)
    assert found.message == "this default timeout is never used: every task has one of its own"


def test_one_task_that_takes_it_is_enough():
    assert not codes(saga("{timeout: 10s}", OWN, "kind: read_only"))


def test_a_compensation_takes_the_default_timeout_as_well():
    undone = "timeout: 1s, compensation: undo"
    assert not codes(saga("{timeout: 10s}", undone))
    assert codes(saga("{timeout: 10s}", undone, more="compensation: {timeout: 5s}\n")) == ["SAGA602"]
    assert codes(saga("{timeout: 10s}", "timeout: 1s, compensation: {action: undo, timeout: 1s}")) == ["SAGA602"]


@pytest.mark.parametrize("own", ["{max_attempts: 2}", "{initial_delay: 2s}"])
def test_a_default_retry_is_merged_key_by_key(own):
    default = "{retry: {max_attempts: 5, initial_delay: 1s}}"
    assert not codes(saga(default, f"kind: read_only, retry: {own}"))
    whole = "kind: read_only, retry: {max_attempts: 2, initial_delay: 2s}"
    assert only(saga(default, whole))[:2] == ("SAGA602", "retry")


def test_without_a_task_every_default_is_unused():
    text = "name: style\ndefaults: {timeout: 1s, retry: {max_attempts: 2}}\nstates: {done: {type: succeed}}\n"
    assert codes(text) == ["SAGA602", "SAGA602"]
    assert "there is no task" in only(text.replace(", retry: {max_attempts: 2}", "")).message
