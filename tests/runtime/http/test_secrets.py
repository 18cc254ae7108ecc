"""Secrets come from the environment when services are loaded, and appear nowhere but in what is sent."""

import logging
import subprocess
import sys

import pytest

from sagadsl import Engine, compile_saga, load
from sagadsl.language.diagnostics import DefinitionError
from sagadsl.runtime.http import load_services
from sagadsl.runtime.services import ServicesError
from tests.runtime.http.calling import call, services, shop
from tests.runtime.http.misbehaviour import after_request, close_at_once
from tests.runtime.http.server import Server, free_port

TOKEN = "t0p-s3cret-t0ken"
TEXT = """
services:
  shop:
    url: ${env.SHOP_URL}/v1
    headers: {Authorization: "Bearer ${env.SHOP_TOKEN}"}
    actions: {do: {}, get: {method: GET, headers: {X-Key: "${ env.SHOP_KEY }"}}}
"""
SAGA = compile_saga(load("name: a\nsteps: [{id: s, service: shop, action: do, kind: read_only}]"))


def made(url, token=TOKEN):
    return services(TEXT, SHOP_URL=url, SHOP_TOKEN=token, SHOP_KEY="another-key")


async def parrot(connection):
    """Answers with the headers that came, as careless services do."""
    seen = await connection.request()
    await connection.json({"you sent": seen.headers}, 200 if seen.method == "GET" else 401)


async def complain(connection):
    seen = await connection.request()
    await connection.json({"message": f"wrong: {seen.headers['authorization']}", "code": "Denied"}, 401)


async def test_what_the_environment_holds_is_sent():
    with Server(parrot) as server:
        await call(made(server.url), name="shop.get")

    (seen,) = server.requests
    assert seen.target == "/v1/get"
    assert (seen.headers["authorization"], seen.headers["x-key"]) == (f"Bearer {TOKEN}", "another-key")


@pytest.mark.parametrize("behave", [parrot, complain, close_at_once, after_request(b"HTTP/1.1 200 " + TOKEN.encode())])
async def test_it_is_in_no_event_no_message_no_log_and_nothing_that_is_shown(behave, caplog):
    with caplog.at_level(logging.DEBUG), Server(behave) as server:
        able = made(server.url)
        async with Engine("memory:", able) as engine:
            outcome = await engine.run(SAGA, {})
            answer = await call(able, name="shop.get")

    assert server.requests or behave is close_at_once
    shown = [outcome, outcome.events, answer, able, [able.find("shop", name) for name in ("do", "get")], vars(able)]
    for text in [*map(repr, shown), *map(str, shown), caplog.text]:
        assert TOKEN not in text
        assert "another-key" not in text


async def test_what_a_service_answers_stays_as_it_is_unless_it_repeats_a_secret():
    text = TEXT.replace("X-Key:", "X-Tenant:")

    async def behave(connection):
        await connection.request()
        await connection.json(
            {"host": "localhost", "tenant": "acme-and-sons", "link": connection.server.url, "t": TOKEN}
        )

    with Server(behave) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        able = services(text, SHOP_URL=url, SHOP_TOKEN=TOKEN, SHOP_KEY="acme-and-sons")
        answer = await call(able, name="shop.get")

    assert answer == {"host": "localhost", "tenant": "acme-and-sons", "link": server.url, "t": "${env.SHOP_TOKEN}"}


async def test_what_a_payload_puts_into_the_path_and_the_query_is_in_no_log(caplog):
    able = "{method: GET, path: '/cards/{card}'}"
    with caplog.at_level(logging.DEBUG), Server(parrot) as server:
        await call(shop(server.url, able), {"card": "4222 2222", "pin": "9753"})

    assert server.requests[0].target == "/cards/4222%202222?pin=9753"
    assert "HTTP Request: GET shop.do" in caplog.text
    assert "4222" not in caplog.text
    assert "9753" not in caplog.text


async def test_of_an_address_from_the_environment_the_user_and_the_path_are_in_no_log_and_no_message(caplog):
    port = free_port()
    hidden = f"http://ada_l:pa55word@LocalHost:{port}/hooks/T0KEN"
    with caplog.at_level(logging.DEBUG):
        failure = await call(made(hidden))
        with Server(parrot) as server:
            await call(made(server.url.replace("http://", "http://ada_l:pa55word@") + "/hooks/T0KEN"), name="shop.get")

    assert server.requests[0].target == "/hooks/T0KEN/v1/get"
    assert "HTTP Request: GET shop.get" in caplog.text
    for secret in ("pa55word", "ada_l", "T0KEN"):
        assert secret not in caplog.text + failure.message
    assert failure.message.startswith(f"shop.do: LocalHost:{port} cannot be reached, and nothing was sent: ")


@pytest.mark.parametrize(
    ("url", "values"),
    [
        ("${env.URL}", {"URL": "http://127.0.0.1:1"}),
        ("${env.URL}", {"URL": "http://127.0.0.1:1/"}),
        ("http://${env.HOST}/v1", {"HOST": "127.0.0.1:1"}),
        ("http://${env.HOST}:${env.PORT}/v1", {"HOST": "127.0.0.1", "PORT": "1"}),
    ],
)
async def test_who_is_not_there_is_named_wherever_the_name_comes_from(url, values):
    failure = await call(services(f"services: {{shop: {{url: '{url}', actions: {{do: {{}}}}}}}}", **values))

    assert failure.message.startswith("shop.do: 127.0.0.1:1 cannot be reached, and nothing was sent: ")
    assert "('127.0.0.1', 1)" in failure.message


async def test_what_a_header_holds_is_secret_even_if_it_is_the_name_of_the_host():
    text = "services: {shop: {url: 'http://${env.NAME}:1', headers: {X-Token: '${env.NAME}'}, actions: {do: {}}}}"
    failure = await call(services(text, NAME="localhost"))

    assert "localhost" not in failure.message


def test_every_variable_that_is_not_set_is_named_at_once():
    with pytest.raises(ServicesError) as raised:
        services(TEXT, SHOP_TOKEN=TOKEN, SHOP_KEY="")

    assert str(raised.value) == (
        "services.yaml: SHOP_URL (for 'shop'), SHOP_KEY (for 'shop') are not set in the environment"
    )


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"SHOP_URL": "ftp://pa55word"}, "begins with neither http:// nor https://"),
        ({"SHOP_URL": "http://"}, "no host"),
        ({"SHOP_URL": "http://pa55word:99999999"}, "its port cannot be read"),
        ({"SHOP_URL": "http://pa55word?x"}, "a query"),
        ({"SHOP_URL": "http://pa55word\n"}, "control character"),
        ({"SHOP_TOKEN": "pa55word\r\nX: y"}, "SHOP_TOKEN has characters in it that no header takes"),
        ({"SHOP_KEY": "pa55wörd"}, "SHOP_KEY has characters in it that no header takes"),
        ({"SHOP_KEY": "pa55word "}, "blanks around it"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_without_showing_it(values, says):
    right = {"SHOP_URL": "http://localhost", "SHOP_TOKEN": TOKEN, "SHOP_KEY": "k"}
    with pytest.raises(ServicesError) as raised:
        services(TEXT, **{**right, **values})

    assert says in str(raised.value)
    assert "pa55w" not in str(raised.value)


def test_a_file_is_read_with_the_environment_of_the_process(tmp_path, monkeypatch):
    file = tmp_path / "services.yaml"
    file.write_text(TEXT, encoding="utf-8")
    for name in ("SHOP_URL", "SHOP_TOKEN", "SHOP_KEY"):
        monkeypatch.setenv(name, "http://localhost")

    assert list(load_services(file)) == ["shop.do", "shop.get"]


def test_a_file_with_errors_says_all_of_them(tmp_path):
    file = tmp_path / "services.yaml"
    file.write_text(TEXT.replace("${env.SHOP_TOKEN}", TOKEN).replace("GET", "FETCH"), encoding="utf-8")
    with pytest.raises(DefinitionError, match="'FETCH' is not allowed for 'method'"):
        load_services(file)
    file.write_text(TEXT.replace("${env.SHOP_TOKEN}", "word"), encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"what 'Authorization' says is a secret.*\[SAGA703\]"):
        load_services(file)


def test_nobody_pays_for_what_is_not_used():
    code = (
        "import sys, sagadsl.runtime.engine, sagadsl.cli.serving; "
        "print([name for name in ('httpx', 'interlock', 'sagadsl.runtime.http') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_without_the_library_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(ServicesError, match=r"pip install 'sagadsl\[http\]'"):
        made("http://localhost")
