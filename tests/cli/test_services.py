"""`sagadsl services`, and running against services over HTTP and in Python together."""

import json
import os

import pytest

from tests.runtime.http.misbehaviour import answered, never_read
from tests.runtime.http.server import Server, echo, free_port, keep_alive

SAGA = """\
name: trip
steps:
  - {id: book, service: hotel, action: book, payload: {city: Rome}, compensation: cancel}
  - {id: note, service: diary, action: note, kind: read_only}
"""
DIARY = """\
from sagadsl import Services

services = Services()


@services.action("diary.note")
async def note() -> None: ...
"""


def catalogue(url, more=""):
    return f"services:\n  hotel:\n    url: {url}\n{more}    actions: {{book: {{}}, cancel: {{}}}}\n"


@pytest.fixture
def file(tmp_path):
    """Write a file into the test's folder and return its path."""

    def write(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


# -- services check -----------------------------------------------------------------------------------------------


def test_services_that_answer_are_told_and_the_exit_code_is_0(sagadsl, file):
    with Server(answered(200, b"{}")) as server:
        result = sagadsl("services", "check", file("s.yaml", catalogue(server.url, "    health: /well\n")))

    assert result.code == 0
    assert result.out.splitlines()[1].split()[:2] == ["hotel", "✓"]
    assert f"{server.url}/well" in result.out
    assert [seen.target for seen in server.requests] == ["/well"]


@pytest.mark.parametrize(
    ("behave", "health", "is_well", "answer"),
    [
        (answered(200), "    health: /h\n", True, "200"),
        (answered(404), "    health: /h\n", False, "404"),
        (answered(503), "    health: /h\n", False, "503"),
        (answered(404, b"<html>", "text/html"), "", True, "404"),
        (answered(302, Location="/x"), "", True, "302"),
        (answered(500), "", False, "500"),
        (answered(501), "", True, "501"),
        (answered(501), "    health: /h\n", False, "501"),
        (never_read, "", False, "within 300ms"),
    ],
)
def test_what_a_service_answers_says_whether_it_is_well(sagadsl, file, behave, health, is_well, answer):
    with Server(behave) as server:
        path = file("s.yaml", catalogue(server.url, health))
        result = sagadsl("services", "check", path, "--timeout", "300ms", "--format", "json")

    (found,) = json.loads(result.out)
    assert (found["service"], found["is_well"]) == ("hotel", is_well)
    assert found["answer"].endswith(answer)
    assert result.code == (0 if is_well else 1)


def test_one_that_does_not_answer_holds_up_no_other_and_makes_the_exit_code_1(sagadsl, file):
    with Server(answered(204)) as up, Server(never_read) as deaf:
        services = f"""
            services:
              up: {{url: "{up.url}", actions: {{a: {{}}}}}}
              deaf: {{url: "{deaf.url}", actions: {{a: {{}}}}}}
              down: {{url: "http://127.0.0.1:{free_port()}", actions: {{a: {{}}}}}}
              python: {{actions: {{a: {{}}}}}}
            """
        result = sagadsl("services", "check", file("s.yaml", services), "--timeout", "0.5")

    lines = result.out.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [["up", "✓"], ["deaf", "✗"], ["down", "✗"]]
    assert "nothing was sent" in lines[2]
    assert result.code == 1


def test_headers_and_addresses_come_from_the_environment_and_are_not_shown(sagadsl, file, monkeypatch):
    with Server(answered(200)) as server:
        monkeypatch.setenv("HOTEL_URL", server.url)
        monkeypatch.setenv("HOTEL_TOKEN", "t0ken")
        text = catalogue("${env.HOTEL_URL}", '    headers: {Authorization: "Bearer ${env.HOTEL_TOKEN}"}\n')
        result = sagadsl("services", "check", file("s.yaml", text))

    assert server.requests[0].headers["authorization"] == "Bearer t0ken"
    assert "${env.HOTEL_URL}/" in result.out
    assert server.url not in result.out
    assert "t0ken" not in result.out


@pytest.mark.parametrize(
    ("text", "args", "code", "says"),
    [
        (None, [], 2, "there is no such file"),
        ("services: {a: {url: x, actions: {b: {}}}}", [], 1, "[SAGA701]"),
        ("services: {a: {url: 'http://${env.NO_SUCH_VARIABLE}', actions: {b: {}}}}", [], 2, "NO_SUCH_VARIABLE (for 'a') is not set"),
        ("services: {a: {actions: {b: {}}}}", [], 2, "no service in it has a 'url'"),
        ("services: {a: {url: 'http://x', actions: {b: {}}}}", ["--timeout", "soon"], 2, "--timeout soon: 'soon' is not a duration"),
        ("services: {a: {url: 'http://x', actions: {b: {}}}}", ["--timeout", "0"], 2, "within no time"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_told(sagadsl, file, tmp_path, text, args, code, says):
    path = file("s.yaml", text) if text else tmp_path / "s.yaml"
    result = sagadsl("services", "check", path, *args)

    assert result.code == code
    assert says in result.err


def test_the_schema_is_printed_for_editors(sagadsl):
    result = sagadsl("services", "schema")

    assert json.loads(result.out)["title"] == "Service catalogue"


# -- run ----------------------------------------------------------------------------------------------------------


def test_a_saga_runs_against_services_over_http_and_in_python(sagadsl, file):
    with Server(keep_alive(echo)) as server:
        files = file("s.yaml", catalogue(server.url)), file("diary.py", DIARY)
        result = sagadsl(
            "run", file("trip.yaml", SAGA), "--services", files[0], "--services", files[1], "--store", "memory:"
        )

    assert result.code == 0, result.err
    assert [(seen.target, seen.json) for seen in server.requests] == [("/book", {"city": "Rome"})]


def test_an_action_that_none_of_them_has_is_told_before_anything_starts(sagadsl, file):
    result = sagadsl("run", file("trip.yaml", SAGA), "--services", file("s.yaml", catalogue("http://localhost")))

    assert result.code == 2
    assert "no service offers diary.note" in result.err
    assert "it has hotel.book, hotel.cancel" in result.err


def test_an_action_that_two_of_them_have_is_told(sagadsl, file):
    both = DIARY.replace("diary.note", "hotel.book")
    args = ["--services", file("s.yaml", catalogue("http://localhost")), "--services", file("diary.py", both)]
    result = sagadsl("run", file("trip.yaml", SAGA), *args)

    assert result.code == 2
    assert "the action 'hotel.book' is registered already" in result.err


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (catalogue("ftp://x"), 1, "[SAGA701]"),
        (catalogue("http://${env.NO_SUCH_VARIABLE}"), 2, "NO_SUCH_VARIABLE (for 'hotel') is not set"),
    ],
)
def test_services_that_cannot_be_loaded_start_nothing(sagadsl, file, text, code, says):
    result = sagadsl("run", file("trip.yaml", SAGA), "--services", file("s.yaml", text))

    assert (result.code, result.out) == (code, "")
    assert says in result.err


def test_a_definition_is_validated_against_the_same_file(sagadsl, file):
    wrong = SAGA.replace("action: book", "action: boook")
    result = sagadsl("validate", file("trip.yaml", wrong), "--catalogue", file("s.yaml", catalogue("${env.X}")))

    assert result.code == 1
    assert "did you mean 'book'?" in result.err
    assert "X" not in os.environ
