"""Servers, proxies and certificates as they are found in the world."""

import gzip
import json
import socket
import zlib

import pytest

from sagadsl.runtime.services import ServicesError
from tests.runtime.http.calling import call, services, shop
from tests.runtime.http.misbehaviour import OK, after_request, answered
from tests.runtime.http.server import Server, echo, free_port, keep_alive

BODY = b'Content-Length: 8\r\n\r\n{"a": 1}'
JSON = b"Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n" + JSON + b'\r\n{"a": 1}',
        b"HTTP/1.0 200 OK\r\n" + JSON + BODY,
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + BODY,
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK + BODY,
        OK + b'Transfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n5;x=y\r\n": 1}\r\n0\r\nTrailer: x\r\n\r\n',
        OK + b'Connection: close\r\n\r\n{"a": 1}',
    ],
    ids=["HTTP/1.0", "HTTP/1.0 with a length", "100 Continue", "103 Early Hints", "chunks", "until it closes"],
)
async def test_an_answer_is_read_however_it_is_framed(answer):
    with Server(after_request(answer)) as server:
        assert await call(shop(server.url)) == {"a": 1}


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b'{"a": 1}')),
        ("x-gzip", gzip.compress(b'{"a": 1}')),
        ("Deflate", zlib.compress(b'{"a": 1}')),
        ("identity", b'{"a": 1}'),
        ("gzip", b""),
    ],
)
async def test_a_server_that_compresses_unasked_is_read_all_the_same(coding, body):
    with Server(answered(200, body, Content_Encoding=coding)) as server:
        assert await call(shop(server.url)) == ({"a": 1} if body else {})

    assert server.requests[0].headers["accept-encoding"] == "identity"


async def test_so_are_its_errors():
    body = gzip.compress(b'{"code": "OutOfStock", "message": "none left"}')
    with Server(answered(409, body, Content_Encoding="gzip")) as server:
        failure = await call(shop(server.url))

    assert (failure.code, failure.message) == ("OutOfStock", "none left (409 Conflict)")


async def test_an_error_of_a_megabyte_has_its_code_and_the_beginning_of_its_words():
    body = json.dumps({"code": "Declined", "message": "no " * 330_000}).encode()
    with Server(answered(402, body)) as server:
        failure = await call(shop(server.url))

    assert failure.code == "Declined"
    assert failure.message == "no " * 166 + "no… (402 Payment Required)"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("text/plain; charset=utf-8", "no more tea (409 Conflict)"),
        ("text/html", "shop.do answered 409 Conflict"),
        ("application/json", "shop.do answered 409 Conflict"),
    ],
)
async def test_an_error_in_plain_text_is_told_in_its_words(kind, message):
    with Server(answered(409, b"no more\n  tea", kind)) as server:
        assert (await call(shop(server.url))).message == message


async def test_ipv6_is_spoken_to_and_named():
    if not socket.has_ipv6:
        pytest.skip("there is no IPv6 here")
    with Server(echo, host="::1") as server:
        assert (await call(shop(server.url)))["target"] == "/do"
        port = server.port
    failure = await call(shop(f"http://[::1]:{port}"))

    assert server.requests[0].headers["host"] == f"[::1]:{port}"
    assert failure.message.startswith(f"shop.do: [::1]:{port} cannot be reached, and nothing was sent: ")


async def test_a_redirect_to_elsewhere_gets_nothing_and_is_told_without_its_secrets():
    with Server(echo) as elsewhere:
        where = elsewhere.url.replace("://", "://joe:pa55word@") + "/new/place?token=t0ken#x"
        with Server(keep_alive(answered(307, Location=where))) as server:
            failure = await call(
                services(
                    "services: {shop: {url: '${env.URL}', headers: {Authorization: '${env.KEY}'}, actions: {do: {}}}}",
                    URL=server.url,
                    KEY="s3cret-key",
                )
            )

    assert elsewhere.requests == []
    assert failure.message == (
        f"shop.do answered 307 Temporary Redirect, and leads to http://127.0.0.1:{elsewhere.port}/new/place"
    )


async def test_of_a_long_place_that_a_redirect_leads_to_it_is_told_that_it_was_cut():
    """So that a sensitive value in it, of which only the beginning is left, is found by a mask."""
    with Server(answered(307, Location=f"/{'x' * 190}/4111111111111111")) as server:
        failure = await call(shop(server.url))

    assert failure.message.endswith(f"leads to /{'x' * 190}/41111111…")


# -- proxies ------------------------------------------------------------------------------------------------------


@pytest.fixture
def proxied(monkeypatch):
    """Have all that is called go through a proxy."""

    def go_through(url):
        monkeypatch.delenv("NO_PROXY")
        monkeypatch.setenv("HTTP_PROXY", url)
        monkeypatch.setenv("HTTPS_PROXY", url)

    return go_through


async def test_a_proxy_of_the_environment_is_gone_through(proxied):
    with Server(echo) as proxy:
        proxied(proxy.url)
        answer = await call(shop("http://shop.invalid:8080/v1"), {"n": 1})

    assert (answer["method"], answer["target"], answer["body"]) == ("POST", "http://shop.invalid:8080/v1/do", '{"n":1}')


async def test_what_the_environment_leaves_out_is_called_without_it(proxied, monkeypatch):
    proxied("http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(echo) as server:
        assert (await call(shop(server.url)))["target"] == "/do"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_not_there_is_named(proxied, scheme):
    port = free_port()
    proxied(f"http://joe:pa55word@127.0.0.1:{port}")
    failure = await call(shop(f"{scheme}://shop.invalid:8080"))

    assert (failure.code, failure.in_doubt) == ("Unavailable", False)
    said = f"shop.do: shop.invalid:8080, through the proxy 127.0.0.1:{port}, cannot be reached, and nothing was sent: "
    assert failure.message.startswith(said)
    assert "pa55word" not in failure.message


@pytest.mark.parametrize(
    "behave",
    [answered(502), answered(407), after_request(hang=True), after_request(), after_request(reset=True)],
    ids=["502", "407", "hangs", "closes", "resets"],
)
async def test_a_proxy_that_gives_no_tunnel_leaves_nothing_in_doubt(proxied, behave):
    with Server(behave) as proxy:
        proxied(proxy.url)
        failure = await call(shop("https://shop.invalid", timeout="400ms"))

    assert [seen.method for seen in proxy.requests] == ["CONNECT"]
    assert (failure.code, failure.in_doubt) == ("Unavailable", False)
    assert f"shop.invalid, through the proxy 127.0.0.1:{proxy.port}," in failure.message


def test_a_proxy_that_cannot_be_used_is_said_when_services_are_loaded(proxied):
    proxied("gopher://127.0.0.1:1")
    with pytest.raises(ServicesError, match=r"services\.yaml: 'shop' cannot be called: the proxy .* see HTTP_PROXY"):
        shop("http://shop.invalid")


# -- certificates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_authorities_that_cannot_be_read_are_said_when_services_are_loaded(tmp_path, monkeypatch, content):
    from sagadsl.runtime.http import endpoint

    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    endpoint._tls.cache_clear()
    with pytest.raises(ServicesError, match=r"'shop' cannot be called by TLS: .*ca\.pem: .*; see SSL_CERT_FILE"):
        shop("https://localhost")
    assert shop("http://localhost"), "which needs none"
