"""The sagas that the crash tests run: every kind of state that can be under way when a process is killed."""

from __future__ import annotations

from sagadsl import compile_saga, load

_HEAD = """
input: {type: object, required: [n, tours], properties: {n: {type: integer}, tours: {type: array, items: {type: integer}}}}
max_retries: 1000
defaults: {timeout: 300ms, retry: {max_attempts: 3, initial_delay: 20ms, multiplier: 2, max_delay: 100ms, jitter: full}}
compensation: {timeout: 300ms, retry: {max_attempts: 5, initial_delay: 10ms, max_delay: 50ms, jitter: full}}
"""

ORDER = """
name: order
start: reserve
states:
  reserve: {service: stock, action: do, payload: {n: "${input.n}"}, compensation: undo, next: credit}
  credit: {service: bank, action: do, payload: {n: "${input.n}"}, compensation: undo, next: pay}
  pay:
    service: bank
    action: do
    kind: pivot
    payload: {reserved_by: "${states.reserve.output.key}"}
    compensation: {action: undo, payload: {because: "${error.code}"}}
    next: ship
  ship: {service: post, action: insist, kind: retriable, payload: {n: "${input.n}"}, next: notify}
  notify: {service: post, action: look, kind: read_only, on_failure: continue, next: done}
  done: {type: succeed, output: {n: "${input.n}"}}
"""

FIVE = """
name: five
steps:
  - {id: a, service: stock, action: do, compensation: undo}
  - {id: b, service: bank, action: do, compensation: undo}
  - {id: c, service: stock, action: do, compensation: undo}
  - {id: d, service: post, action: do, compensation: undo}
  - {id: e, service: bank, action: decline_often, compensation: undo}
"""

TRIP = """
name: trip
start: book
states:
  book:
    type: parallel
    branches:
      flight:
        steps:
          - {id: seat, service: stock, action: do, compensation: undo}
          - {id: meal, service: post, action: do, compensation: undo}
      hotel:
        steps: [{id: room, service: bank, action: do, compensation: undo}]
      leisure:
        start: tours
        states:
          tours:
            type: map
            items: input.tours
            as: tour
            max_concurrency: 2
            steps:
              - {id: ticket, service: stock, action: do, payload: {tour: "${tour}"}, compensation: undo}
              - {id: guide, service: post, action: do, payload: {tour: "${tour}"}, compensation: undo}
            next: ready
          ready: {type: succeed}
    next: confirm
  confirm: {service: bank, action: decline_often, compensation: undo, next: booked}
  booked: {type: succeed}
"""

STAY = """
name: stay
steps:
  - {id: room, service: stock, action: do, compensation: undo}
  - {id: breakfast, service: post, action: do, compensation: undo}
"""

JOURNEY = """
name: journey
start: pack
states:
  pack: {service: stock, action: do, compensation: undo, next: stay}
  stay: {type: saga, saga: stay, input: {n: "${input.n}", tours: "${input.tours}"}, next: settle}
  settle: {service: bank, action: decline_often, compensation: undo, next: home}
  home: {type: succeed}
"""

PATIENT = """
name: patient
start: apply
states:
  apply: {service: stock, action: do, compensation: undo, next: pause}
  pause: {type: wait, for: 200ms, next: approval}
  approval: {type: wait, signal: go, timeout: 10m, next: review}
  review: {service: desk, action: accept, callback: true, timeout: 10m, compensation: undo, next: store_it}
  store_it: {service: post, action: do, compensation: undo, next: filed}
  filed: {type: succeed}
"""

ACCOUNT = """
name: account
locks: ["account-${int(input.n) % 11}"]
steps:
  - {id: debit, service: bank, action: do, compensation: undo}
  - {id: credit_it, service: stock, action: decline_often, compensation: undo}
"""

KEYED = """
name: keyed
key: "customer-${int(input.n) % 29}"
steps:
  - {id: greet, service: post, action: do, compensation: undo}
  - {id: serve, service: stock, action: do, compensation: undo}
"""

HASTY = """
name: hasty
timeout: 700ms
start: first
states:
  first: {service: stock, action: do, compensation: undo, next: think}
  think: {type: wait, for: 450ms, next: second}
  second: {service: post, action: do, compensation: undo, next: third}
  third: {service: bank, action: do, compensation: undo, next: made_it}
  made_it: {type: succeed}
"""

SAGAS = {
    compiled.definition.name: compiled
    for compiled in (
        compile_saga(load(_HEAD + text)) for text in (STAY, ORDER, FIVE, TRIP, JOURNEY, PATIENT, ACCOUNT, KEYED, HASTY)
    )
}
STARTED = tuple(name for name in SAGAS if name != "stay")
"""The ones that are started by themselves."""


def name_of(number):
    """Return which saga is the one with this number."""
    return STARTED[number % len(STARTED)]


def input_of(number):
    """Return the input of the saga with this number, always the same."""
    return {"n": number, "tours": list(range(1 + number % 4))}
