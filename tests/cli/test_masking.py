"""What a definition calls sensitive is on nobody's screen and in nobody's file."""

import json
import signal

import pytest

from sagadsl.machine.events import Failure
from tests.cli.processes import Site, ended

CARD = "4111111111111111"
DEFINITION = """\
name: purchase
key: "${input.card}/${input.n}"
sensitive: [input.card, states.pay.output.iban]
input:
  type: object
  required: [card, n]
  properties: {card: {type: string}, n: {type: integer}}
steps:
  - {id: hold, service: s, action: hold, compensation: free, payload: {card: "${input.card}"}}
  - {id: pay, service: s, action: pay, compensation: refund, payload: {card: "${input.card}"}}
output: {card: "${input.card}", iban: "${states.pay.output.iban}"}
"""
IBAN = "DE89370400440532013000"
SERVICES = f"""\
from sagadsl import ActionError, Services

services = Services()


@services.action("s.hold")
async def hold(card): return {{"echo": card}}


@services.action("s.pay")
async def pay(card):
    if card.endswith("2"):
        raise ActionError("Declined", f"card {{card}} was declined", retryable=False)
    return {{"iban": "{IBAN}"}}


@services.action("s.free")
@services.action("s.refund")
async def undo(): ...
"""


@pytest.fixture
def purchase(tmp_path):
    path = tmp_path / "purchase.yaml"
    path.write_text(DEFINITION, encoding="utf-8")
    return path


@pytest.fixture
def site(tmp_path, store):
    site = Site(tmp_path, store)
    (tmp_path / "shop.py").write_text(SERVICES, encoding="utf-8")
    site.shop = tmp_path / "shop.py"
    yield site
    site.stop_all()


DECLINED = CARD[:-1] + "2"


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize(("card", "status"), [(CARD, "completed"), (DECLINED, "compensated")])
def test_no_command_shows_it(site, purchase, card, status, format):
    given = json.dumps({"card": card, "n": 1})
    told = [site.run("run", purchase, "--services", site.shop, "--input", given, "--id", "p-1", "--format", format)]

    looking = (["show", "p-1"], ["events", "p-1"], ["ls"], ["ls", "--older-than", "0s"], ["dead-letters"])
    told += [site.run(*command, "--format", format) for command in looking]

    text = "".join(out + err for _, out, err in told)
    assert "p-1" in text
    assert status in text
    assert card not in text
    assert IBAN not in text


def test_it_is_in_the_store_all_the_same(site, purchase):
    given = json.dumps({"card": CARD, "n": 1})
    site.run("run", purchase, "--services", site.shop, "--input", given, "--id", "p-1")

    assert CARD.encode() in b"".join(path.read_bytes() for path in site.folder.glob("*.db*"))


def test_a_worker_neither_tells_nor_logs_it(site, purchase, keep):
    keep(purchase, "p-1", {"card": CARD, "n": 1}, {"pay": Failure("Declined", f"card {CARD} was declined")}, first=2)
    process = site.begin("worker", purchase, "--services", site.shop, "--format", "json", "--log", "json")

    line = process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    code, out, err = ended(process)

    assert code == 0
    assert json.loads(line)["output"] == {"card": "***", "iban": "***"}
    assert CARD not in line + out + err
    assert IBAN not in line + out + err
    assert {json.loads(each)["logger"] for each in err.splitlines()} >= {"sagadsl.sagas", "sagadsl.cli.working"}


def test_events_of_a_definition_that_cannot_be_read_are_shown_without_data(site, purchase, keep, monkeypatch):
    import sqlite3

    keep(purchase, "p-1", {"card": CARD, "n": 1})
    with sqlite3.connect(next(site.folder.glob("*.db"))) as connection:
        connection.execute("UPDATE sagadsl_definitions SET text = replace(text, 'steps:', 'stairs:')")

    code, out, _ = site.run("events", "p-1", "--format", "json")

    first, *_ = map(json.loads, out.splitlines())
    assert (code, first["type"], first["input"]) == (0, "SagaStarted", "***")
    assert CARD not in out


AROUND = """\
name: around
sensitive: [input.town]
input: {type: object, required: [town], properties: {town: {type: string}}}
key: "${input.town}"
steps: [{id: go, type: saga, saga: trip, kind: compensatable, input: {city: "${input.town}"}}]
"""


@pytest.mark.parametrize("town", ["Rome-Trastevere", "Atlantis-under-the-sea"])
def test_what_a_saga_has_handed_to_another_one_is_shown_by_no_command(sagadsl, trip, trip_services, write, town):
    around = write("around.yaml", AROUND)
    given = json.dumps({"town": town})

    run = sagadsl("run", around, "--saga", trip, "--services", trip_services, "--input", given, "--id", "a-1")
    for_people = [["show", "a-1/go"], ["events", "a-1/go"], ["ls"], ["dead-letters"], ["show", "a-1"]]
    commands = [*for_people, *([*command, "--format", "json"] for command in for_people), ["export", "a-1/go"]]
    told = [sagadsl(*command) for command in commands]

    assert run.code == (0 if town.startswith("Rome") else 3)
    assert [result.code for result in told] == [0] * len(told)
    for result in (run, *told):
        assert town not in result.out + result.err
    assert "***" in told[0].out
