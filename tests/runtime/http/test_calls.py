"""What a call of an action over HTTP sends, and what is made of a right answer and of an error."""

import asyncio
import json

import pytest

from sagadsl import ActionContext, Engine, Services, compile_saga, load
from sagadsl.machine.events import Failure
from tests.runtime.http.calling import CONTEXT, call, services, shop
from tests.runtime.http.misbehaviour import answered
from tests.runtime.http.server import Server, echo, keep_alive

UNDO = ActionContext("saga-1", "pay", 1, "saga-1/pay/compensate", undoes="saga-1/pay")


# -- what is sent -------------------------------------------------------------------------------------------------


async def test_an_action_is_a_post_of_its_payload_with_all_that_a_service_needs_to_recognise_a_repeat():
    with Server(answered(200, b'{"id": 7}')) as server:
        made = services(f"services: {{bank: {{url: {server.url}/v1/, actions: {{charge: {{}}}}}}}}")
        assert await call(made, {"amount": 5, "to": "Zoë"}, name="bank.charge") == {"id": 7}

    (seen,) = server.requests
    assert (seen.method, seen.target) == ("POST", "/v1/charge")
    assert seen.json == {"amount": 5, "to": "Zoë"}
    sent = {name: seen.headers[name] for name in seen.headers if name.startswith(("sagadsl", "idem", "content-t"))}
    assert sent == {
        "content-type": "application/json",
        "idempotency-key": "saga-1/pay",
        "sagadsl-saga-id": "saga-1",
        "sagadsl-state": "pay",
        "sagadsl-attempt": "2",
    }


async def test_what_the_catalogue_calls_a_number_is_one_in_a_saga_even_where_the_service_writes_7():
    saga = compile_saga(
        load("""\
name: average
states:
  ask: {service: bank, action: totals, kind: read_only, next: which}
  which:
    type: choice
    choices: [{when: "states.ask.output.total / states.ask.output.count > 3.0", next: dear}]
    default: cheap
  dear: {type: succeed, output: {average: "${states.ask.output.total / states.ask.output.count}"}}
  cheap: {type: succeed}
""")
    )
    kinds = "{type: object, properties: {total: {type: number}, count: {type: number}}}"
    with Server(answered(200, b'{"total": 7, "count": 2}')) as server:
        made = services(f"services: {{bank: {{url: {server.url}, actions: {{totals: {{output: {kinds}}}}}}}}}")
        async with Engine("memory:", made) as engine:
            outcome = await engine.run(saga, {})

    assert outcome.output == {"average": 3.5}


async def test_a_compensation_also_says_which_action_it_undoes():
    with Server(answered(204)) as server:
        assert await call(shop(server.url), {"input": {}, "output": None}, UNDO) == {}

    headers = server.requests[0].headers
    assert headers["idempotency-key"] == "saga-1/pay/compensate"
    assert headers["sagadsl-undoes"] == "saga-1/pay"


async def test_an_id_that_no_header_takes_is_percent_encoded():
    with Server(answered(204)) as server:
        await call(shop(server.url), {}, ActionContext("Größe 5%", "pay", 1, "Größe 5%/pay"))

    assert server.requests[0].headers["idempotency-key"] == "Gr%C3%B6%C3%9Fe%205%25/pay"


@pytest.mark.parametrize(
    ("action", "payload", "target", "body"),
    [
        ("{path: '/a/{id}/b'}", {"id": 7, "n": 1}, "/a/7/b", {"n": 1}),
        ("{path: '/a/{o.id}'}", {"o": {"id": "x", "m": 2}, "n": 1}, "/a/x", {"o": {"m": 2}, "n": 1}),
        ("{path: '/a/{id}'}", {"id": "a/b?c#d %ü"}, "/a/a%2Fb%3Fc%23d%20%25%C3%BC", {}),
        ("{path: '/a/{id}'}", {"id": "../admin"}, "/a/..%2Fadmin", {}),
        ("{path: '/a/{ok}/{f}'}", {"ok": True, "f": 1.5}, "/a/true/1.5", {}),
        ("{path: '/a?dry={dry}', method: PUT}", {"dry": False, "n": 1}, "/a?dry=false", {"n": 1}),
        ("{path: /a, method: PATCH}", {}, "/a", {}),
        ("{path: /a}", [1, 2], "/a", [1, 2]),
        ("{path: '/a/{id}', method: GET}", {"id": 7, "q": "a b&c", "n": [1, True], "z": None}, "/a/7?q=a+b%26c&n=1&n=true", None),
        ("{path: '/a?x=1', method: GET}", {"y": 2}, "/a?x=1&y=2", None),
        ("{path: '/a/{id}', method: DELETE}", {"id": 7}, "/a/7", None),
    ],
)  # fmt: skip
async def test_a_payload_goes_into_the_path_and_the_rest_into_the_body_or_the_query(action, payload, target, body):
    with Server(answered(200, b"{}")) as server:
        assert await call(shop(server.url, action), payload) == {}

    (seen,) = server.requests
    assert seen.target == target
    assert (json.loads(seen.body) if seen.body else None) == body


@pytest.mark.parametrize(
    ("action", "payload", "says"),
    [
        ("{path: '/a/{id}'}", {}, "lacks id"),
        ("{path: '/a/{id}'}", {"id": None}, "lacks id"),
        ("{path: '/a/{o.id}'}", {"o": None}, "lacks o.id"),
        ("{path: '/a/{id}'}", [1], "lacks id"),
        ("{path: '/a/{id}'}", {"id": [1]}, "id is a list"),
        ("{path: '/a/{id}'}", {"id": {}}, "id is a map"),
        ("{path: '/a/{id}'}", {"id": ".."}, "id is '..'"),
        ("{path: '/a/{id}/b'}", {"id": ""}, "id is ''"),
        ("{path: '/a', method: GET}", {"x": {"y": 1}}, "x has a map in it"),
        ("{path: '/a', method: GET}", {"x": [[1]]}, "x has a list in it"),
        ("{path: '/a', method: DELETE}", [1], "the payload is a list"),
    ],
)
async def test_a_payload_that_does_not_fit_is_invalid_and_is_not_sent(action, payload, says):
    with Server(echo) as server:
        failure = await call(shop(server.url, action), payload)

    assert (failure.code, failure.retryable, failure.in_doubt) == ("InvalidPayload", False, False)
    assert says in failure.message
    assert server.connections == 0


async def test_headers_of_an_action_take_the_place_of_those_of_its_service():
    text = """
        services:
          shop:
            url: URL
            headers: {X-Tenant: a, X-Both: service, User-Agent: mine}
            actions: {do: {path: /do, headers: {x-both: action}}}
        """
    with Server(answered(204)) as server:
        await call(services(text.replace("URL", server.url)))

    headers = server.requests[0].headers
    assert (headers["x-tenant"], headers["x-both"], headers["user-agent"]) == ("a", "action", "mine")


async def test_a_service_may_want_the_key_in_another_header():
    with Server(answered(204)) as server:
        await call(shop(server.url, idempotency_header="X-Request-Id"))

    assert server.requests[0].headers["x-request-id"] == "saga-1/pay"
    assert "idempotency-key" not in server.requests[0].headers


def test_no_more_actions_are_under_way_than_there_are_connections():
    assert shop("http://localhost").limits == {"shop": 100}
    assert shop("http://localhost", max_connections=5).limits == {"shop": 5}
    assert shop("http://localhost", max_connections=5, limit=9).limits == {"shop": 9}


async def test_connections_are_kept_and_cookies_are_not():
    async def with_cookie(connection):
        await connection.request()
        await connection.answer(200, b"{}", Set_Cookie="session=1; Path=/")

    with Server(keep_alive(with_cookie)) as server:
        made = shop(server.url)
        async with made:
            for _ in range(3):
                await call_open(made)

    assert len(server.requests) == 3
    assert server.connections == 1
    assert not any("cookie" in seen.headers for seen in server.requests)


async def test_a_kept_connection_that_the_service_has_closed_is_not_the_step_s_problem():
    async def once(connection):
        await connection.request()
        await connection.json({"n": len(connection.server.requests)})
        await connection.request()  # and hangs up instead of answering

    with Server(once) as server:
        async with shop(server.url) as made:
            answers = [await call_open(made) for _ in range(3)]

    assert answers == [{"n": 1}, {"n": 3}, {"n": 5}]
    assert {seen.headers["idempotency-key"] for seen in server.requests} == {"saga-1/pay"}


async def test_a_kept_connection_behind_which_nobody_is_any_more_leaves_doubt():
    async def once(connection):
        await connection.request()
        await connection.json({})
        connection.server.stop_listening()
        await connection.request()

    with Server(once) as server:
        async with shop(server.url) as made:
            assert await call_open(made) == {}
            failure = await call_open(made)

    assert (failure.code, failure.in_doubt) == ("Unavailable", True)


async def call_open(made):
    from sagadsl.runtime.invocation import invoke

    return await invoke(made.find("shop", "do"), {}, CONTEXT)


# -- what comes back ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "kind", "output"),
    [
        (200, b'{"a": [1, 2.5, null, "\xc3\xbc"]}', "application/json; charset=utf-8", {"a": [1, 2.5, None, "ü"]}),
        (201, b"[]", "application/hal+json", []),
        (200, b'"text"', "", "text"),
        (200, b"\xef\xbb\xbf{}", "application/json", {}),
        (200, b"", "text/html", {}),
        (202, b"", "", {}),
        (204, b"", "", {}),
    ],
)
async def test_a_good_answer_is_the_output(status, body, kind, output):
    with Server(answered(status, body, kind)) as server:
        assert await call(shop(server.url)) == output


async def test_an_answer_s_numbers_are_of_the_types_that_the_file_names_however_json_has_them():
    output = "{path: /do, output: {type: object, properties: {total: {type: number}, count: {type: integer}}}}"
    with Server(answered(200, b'{"total": 7, "count": 2.0}', "application/json")) as server:
        assert repr(await call(shop(server.url, output))) == "{'total': 7.0, 'count': 2}"


ERRORS = "{path: /do, errors: {OutOfStock: 409, Gone: [404, 410], Fraud: []}}"


@pytest.mark.parametrize(
    ("action", "status", "body", "code", "says"),
    [
        ("{path: /do}", 418, {}, "Http418", "shop.do answered 418"),
        ("{path: /do}", 400, {"code": "Declined", "message": "no funds"}, "Declined", "no funds (400 Bad Request)"),
        ("{path: /do}", 400, {"error": "card_declined"}, "card_declined", "card_declined (400"),
        ("{path: /do}", 400, {"error": {"code": "Limit", "message": "too much"}}, "Limit", "too much (400"),
        ("{path: /do}", 400, {"error": "Something went wrong"}, "Http400", "Something went wrong (400"),
        ("{path: /do}", 400, {"title": "Bad", "detail": "Worse", "type": "about:blank"}, "Http400", "Worse (400"),
        ("{path: /do}", 400, {"code": 17}, "Http400", "answered 400"),
        ("{path: /do}", 400, {"message": "\x1b[2Jgone"}, "Http400", "[2Jgone ("),
        ("{path: /do}", 400, {"message": "a\n b" + "x" * 1000}, "Http400", "a bxxx"),
        ("{path: /do}", 400, ["no"], "Http400", "answered 400"),
        (ERRORS, 409, {}, "OutOfStock", "answered 409"),
        (ERRORS, 410, {"message": "sold"}, "Gone", "sold (410"),
        (ERRORS, 409, {"code": "Fraud"}, "Fraud", "409"),
        (ERRORS, 409, {"code": "Unheard"}, "OutOfStock", "409"),
        (ERRORS, 400, {"code": "Unheard"}, "Unheard", "400"),
        ("{path: /do, error: {code: body.fault.why, message: body.fault.text}}", 400, {"fault": {"why": "Odd", "text": "so odd"}}, "Odd", "so odd (400"),
        ("{path: /do, error: {code: body.fault.why}}", 400, {"code": "Declined"}, "Http400", "answered 400"),
        ("{path: /do, error: {code: \"status == 404 ? 'NoSuch' : 'Bad'\"}}", 404, {}, "NoSuch", "404"),
    ],
)  # fmt: skip
async def test_an_error_has_the_code_and_the_words_of_its_answer(action, status, body, code, says):
    with Server(answered(status, json.dumps(body).encode())) as server:
        failure = await call(shop(server.url, action))

    assert (failure.code, failure.retryable, failure.in_doubt) == (code, False, False)
    assert says in failure.message
    assert len(failure.message) < 600


@pytest.mark.parametrize(
    ("keys", "status", "retryable", "in_doubt"),
    [
        ({"retryable_status": "[409, 5xx]"}, 409, True, False),
        ({"retryable_status": "[409]"}, 503, False, False),
        ({"in_doubt_status": "[]"}, 500, True, False),
        ({"in_doubt_status": "[400-404]"}, 402, False, True),
    ],
)
async def test_a_service_says_which_statuses_pass_and_which_leave_doubt(keys, status, retryable, in_doubt):
    with Server(answered(status)) as server:
        failure = await call(shop(server.url, **keys))

    assert (failure.retryable, failure.in_doubt) == (retryable, in_doubt)


# -- in a saga ----------------------------------------------------------------------------------------------------

CARDS = compile_saga(
    load(
        """
        name: cards
        steps:
          - {id: print, service: shop, action: do, compensation: undo, callback: true, timeout: 1h}
          - {id: post, service: local, action: post, payload: {parcel: "${states.print.output.parcel}"},
             kind: read_only}
        """
    )
)


async def test_a_job_that_is_accepted_waits_until_its_outcome_is_reported():
    python = Services()
    posted = []

    @python.action("local.post")
    def post(parcel: str) -> None:
        posted.append(parcel)

    text = "services: {shop: {url: URL, actions: {do: {}, undo: {}}}}"
    with Server(answered(202, b'{"queued": true}')) as server:
        python.include(services(text.replace("URL", server.url)))
        async with Engine("memory:", python) as engine:
            await engine.start(CARDS, {}, "cards-1")
            while (await engine.get("cards-1")).steps[0].status != "waiting":
                await asyncio.sleep(0.01)
            await engine.report("cards-1", "print", {"parcel": "P-7"})
            outcome = await engine.wait("cards-1")

    assert (outcome.status, posted) == ("completed", ["P-7"])
    assert server.requests[0].headers["sagadsl-saga-id"] == "cards-1"


async def test_every_attempt_has_the_same_key_and_its_own_number():
    statuses = iter([503, 503, 200])

    async def behave(connection):
        await connection.request()
        await connection.answer(next(statuses))

    saga = compile_saga(
        load(
            "name: a\nsteps:\n  - {id: s, service: shop, action: do, kind: read_only, "
            "retry: {max_attempts: 3, initial_delay: 1ms}}"
        )
    )
    with Server(behave) as server:
        async with Engine("memory:", shop(server.url)) as engine:
            outcome = await engine.run(saga, {}, "a-1")

    assert outcome.status == "completed"
    assert [seen.headers["idempotency-key"] for seen in server.requests] == ["a-1/s"] * 3
    assert [seen.headers["sagadsl-attempt"] for seen in server.requests] == ["1", "2", "3"]


async def test_no_more_actions_of_a_service_are_under_way_than_its_limit_says():
    at_once, most = 0, 0

    async def behave(connection):
        nonlocal at_once, most
        await connection.request()
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.02)
        at_once -= 1
        await connection.answer(200, b"{}")

    saga = compile_saga(load("name: a\nsteps: [{id: s, service: shop, action: do, kind: read_only}]"))
    with Server(behave) as server:
        async with Engine("memory:", shop(server.url, limit=3)) as engine:
            outcomes = await asyncio.gather(*(engine.run(saga, {}) for _ in range(12)))

    assert {outcome.status for outcome in outcomes} == {"completed"}
    assert most <= 3
    assert len(server.requests) == 12


def test_python_and_http_actions_of_one_name_do_not_mix():
    made = services("services: {shop: {url: 'http://127.0.0.1:1', actions: {do: {}}}}")
    other = Services()
    other.action("shop.do")(lambda: None)
    with pytest.raises(ValueError, match=r"'shop\.do' is registered already"):
        other.include(made)


async def test_a_failure_of_the_call_is_plain_data():
    with Server(answered(500)) as server:
        failure = await call(shop(server.url))

    assert failure == Failure("Http500", "shop.do answered 500 Internal Server Error", True, True)
