"""Definitions to hold the schema to, and what is told of a text."""

from sagadsl.language.schema import check_structure
from sagadsl.language.source import parse

TASK = "service: s, action: t, next: done"
ENDING = "  done: {type: succeed}\n"


def found(text):
    return check_structure(parse(text, "f"))


def in_states(states):
    return found("name: x\nstates:\n" + states + ENDING)


def the_problem(diagnostics):
    (diagnostic,) = diagnostics
    return diagnostic


def straight_line(prefix):
    """One step of each type that steps can have."""
    return [
        {"id": f"{prefix}1", "service": "s", "action": "t", "callback": False},
        {"id": f"{prefix}2", "type": "pass", "output": 1},
        {"id": f"{prefix}3", "type": "wait", "for": 5},
        {"id": f"{prefix}4", "type": "saga", "saga": "other"},
        {"id": f"{prefix}5", "type": "map", "items": "input.items", "steps": [{"id": f"{prefix}6", "type": "pass"}]},
        {
            "id": f"{prefix}7",
            "type": "parallel",
            "branches": {"b": {"steps": [{"id": f"{prefix}8", "type": "pass"}]}},
        },
    ]


def whole_definition():
    """One of everything that the language has."""
    return {
        "sagadsl": "1.0",
        "name": "everything",
        "version": "2",
        "description": "d",
        "labels": {"team": "a"},
        "input": {"type": "object", "properties": {"amount": {"type": "number"}}},
        "output": {"x": 1},
        "timeout": "5m",
        "max_retries": 0,
        "defaults": {"timeout": 5, "retry": {"max_attempts": 2}},
        "compensation": {"order": "parallel", "on_failure": "continue", "timeout": "1s", "retry": {"jitter": "full"}},
        "key": "k-${input.amount}",
        "locks": ["l-${input.amount}"],
        "sensitive": ["input.card.number", "states.a.output.iban-2"],
        "invariants": [{"name": "i", "when": "compensated", "require": "steps.a.status != 'completed'"}],
        "start": "a",
        "states": {
            "a": {
                "type": "task",
                "description": "d",
                "service": "s",
                "action": "t",
                "payload": ["${input.amount}", None],
                "compensation": {"service": "s", "action": "u", "payload": 1, "timeout": 1, "retry": {}},
                "kind": "pivot",
                "timeout": "1h30m",
                "retry": {
                    "max_attempts": 3,
                    "initial_delay": 0,
                    "multiplier": 1.5,
                    "max_delay": "1d",
                    "jitter": "none",
                    "on": ["Timeout", "*"],
                    "except": ["Declined"],
                },
                "fail_when": [{"when": "output.x", "error": "Declined", "message": "m"}],
                "catch": [{"errors": ["*"], "next": "f"}],
                "on_failure": {"wait_for": "signal", "timeout": "2d"},
                "callback": True,
                "next": "c",
            },
            "par": {
                "type": "parallel",
                "description": "d",
                "branches": {
                    "left": {"steps": straight_line("l")},
                    "right": {"start": "r", "states": {"r": {"type": "succeed", "output": 1}}},
                },
                "kind": "compensatable",
                "catch": [{"errors": ["*"], "next": "f"}],
                "on_failure": "fail",
                "next": "m",
            },
            "m": {
                "type": "map",
                "description": "d",
                "items": "input.items",
                "as": "each",
                "max_concurrency": 2,
                "max_failures": 1,
                "start": "m1",
                "states": {"m1": {"type": "pass", "next": "m2"}, "m2": {"type": "succeed"}},
                "kind": "retriable",
                "catch": [{"errors": ["Timeout"], "next": "f"}],
                "on_failure": "continue",
                "next": "w",
            },
            "w": {"type": "wait", "description": "d", "signal": "s", "timeout": 1, "on_timeout": "f", "next": "w1"},
            "w1": {"type": "wait", "for": "2h", "next": "w2"},
            "w2": {"type": "wait", "until": "input.at", "next": "s"},
            "s": {
                "type": "saga",
                "description": "d",
                "saga": "other",
                "version": "2",
                "input": {"a": "${input.amount}"},
                "compensation": {"service": "s", "action": "u", "payload": 1, "timeout": 1, "retry": {}},
                "kind": "compensatable",
                "timeout": "1d",
                "catch": [{"errors": ["Timeout"], "next": "f"}],
                "on_failure": "compensate",
                "next": "b",
            },
            "b": {"service": "s", "action": "t", "compensation": "u", "on_failure": "continue", "next": "p"},
            "c": {"type": "choice", "choices": [{"when": "true", "next": "b"}], "default": "p"},
            "p": {"type": "pass", "output": {}, "next": "done"},
            "f": {"type": "fail", "error": "Lost", "message": "m"},
            "done": {"type": "succeed", "output": []},
        },
    }
