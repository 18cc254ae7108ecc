"""Deciding about sagas on the command line: one that has failed, or many at once."""

import asyncio
import getpass
import json
import shlex
import time
from dataclasses import replace

import pytest

from sagadsl.machine.events import Failure, from_json
from sagadsl.runtime.processes import this_process
from sagadsl.runtime.recorder import Recorder
from sagadsl.runtime.store.contract import EngineRow, Write
from sagadsl.runtime.store.opening import open_store

STAY = """\
name: stay
max_retries: 1
key: "${input.guest}"
input: {type: object, required: [guest], properties: {guest: {type: string}}}
sensitive: [states.book.output.door_code]
steps:
  - {id: book, service: hotel, action: book, compensation: cancel}
  - {id: charge, service: bank, action: charge, compensation: refund, on_failure: fail}
  - {id: tell, service: hotel, action: tell, kind: read_only}
"""

SERVICES = """\
from sagadsl import Services

services = Services()

@services.action("hotel.book")
@services.action("hotel.cancel")
@services.action("hotel.tell")
@services.action("bank.charge")
@services.action("bank.refund")
def work(payload: dict):
    return {}
"""

PRINTS = """\
name: prints
steps: [{id: print, service: printer, action: order, kind: read_only, callback: true, timeout: 3d}]
"""

ASKS = """\
name: asks
states:
  ask: {type: wait, signal: decision, next: done}
  done: {type: succeed, output: {said: "${signals.decision}"}}
"""

NO_FUNDS = Failure("NoFunds", "the account is empty", retryable=False)
NO_ANSWER = Failure("Timeout", "no answer within 30s", retryable=False, in_doubt=True)


@pytest.fixture
def stay(write):
    return write("stay.yaml", STAY)


@pytest.fixture
def services(write):
    return write("stay_services.py", SERVICES)


@pytest.fixture
def failed(keep, stay):
    """A saga that has failed because of its payment."""

    def fail(saga_id, why=NO_FUNDS, **options):
        booked = {"room": 12, "door_code": "9753"}
        keep(stay, saga_id, {"guest": f"guest of {saga_id}"}, [("book", booked), ("charge", why)], **options)

    return fail


@pytest.fixture
def events(sagadsl):
    """The events of a saga."""

    def told(saga_id):
        return [from_json(json.loads(line)) for line in sagadsl("events", saga_id, "--format", "json").out.splitlines()]

    return told


def words(text):
    return " ".join(text.split())


# the list


def test_sagas_that_wait_for_a_person_are_listed_the_youngest_first(sagadsl, failed, keep, stay):
    failed("stay-1", started=time.time() - 7200)
    failed("stay-2", NO_ANSWER)
    keep(stay, "stay-3", {"guest": "x"})

    result = sagadsl("dead-letters")

    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()] == ["saga", "stay-2", "stay-1"]
    assert "Timeout at charge: no answer within 30s" in result.out
    assert "`sagadsl dead-letters ID` says what has happened" in result.err


@pytest.mark.parametrize(
    ("options", "listed"),
    [
        (["--error", "NoFunds"], ["stay-1"]),
        (["--older-than", "1h"], ["stay-1"]),
        (["--name", "stay"], ["stay-2", "stay-1"]),
        (["--name", "stay", "--error", "Other"], []),
        (["--status", "compensation_failed"], []),
        (["--limit", "1"], ["stay-2"]),
    ],
)
def test_the_list_can_be_filtered(sagadsl, failed, options, listed):
    failed("stay-1", started=time.time() - 7200)
    failed("stay-2", NO_ANSWER)

    result = sagadsl("dead-letters", *options, "--format", "json")

    assert [saga["saga_id"] for saga in json.loads(result.out)["sagas"]] == listed
    assert json.loads(result.out)["more"] == ("--limit" in options)


def test_where_no_saga_waits_for_a_person_that_is_said(sagadsl, keep, stay):
    keep(stay, "stay-1", {"guest": "x"})

    assert sagadsl("dead-letters").err == "no saga waits for a person\n"


def test_everything_about_one_saga_is_told(sagadsl, failed):
    failed("stay-1", NO_ANSWER)

    told = words(sagadsl("dead-letters", "stay-1").out)

    assert "because of Timeout: no answer within 30s at charge" in told
    assert 'done book {"room": 12, "door_code": "***"}' in told
    assert "failed charge Timeout: no answer within 30s (1 attempt)" in told
    assert "in doubt charge it may have taken place although nobody knows" in told
    assert "not begun tell" in told


def test_of_what_could_not_be_undone_it_is_told_what_it_had_answered(sagadsl, keep, stay):
    booked, closed = {"room": 12, "door_code": "9753"}, Failure("Closed", "nobody is in", retryable=False)
    stay.write_text(stay.read_text().replace(", on_failure: fail", ""))
    keep(stay, "stay-1", {"guest": "x"}, [("book", booked), ("charge", NO_FUNDS), ("~book", closed)])

    told = words(sagadsl("dead-letters", "stay-1").out)

    assert "failed book Closed: nobody is in (1 attempt to undo it)" in told
    assert 'what it had answered: {"room": 12, "door_code": "***"}' in told


def test_what_may_have_taken_place_and_may_have_been_undone_is_told_as_both(sagadsl, keep, stay):
    stay.write_text(stay.read_text().replace(", on_failure: fail", ""))
    keep(stay, "stay-1", {"guest": "x"}, [("book", {}), ("charge", NO_ANSWER), ("~charge", NO_ANSWER)])

    told = words(sagadsl("dead-letters", "stay-1").out)

    assert "in doubt charge it may have taken place, or been undone, although nobody knows" in told


def test_as_json_everything_is_there_and_what_is_sensitive_is_not(sagadsl, failed):
    failed("stay-1", NO_ANSWER)

    result = sagadsl("dead-letters", "stay-1", "--format", "json")
    told = json.loads(result.out)

    assert "9753" not in result.out
    assert (told["saga_id"], told["status"], told["not_begun"]) == ("stay-1", "failed", ["tell"])
    assert [step["state"] for step in told["done"]] == ["book"]
    assert told["failed"] == told["in_doubt"]
    assert told["failed"][0]["error"].items() >= {
        ("code", "Timeout"), ("message", "no answer within 30s"), ("retryable", False), ("in_doubt", True),
    }  # fmt: skip
    assert [command["line"] for command in told["commands"]] == [
        "sagadsl retry stay-1",
        "sagadsl resolve stay-1 charge --output '{}'",
        "sagadsl skip stay-1 charge",
        "sagadsl compensate stay-1",
    ]


@pytest.mark.parametrize("number", range(4))
def test_every_command_that_is_offered_can_be_given_as_it_stands(sagadsl, failed, store, number):
    failed("stay 1's")
    told = sagadsl("dead-letters", "stay 1's", "--store", store, "--format", "json")
    line = json.loads(told.out)["commands"][number]["line"]

    result = sagadsl(*shlex.split(line)[1:])

    assert result.code == 0
    assert "is recorded; the saga is" in result.out


def test_what_is_sensitive_is_not_in_the_list_either(sagadsl, failed):
    failed("stay-1", Failure("NoKey", "the code 9753 does not open", retryable=False))

    assert "NoKey at charge: the code *** does not open" in sagadsl("dead-letters").out


def test_a_saga_that_cannot_be_read_does_not_keep_the_others_from_being_listed(sagadsl, failed, store):
    async def damage():
        opened = open_store(store)
        await opened.open()
        row = await opened.row("stay-2")
        event = replace((await opened.events("stay-2"))[-1], seq=9)
        await opened.join(EngineRow("e", "here", this_process(), 0.0))
        unknown = replace(row, id="stay-3", hash="0" * 64, key=None, created_at=row.created_at + 1)
        assert await opened.commit("e", [Write("stay-3", replace(event, seq=1), unknown)]) == [None]
        await opened.close()

    failed("stay-1")
    failed("stay-2")
    asyncio.run(damage())

    assert [line.split()[0] for line in sagadsl("dead-letters").out.splitlines()] == [
        "saga",
        "stay-3",
        "stay-2",
        "stay-1",
    ]
    listed = json.loads(sagadsl("dead-letters", "--format", "json").out)["sagas"]
    assert "is not in the store" in listed[0]["unreadable"]
    assert [len(saga["commands"]) for saga in listed[1:]] == [4, 4]
    result = sagadsl("retry", "--all", "--yes")
    assert result.code == 6
    assert "retry is recorded for 2 of 3 sagas" in result.out
    assert "this sagadsl cannot read the saga" in result.out


ROOMS = """\
name: rooms
states:
  each:
    type: map
    items: "[1, 2]"
    max_failures: 1
    on_failure: fail
    steps:
      - {id: clean, service: hotel, action: clean, kind: read_only}
      - {id: check, type: wait, for: 2h}
    next: done
  done: {type: succeed}
"""


def test_a_step_inside_a_map_is_named_with_its_item(sagadsl, keep, write, events):
    keep(write("rooms.yaml", ROOMS), "rooms-1", {}, [("clean", Failure("Dirty", retryable=False))], first=3)
    commands = json.loads(sagadsl("dead-letters", "rooms-1", "--format", "json").out)["commands"]
    lines = [command["line"] for command in commands if command["decision"] == "skip"]

    assert lines == ["sagadsl skip rooms-1 each", *(f"sagadsl skip rooms-1 clean --region {n}" for n in (0, 1))]
    assert sagadsl(*shlex.split(lines[1])[1:]).code == 0
    assert (events("rooms-1")[-1].state, events("rooms-1")[-1].region) == ("clean", "0")


def test_an_id_and_a_filter_are_too_much(sagadsl, failed):
    failed("stay-1")

    assert sagadsl("dead-letters", "stay-1", "--name", "stay").code == 2


# one saga


def test_a_retry_is_recorded_with_who_and_why_although_nobody_runs_the_saga(sagadsl, failed, events):
    failed("stay-1")

    result = sagadsl("retry", "stay-1", "--by", "Ada", "--why", "there is money now")

    assert result.code == 0
    assert "stay, saga stay-1: retry is recorded; the saga is running" in result.out
    assert "nobody is at work on this store; `sagadsl resume stay-1" in result.out
    last = events("stay-1")[-1]
    assert (type(last).__name__, last.by, last.why) == ("RetryRequested", "Ada", "there is money now")
    assert "retry by Ada: there is money now" in sagadsl("events", "stay-1").out


def test_who_has_logged_in_decides_if_nobody_else_is_named(sagadsl, failed, events):
    failed("stay-1")
    sagadsl("skip", "stay-1", "charge")

    assert events("stay-1")[-1].by == getpass.getuser()


def test_where_nobody_has_logged_in_somebody_has_to_be_named(sagadsl, failed, monkeypatch):
    def nobody():
        raise KeyError("uid")

    failed("stay-1")
    monkeypatch.setattr(getpass, "getuser", nobody)

    assert "--by" in sagadsl("retry", "stay-1").err
    assert sagadsl("retry", "stay-1", "--by", "Ada").code == 0


def test_with_services_the_saga_goes_on_here(sagadsl, failed, services):
    failed("stay-1")

    result = sagadsl("resolve", "stay-1", "charge", "--output", '{"paid": true}', "--services", services)

    assert result.code == 0
    assert "nobody is at work" not in result.out
    assert "✓ tell" in result.out
    assert "completed" in result.out.splitlines()[-1]


@pytest.mark.parametrize("command", ["retry", "resolve"])
def test_services_come_from_as_many_places_as_with_run(sagadsl, failed, write, command):
    hotel, bank = (
        write(f"{name}.py", "\n".join(line for line in SERVICES.splitlines() if other not in line))
        for name, other in (("the_hotel", "bank."), ("the_bank", "hotel."))
    )
    failed("stay-1")
    more = ["charge", "--output", "{}"] if command == "resolve" else []

    result = sagadsl(command, "stay-1", *more, "--services", hotel, "--services", bank)

    assert (result.code, result.out.splitlines()[-1]) == (0, "completed"), result.err


def test_with_services_programs_get_what_became_of_the_saga(sagadsl, failed, services):
    failed("stay-1")

    result = sagadsl("retry", "stay-1", "--services", services, "--format", "json")

    assert json.loads(result.out)["status"] == "completed"


def test_a_saga_can_be_named_by_its_key_or_the_beginning_of_its_id(sagadsl, failed):
    failed("stay-2030-1")
    failed("stay-2030-2")

    assert sagadsl("compensate", "--key", "stay=guest of stay-2030-2").code == 0
    assert sagadsl("resolve", "--key", "stay=guest of stay-2030-1", "charge").code == 0
    assert sagadsl("show", "stay-2030-1", "--format", "json").code == 0
    assert "several sagas begin" in sagadsl("retry", "stay-2030").err


READS = """\
name: reads
states:
  pay: {service: bank, action: charge, compensation: refund, on_failure: fail, next: which}
  which:
    type: choice
    choices: [{when: states.pay.output.sum > 5, next: tell}]
  tell: {service: hotel, action: tell, kind: read_only, payload: {tx: "${states.pay.output.tx}"}, next: done}
  done: {type: succeed}
"""


@pytest.fixture
def unpaid(keep, write):
    """A saga that has failed at a step whose output the next ones read."""
    keep(write("reads.yaml", READS), "reads-1", {}, [("pay", NO_FUNDS)])


def test_an_output_that_the_next_state_cannot_read_is_refused_and_nothing_has_happened(sagadsl, unpaid, events):
    before = events("reads-1")

    result = sagadsl("resolve", "reads-1", "pay", "--output", '{"sum": 7, "tax": 1}')

    assert result.code == 6
    assert "resolve is refused: 'tell' cannot go on from this output: at tx:" in result.err
    assert "there is no field 'tx'" in result.err
    assert events("reads-1") == before
    assert sagadsl("resolve", "reads-1", "pay", "--output", '{"sum": 7, "tx": 1}').code == 0


def test_a_step_that_the_next_state_cannot_do_without_is_not_skipped_nor_is_that_offered(sagadsl, unpaid):
    result = sagadsl("skip", "reads-1", "pay")

    assert result.code == 6
    assert "'which' cannot go on without 'pay'" in result.err
    told = sagadsl("dead-letters", "reads-1").out
    assert "sagadsl skip" not in told
    assert "sagadsl resolve reads-1 pay" in told


def test_of_many_it_is_said_beforehand_that_their_next_states_cannot_read_the_output(sagadsl, unpaid):
    result = sagadsl("resolve", "--all", "pay", "--output", "{}")

    assert "'which' cannot go on from this output" in result.out
    assert result.code == 6


def test_a_saga_that_fails_again_at_once_is_told_so_with_the_reason(sagadsl, keep, write):
    text = """\
name: no_way
states:
  pay: {service: bank, action: charge, kind: pivot, next: ship}
  ship: {service: post, action: ship, kind: retriable, next: which}
  which: {type: choice, choices: [{when: 'states.ship.output.by == "air"', next: done}]}
  done: {type: succeed}
"""
    keep(write("no_way.yaml", text), "no-way-1", {}, [("ship", NO_FUNDS)])

    result = sagadsl("resolve", "no-way-1", "ship", "--output", '{"by": "sea"}')

    assert result.code == 5
    assert "resolve is recorded; the saga is failed because of NoChoice at which: no condition holds" in result.out


TOUR = """\
name: tour
states:
  all:
    type: map
    items: input.places
    on_failure: fail
    steps:
      - {id: one, service: hotel, action: book, compensation: cancel}
    next: done
  done: {type: succeed}
"""


@pytest.fixture
def tour(keep, write):
    """A saga that has failed inside a map."""
    keep(write("tour.yaml", TOUR), "tour-1", {"places": ["a", "b", "c"]}, [("one", NO_FUNDS)])


@pytest.mark.parametrize("decision", ["resolve", "skip", "report"])
def test_inside_a_map_it_has_to_be_said_which_item_is_meant(sagadsl, tour, decision):
    result = sagadsl(decision, "tour-1", "one")

    assert result.code == 6
    assert f"{decision} is refused: 'one' is inside a map; say which region is meant: 0, 1, 2" in result.err
    assert "--region" in result.err


def test_one_item_that_is_decided_about_leaves_the_others_to_be_decided_about(sagadsl, tour, events):
    first = sagadsl("resolve", "tour-1", "one", "--region", "1")
    told = words(sagadsl("dead-letters", "tour-1").out)

    assert first.code == 0
    assert "resolve is recorded; the saga is failed because of NoFunds at one" in first.out
    assert (
        "resolve tour-1 one --region 0 --output '{}' says that one/0 has been done by hand; then one/2 is still" in told
    )
    assert [sagadsl("skip", "tour-1", "one", "--region", item).code for item in "02"] == [0, 0]
    assert json.loads(sagadsl("show", "tour-1", "--format", "json").out)["status"] == "completed"
    assert not any(getattr(event, "attempt", 1) > 1 for event in events("tour-1"))


def test_an_item_that_is_not_there_is_refused_with_those_that_are(sagadsl, tour):
    assert (
        "region '7' of 'one' has not been started; say which region is meant: 0, 1"
        in sagadsl("skip", "tour-1", "one", "--region", "7").err
    )
    assert "'all' is inside no map" in sagadsl("skip", "tour-1", "all", "--region", "7").err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["skip", "stay-1", "book"], "skip is refused: the saga is at 'charge', not at 'book'"),
        (["report", "stay-1", "tell"], "report is refused: 'tell' is not running"),
    ],
)
def test_what_the_lifecycle_does_not_allow_is_refused_and_nothing_changes(sagadsl, failed, events, arguments, message):
    failed("stay-1")
    before = events("stay-1")

    result = sagadsl(*arguments)

    assert result.code == 6
    assert "is refused: " in result.err
    assert "dead-letters stay-1" in result.err
    assert events("stay-1") == before
    assert message.split(":")[0] in result.err


def test_a_refusal_is_told_to_programs_too(sagadsl, failed):
    failed("stay-1")

    result = sagadsl("skip", "stay-1", "book", "--format", "json")

    assert result.code == 6
    assert json.loads(result.out) == {
        "saga_id": "stay-1", "name": "stay", "result": "refused", "status": "failed", "decision": "skip",
        "why": "the saga is at 'charge', not at 'book'",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retry"], "Usage"),
        (["retry", "--by", "Ada"], "no saga is given"),
        (["retry", "stay-1", "--by", " "], "--by is empty"),
        (["retry", "nobody-at-all"], "there is no such saga"),
        (["retry", "stay-1", "--all"], "one saga or many?"),
        (["retry", "stay-1", "--dry-run"], "--dry-run is for many sagas"),
        (["retry", "--all", "--yes", "--dry-run"], "leave one of the two out"),
        (["retry", "--all", "--services", "x.py"], "a `sagadsl worker` goes on with many"),
        (["retry", "--key", "stay"], "not of the form NAME=KEY"),
        (["retry", "--key", "stay=nobody"], "there is no saga stay with this key"),
        (["retry", "--status", "faild"], "did you mean 'failed'?"),
        (["retry", "--older-than", "soon"], "a duration such as"),
        (["resolve", "stay-1"], "a STATE is missing"),
        (["resolve", "stay-1", "chrge"], "did you mean 'charge'?"),
        (["signal", "stay-1", "go"], "its signals: none"),
        (["report", "stay-1", "tell", "--final"], "add --failed CODE"),
        (["report", "stay-1", "tell", "--failed", "E", "--output", "{}"], "leave --output or --failed out"),
    ],
)
def test_a_command_that_cannot_be_meant_so_says_why(sagadsl, failed, arguments, message):
    failed("stay-1")

    result = sagadsl(*arguments)

    assert result.code == 2
    assert message in result.out + result.err


def test_output_that_is_no_json_is_refused(sagadsl, failed):
    failed("stay-1")

    assert "--output: not JSON at line 1" in sagadsl("resolve", "stay-1", "charge", "--output", "{paid}").err


def test_a_signal_is_sent_with_its_payload(sagadsl, keep, write, events):
    keep(write("asks.yaml", ASKS), "asks-1", {})

    result = sagadsl("signal", "asks-1", "decision", "--payload", '{"yes": true}', "--by", "Ada", "--why", "she asked")

    assert "the saga is completed" in result.out
    assert (events("asks-1")[-1].payload, events("asks-1")[-1].by) == ({"yes": True}, "Ada")
    assert "signal received by Ada: she asked" in sagadsl("events", "asks-1").out


@pytest.mark.parametrize("text", ["@answer.json", "@-"])
def test_an_outcome_is_reported_from_a_file_or_standard_input(
    sagadsl, keep, write, events, monkeypatch, tmp_path, text
):
    monkeypatch.chdir(tmp_path)
    write("answer.json", '{"pages": 12}')
    keep(write("prints.yaml", PRINTS), "prints-1", {}, first=2)

    result = sagadsl("report", "prints-1", "print", "--output", text, stdin='{"pages": 12}')

    assert "the saga is completed" in result.out
    assert events("prints-1")[-1].output == {"pages": 12}


def test_a_failure_is_reported_with_all_that_is_known_of_it(sagadsl, keep, write, events):
    keep(write("prints.yaml", PRINTS), "prints-1", {}, first=2)

    sagadsl("report", "prints-1", "print", "--failed", "NoPaper", "--message", "none left", "--final", "--in-doubt")

    assert events("prints-1")[-1].error == Failure("NoPaper", "none left", retryable=False, in_doubt=True)


def test_where_an_engine_runs_the_saga_and_does_not_answer_that_is_said(sagadsl, failed, store, monkeypatch):
    async def taken():
        opened = open_store(store)
        await opened.open()
        await opened.join(EngineRow("frozen", "far-away", this_process(), 0.0))
        await opened.claim_one("frozen", "stay-1")
        await opened.close()

    failed("stay-1")
    asyncio.run(taken())
    monkeypatch.setattr(Recorder.__init__, "__kwdefaults__", {"clock": None, "patience": 0.2})

    result = sagadsl("retry", "stay-1")

    assert result.code == 75
    assert "retry lies in the store, but the engine on far-away has not answered" in result.err
    assert json.loads(sagadsl("retry", "stay-1", "--format", "json").out)["result"] == "sent"


# many sagas


def test_of_many_sagas_it_is_first_said_what_would_come_of_it(sagadsl, failed, events):
    for number in range(3):
        failed(f"stay-{number}")
    before = events("stay-0")

    result = sagadsl("retry", "--name", "stay", "--error", "NoFunds")

    assert result.code == 0
    assert "retry is possible for 3 of 3 sagas" in result.out
    assert "nothing has been done; --yes does it" in result.err
    assert events("stay-0") == before


def test_with_yes_it_is_done_and_what_was_refused_is_told_with_the_reason(sagadsl, failed, keep, stay, events):
    for number in range(3):
        failed(f"stay-{number}")
    keep(stay, "stay-well", {"guest": "well"})

    result = sagadsl("skip", "--status", "failed", "--status", "completed", "charge", "--yes", "--by", "Ada")

    assert result.code == 6
    assert "skip is recorded for 3 of 4 sagas" in result.out
    assert "1 the saga is completed, not running or failed" in words(result.out)
    assert events("stay-2")[-1].by == "Ada"
    assert json.loads(sagadsl("ls", "--format", "json", "--status", "running").out)["sagas"][2]["saga_id"] == "stay-0"


def test_as_json_every_saga_of_many_is_listed(sagadsl, failed):
    for number in range(30):
        failed(f"stay-{number}")

    dry = json.loads(sagadsl("compensate", "--all", "--format", "json").out)
    done = json.loads(sagadsl("compensate", "--all", "--yes", "--format", "json").out)

    assert (dry["dry_run"], dry["recorded"], dry["refused"], len(dry["sagas"])) == (True, 30, 0, 30)
    assert done["sagas"] == dry["sagas"]
    assert {saga["status"] for saga in done["sagas"]} == {"compensating"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retry", "--name", "stray", "--yes"], "--name stray: the store has no definition of this name"),
        (["purge", "--older-than", "1d", "--name", "stray"], "--name stray: the store has no definition of this name"),
        (["ls", "--name", "stray"], "--name stray: the store has no definition of this name"),
        (
            ["ls", "--name", "stray", "--older-than", "1h", "--format", "json"],
            "the store has no definition of this name",
        ),
        (["stats", "--name", "stray"], "--name stray: the store has no definition of this name"),
        (["dead-letters", "--name", "stray"], "--name stray: the store has no definition of this name"),
        (["dead-letters", "--name", "stray", "--format", "json"], "the store has no definition of this name"),
        (["skip", "--all", "chrage", "--yes"], "stay has no state chrage"),
        (["signal", "--status", "failed", "come", "--yes"], "stay has no signal come"),
    ],
)
def test_a_misspelt_name_is_not_taken_for_sagas_that_are_not_there(sagadsl, failed, arguments, message):
    failed("stay-1")

    result = sagadsl(*arguments)

    assert result.code == 2
    assert message in result.err
    assert "hint: " in result.err


@pytest.mark.parametrize(
    "command", [["ls", "--status", "completed"], ["stats", "--since", "2099-01-01"], ["dead-letters"]]
)
def test_that_there_is_no_saga_of_a_name_which_is_known_is_no_mistake(sagadsl, stay, keep, command):
    keep(stay, "stay-1", {"guest": "Ada"})

    assert sagadsl(*command, "--name", "stay").code == 0


def test_where_no_saga_is_like_that_nothing_is_done(sagadsl, failed):
    failed("stay-1")

    result = sagadsl("retry", "--error", "Unheard", "--yes")

    assert (result.code, result.err) == (0, "no sagas are like that\n")
