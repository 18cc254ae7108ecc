"""Definitions built by hand: what the machine does is tested apart from how its text is read."""

from dataclasses import replace

from sagadsl.language.definition import (
    NO_RETRY,
    Catch,
    Choice,
    Choose,
    Compensation,
    CompensationPolicy,
    Definition,
    Map,
    OnFailure,
    Parallel,
    Region,
    Retry,
    SubSaga,
    Succeed,
    Task,
    Wait,
    regions_of,
)


def undo(name):
    return Compensation("s", f"undo_{name}", None, 30.0, NO_RETRY)


def task(name, next, payload=None, kind=None, **kwargs):
    kwargs.setdefault("compensation", None if kind in ("retriable", "read_only") else undo(name))
    kwargs.setdefault("timeout", 30.0)
    return Task(name=name, service="s", action=name, payload=payload or {}, next=next, kind=kind, **kwargs)


def succeed(name, output=None):
    return Succeed(name=name, output=output)


def wait(name, next, **kwargs):
    return Wait(name=name, next=next, **kwargs)


def choice(name, arms, default=None):
    return Choice(name=name, choices=tuple(Choose(when, to) for when, to in arms.items()), default=default)


def branch(*states):
    return Region(states[0].name, {state.name: state for state in states})


def _outcomes(catch, on_failure):
    catches = tuple(Catch((code,), to) for code, to in (catch or {}).items())
    return {"catch": catches, "on_failure": on_failure and OnFailure(on_failure)}


def parallel(name, branches, next, catch=None, on_failure=None, kind=None):
    return Parallel(name=name, branches=branches, next=next, kind=kind, **_outcomes(catch, on_failure))


def map_of(name, items, body, next, catch=None, on_failure=None, **kwargs):
    return Map(name=name, items=items, body=body, next=next, **_outcomes(catch, on_failure), **kwargs)


def sub(name, saga, next, input=None, catch=None, on_failure=None, **kwargs):
    return SubSaga(name=name, saga=saga, input=input or {}, next=next, **_outcomes(catch, on_failure), **kwargs)


class Built(Definition):
    """A definition that a test can vary."""

    def vary(self, retries=None, kinds=None, payloads=None, order="reverse", on_failure="halt", **kwargs):
        def change(state):
            if isinstance(state, Task):
                name = state.name
                state = replace(state, payload=(payloads or {}).get(name, state.payload))
                if name in (retries or {}):
                    state = replace(state, retry=Retry(max_attempts=retries[name]))
                state = replace(state, kind=(kinds or {}).get(name, state.kind))
            inner = {name: Region(r.start, varied(r.states)) for name, r in regions_of(state).items()}
            if isinstance(state, Parallel):
                return replace(state, branches=inner)
            return replace(state, body=inner["body"]) if isinstance(state, Map) else state

        def varied(states):
            return {name: change(state) for name, state in states.items()}

        policy = CompensationPolicy(order, on_failure)
        return replace(self, states=varied(self.states), compensation=policy, **kwargs)

    def with_payload(self, state, payload):
        return self.vary(payloads={state: payload})


def definition(*states, **kwargs):
    return Built(name="saga", start=states[0].name, states={state.name: state for state in states}, **kwargs)
