"""Checking takes time in proportion to the text, also of definitions that get everything wrong."""

import sys
from collections.abc import Callable

import pytest

from sagadsl.language.load import check

TASK = "service: s, action: t"
SMALL, LARGE = 50, 400


def in_a_row(count: int, state: Callable[[int], str], last: str = "") -> str:
    lines = [f"  p{i}: {{{state(i)}, next: p{i + 1}}}" for i in range(count)]
    return "\n".join(
        ["name: x", "states:", *lines, f"  p{count}: {{{last or 'type: pass'}, next: done}}", "  done: {type: succeed}"]
    )


def reading(count: int, variable: str) -> str:
    """A last state that reads one variable of each of the others."""
    read = ", ".join(f"'${{{variable % i}}}'" for i in range(count))
    return f"{TASK}, kind: read_only, payload: [{read}]"


WRONG: dict[str, Callable[[int], str]] = {
    "each reads the next one": lambda n: in_a_row(n, lambda i: f"type: pass, output: '${{states.p{i + 1}.output}}'"),
    "half pivots, then half compensatables": lambda n: in_a_row(
        n, lambda i: f"{TASK}, {'kind: pivot' if i < n // 2 else 'compensation: u'}"
    ),
    "pivots and compensations by turns": lambda n: in_a_row(
        n, lambda i: f"{TASK}, {'kind: pivot' if i % 2 else 'compensation: u'}"
    ),
    "all may have failed": lambda n: in_a_row(
        n, lambda _: f"{TASK}, kind: read_only, on_failure: continue", reading(n, "states.p%d.output")
    ),
    "no signal need have come": lambda n: in_a_row(
        n, lambda i: f"type: wait, signal: g{i}, timeout: 1d, on_timeout: p{i + 1}", reading(n, "signals.g%d")
    ),
    "all names are wrong": lambda n: in_a_row(n, lambda i: f"type: pass, output: '${{states.q{i}.output}}'"),
    "all fields are wrong": lambda n: (
        "input: {type: object, properties: {"
        + ", ".join(f"field{i}: {{type: string}}" for i in range(n))
        + "}}\n"
        + in_a_row(1, lambda _: "type: pass", reading(n, "input.feild%d"))
    ),
    "comprehensions inside each other": lambda n: in_a_row(
        1, lambda _: f"type: pass, output: '${{{'[1].exists(x, ' * n}input.a{')' * n}}}'"
    ),
    "all conditions are constant": lambda n: (
        "name: x\nstates:\n  c: {type: choice, choices: ["
        + ", ".join(f"{{when: 'true', next: s{i}}}" for i in range(n))
        + "]}\n"
        + "".join(f"  s{i}: {{type: succeed}}\n" for i in range(n))
    ),
}


def steps(text: str) -> int:
    """How many calls checking the text takes: as good as a time, and the same on every machine."""
    counted = 0

    def count(_frame, event, _argument) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        check(text, "f")
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("wrong", WRONG)
def test_eight_times_the_text_takes_about_eight_times_the_steps(wrong):
    check(WRONG[wrong](10), "f")  # what is imported and compiled only once
    small, large = WRONG[wrong](SMALL), WRONG[wrong](LARGE)
    assert check(large, "f")[1], "something has to be wrong with it"
    assert steps(large) < 1.5 * LARGE / SMALL * steps(small)
