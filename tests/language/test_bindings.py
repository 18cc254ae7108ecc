"""How services are called, as the catalogue says it: what is read, and what is told of mistakes."""

import copy
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from sagadsl.language.bindings import BreakerPolicy, ErrorMapping
from sagadsl.language.bindings_text import EnvText, PathTemplate, statuses
from sagadsl.language.catalogue import catalogue_schema_text, read_catalogue, read_services
from sagadsl.language.load import check_all

BANK = """\
services:
  bank:
    url: https://bank.example.com/v1
    headers: {X-Tenant: shop, Authorization: "Bearer ${env.TOKEN}"}
    timeout: 10s
    connect_timeout: 2s
    max_connections: 20
    max_response: 5000
    max_retry_after: 10m
    limit: 7
    breaker: {failures: 3, reset: 1m}
    health: /health
    retryable_status: [503]
    in_doubt_status: [500]
    error: {code: body.why}
    actions:
      charge:
        method: PUT
        path: /charges/{card.number}
        headers: {x-tenant: other}
        timeout: 5s
        retryable_status: [429, 5xx]
        in_doubt_status: [500-502]
        error: {message: body.text}
        payload:
          type: object
          required: [card]
          properties: {card: {type: object, required: [number], properties: {number: {type: string}}}}
        errors: {Declined: 402, Gone: [404, 410], Fraud: []}
      refund: {}
  local:
    limit: 1
    breaker: {}
    actions: {work: {}}
  flaky:
    breaker: {failure_rate: 0.25, window: 2m, minimum_calls: 20}
    actions: {work: {}}
"""


def wrong(text):
    catalogue, diagnostics = read_catalogue(text, "services.yaml")
    assert (catalogue is None) == bool(diagnostics)
    return diagnostics


# -- what is read -------------------------------------------------------------------------------------------------


def test_a_service_says_how_it_is_called():
    bank = read_services(BANK, "services.yaml")["bank"]

    assert (str(bank.url), bank.connect_timeout, bank.max_connections) == ("https://bank.example.com/v1", 2.0, 20)
    assert (bank.max_response, bank.limit, bank.health) == (5000, 7, "/health")
    assert bank.breaker == BreakerPolicy(3, 60.0)
    assert read_services(BANK, "services.yaml")["flaky"].breaker == BreakerPolicy(5, 30.0, 0.25, 120.0, 20)


def test_a_whole_number_may_be_written_with_a_point_as_in_definitions():
    text = BANK
    for key, number in {
        "max_connections": 20,
        "max_response": 5000,
        "limit": 7,
        "failures": 3,
        "minimum_calls": 20,
    }.items():
        assert f"{key}: {number}" in text
        text = text.replace(f"{key}: {number}", f"{key}: {number}.0")
    assert wrong(text) == []
    bank, flaky = (read_services(text, "services.yaml")[name] for name in ("bank", "flaky"))

    numbers = [bank.max_connections, bank.max_response, bank.limit, bank.breaker.failures, flaky.breaker.minimum_calls]
    assert [(type(number), number) for number in numbers] == [(int, each) for each in (20, 5000, 7, 3, 20)]


def test_what_an_action_does_not_say_its_service_says():
    actions = read_services(BANK, "services.yaml")["bank"].actions
    charge, refund = actions["charge"], actions["refund"]

    assert (charge.method, charge.path, charge.timeout) == ("PUT", PathTemplate("/charges/{card.number}"), 5.0)
    assert (refund.method, refund.path, refund.timeout) == ("POST", PathTemplate("/refund"), 10.0)
    assert {name: str(text) for name, text in charge.headers.items()} == {
        "Authorization": "Bearer ${env.TOKEN}",
        "x-tenant": "other",
    }
    assert set(refund.headers) == {"X-Tenant", "Authorization"}
    assert (refund.retryable, refund.in_doubt) == (frozenset({503}), frozenset({500}))
    assert charge.retryable == frozenset({429, *range(500, 600)})
    assert charge.in_doubt == frozenset({500, 501, 502})
    assert (charge.error, refund.error) == (ErrorMapping(message="body.text"), ErrorMapping(code="body.why"))
    assert charge.max_retry_after == refund.max_retry_after == 600.0
    assert charge.errors == {"Declined", "Gone", "Fraud"}
    assert dict(charge.by_status) == {402: "Declined", 404: "Gone", 410: "Gone"}


def test_what_nobody_says_is_what_most_want():
    text = "services: {bank: {url: 'http://bank', actions: {pay: {}}}}"
    bank = read_services(text, "services.yaml")["bank"]
    pay = bank.actions["pay"]

    assert (bank.limit, bank.breaker, bank.health, pay.timeout) == (None, None, None, None)
    assert pay.max_retry_after == 300.0
    assert pay.retryable == {408, 425, 429, *range(500, 600)}
    assert pay.in_doubt == {302, 303, *range(500, 600)} - {501, 503, 505}


def test_a_service_without_a_url_has_no_actions_over_http_and_keeps_its_limit_and_breaker():
    local = read_services(BANK, "services.yaml")["local"]

    assert (local.url, local.limit, local.breaker, local.actions) == (None, 1, BreakerPolicy(), {})


def test_definitions_are_checked_against_the_codes_however_they_are_written():
    saga = """
name: order
states:
  pay:
    service: bank
    action: charge
    payload: {card: {number: "1"}}
    kind: read_only
    catch: [{errors: [Declined, Fraud, Http404, Unavailable], next: end}, {errors: [Declind], next: end}]
    next: end
  end: {type: succeed}
"""
    catalogue, _ = read_catalogue(BANK, "services.yaml")
    found = check_all({"order.yaml": saga}, catalogue).diagnostics

    assert [(each.code, each.message) for each in found] == [("SAGA415", "'pay' never raises 'Declind'")]


# -- what is told of mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code", "at", "says", "hint"),
    [
        ("https://bank", "ftp://bank", "SAGA701", "ftp://bank.example.com/v1", "neither http:// nor https://", "https://payment"),
        ("https://bank.example.com/v1", "https:///v1", "SAGA701", "https:///v1", "no host", "write it like"),
        ("https://bank.example.com/v1", "https://a:b/", "SAGA701", "https://a:b/", "its port cannot be read", ""),
        ("example.com/v1", "example.com/v1?x=1", "SAGA701", "https://bank.example.com/v1?x=1", "has a query", "action's path"),
        ("https://bank.example.com/v1", "'https://a b/'", "SAGA701", "'https://a b/'", "a blank", ""),
        ("https://bank.example.com/v1", "'ftp://x/${env.B}'", "SAGA701", "'ftp://x/${env.B}'", "neither http", ""),
        ("https://bank", "https://ada:pw@bank", "SAGA703", "https://ada:pw@bank.example.com/v1", "a password", "header"),
        ("https://bank.example.com/v1", "'${env.URL'", "SAGA406", "${env.URL", "never closed", "close it"),
        ("https://bank.example.com/v1", "'${URL}'", "SAGA704", "URL", "'URL' cannot be read here", "${env.NAME}"),
        ("${env.TOKEN}", "${input.t}", "SAGA704", "input.t", "only the environment can", "${env.NAME}"),
        ("${env.TOKEN}", "abc", "SAGA703", '"Bearer abc"', "'Authorization' says is a secret", "${env.NAME}"),
        ("X-Tenant: shop", "X Tenant: shop", "SAGA702", "X Tenant", "is not the name of a header", "hyphens"),
        ("X-Tenant: shop", "Idempotency-Key: a", "SAGA702", "Idempotency-Key", "set by the engine", "delete"),
        ("    health: /health", "    idempotency_header: X Id", "SAGA702", "X Id", "not the name of a header", "hyphens"),
        ("    health: /health", "    idempotency_header: Host", "SAGA702", "Host", "set by the engine", "delete"),
        ("X-Tenant: shop", 'X-Tenant: "ü"', "SAGA702", '"ü"', "the character U+00FC", "ASCII"),
        ("X-Tenant: shop,", "X-Tenant: shop, x-tenant: b,", "SAGA702", "x-tenant", "the same header as 'X-Tenant'", "case"),
        ("X-Tenant: shop", "X-Tenant: 5", "SAGA203", "5", "text was expected", "quotes"),
        ("/health", "health", "SAGA705", "health", "does not begin with /", "/health"),
        ("/charges/{card.number}", "charges", "SAGA705", "charges", "does not begin with /", "/charges"),
        ("/charges/{card.number}", "'/a b'", "SAGA705", " ", "blanks", "percent-encoded"),
        ("/charges/{card.number}", "'/a#b'", "SAGA705", "#", "'#'", "percent-encoded"),
        ("{card.number}", "{card.numbr}", "SAGA705", "{card.numbr}", "the payload has no 'card.numbr'", "'number'"),
        ("{card.number}", "{crd}", "SAGA705", "{crd}", "the payload has no 'crd'", "'card'"),
        ("{card.number}", "{card}", "SAGA705", "{card}", "'card' is an object", ""),
        ("{card.number}", "{card", "SAGA705", "{", "'{' is not a field", "{field}"),
        ("{card.number}", "{0}", "SAGA705", "{0}", "'{0}' is not a field", "{field}"),
        ("{card.number}", "${env.X}", "SAGA704", "${env.X}", "a path cannot read the environment", "'url'"),
        ("required: [card]", "required: []", "SAGA705", "{card.number}", "need not have 'card'", "'required'"),
        ("[429, 5xx]", "[429, 6xx]", "SAGA706", "6xx", "'6xx' is not an HTTP status", "5xx"),
        ("[429, 5xx]", "[429, 99]", "SAGA706", "99", "99 is not an HTTP status", "from 100 to 599"),
        ("[500-502]", "[502-500]", "SAGA706", "502-500", "is not an HTTP status", ""),
        ("Declined: 402", "Declined: 200", "SAGA706", "200", "200 is no error", "300"),
        ("Declined: 402", "Declined: 4xx", "SAGA706", "404", "404 stands for 'Declined' already", ""),
        ("Declined: 402", "De-clined: 402", "SAGA207", "De-clined", "not a valid name", "De_clined"),
        ("body.why", "bdy.why", "SAGA402", "bdy", "no name 'bdy'", "'body'"),
        ("body.why", "input.why", "SAGA402", "input", "only the answer", "'body'"),
        ("body.why", "'body.'", "SAGA401", "", "", ""),
        ("PUT", "FETCH", "SAGA204", "FETCH", "not allowed for 'method'", ""),
        ("timeout: 10s", "timeout: 0s", "SAGA208", "0s", "longer than 0", ""),
        ("reset: 1m", "reset: 0s", "SAGA208", "0s", "this has to be longer than 0", ""),
        ("rate: 0.25", "rate: 50%", "SAGA203", "50%", "a number was expected", "write 0.5"),
        ("rate: 0.25", 'rate: "0.25"', "SAGA203", "0.25", "a number was expected", "delete the quotes"),
        ("limit: 7", "limit: 0", "SAGA204", "0", "too small", ""),
        ("failures: 3", "falures: 3", "SAGA201", "falures", "unknown key 'falures' in 'breaker'", "'failures'"),
        ("work: {}", "work: {path: /x}", "SAGA214", "path", "without a 'url'", "add: url"),
        ("work: {}", "work: {errors: {A: 404}}", "SAGA214", "errors", "without a 'url'", "list of codes"),
        ("failures: 3", "failures: 3, failure_rate: 0.5", "SAGA214", "failures", "beside 'failure_rate'", "one of the two"),
        ("failures: 3", "window: 5m", "SAGA214", "window", "without 'failure_rate'", "add: failure_rate"),
        ("rate: 0.25", "rate: 25", "SAGA204", "25", "too large for 'failure_rate', which is at most 1", ""),
        ("rate: 0.25", "rate: 0", "SAGA204", "0", "which is more than 0", ""),
        ("    limit: 1", "    limit: 1\n    health: /", "SAGA214", "health", "without 'url'", "add: url"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_very_characters(old, new, code, at, says, hint):
    text = BANK.replace(old, new, 1)
    assert text != BANK
    diagnostic = next(each for each in wrong(text) if each.code == code)
    place = diagnostic.place
    assert not at or at in text.splitlines()[place.line - 1][place.column - 1 : place.end_column - 1]
    assert says in diagnostic.message
    assert hint in diagnostic.hint


def test_all_mistakes_are_told_at_once():
    text = BANK.replace("https:", "ftp:").replace("402", "99").replace("/health", "health")

    assert [each.code for each in wrong(text)] == ["SAGA701", "SAGA705", "SAGA706"]


def test_a_catalogue_of_python_services_is_read_as_it_always_was():
    text = "services: {bank: {description: d, actions: {pay: {payload: {}, errors: [A]}}}}"

    assert wrong(text) == []
    assert read_services(text, "s.yaml")["bank"].actions == {}


def test_the_schema_takes_all_of_it_and_says_what_each_key_is_for():
    schema = json.loads(catalogue_schema_text())
    validator = Draft7Validator(schema)
    validator.check_schema(schema)
    assert list(validator.iter_errors(yaml.safe_load(BANK))) == []
    for bad in ("url: 5", "headers: {A: 1}", "timeout: soon", "limit: 0", "breaker: {x: 1}", "retryable_status: 5xx"):
        data = yaml.safe_load(
            f"services: {{a: {{actions: {{b: {{}}}}, url: 'http://x', {bad}}}}}".replace("url: 'http://x', url", "url")
        )
        assert not validator.is_valid(data), bad


# -- the small languages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "first", "last"), [(404, 404, 404), ("404", 404, 404), ("5xx", 500, 599), ("500-502", 500, 502)]
)
def test_a_status_is_a_number_or_a_range(item, first, last):
    assert (statuses(item)[0], statuses(item)[-1]) == (first, last)


@pytest.mark.parametrize("item", [99, 600, True, 4.5, None, [], "", "abc", "6xx", "xx", "502-500", "1-2", "500-", "-5"])
def test_what_is_no_status_is_refused(item):
    with pytest.raises(ValueError, match="not a status"):
        statuses(item)


@given(st.text(alphabet="ab$"), st.text(max_size=20))
def test_a_text_with_a_variable_is_that_text_with_its_value(before, value):
    text = EnvText(f"{before.rstrip('$')}${{env.A}}/$${{x}}")

    assert text.resolve({"A": value}) == f"{before.rstrip('$')}{value}/${{x}}"
    assert text.names == ("A",)
    assert repr(text) == f"EnvText({text.source!r})"


@given(st.text(alphabet="/{}ab.0-", max_size=20))
def test_a_path_is_never_lost_in_its_pieces(source):
    path = PathTemplate(source)

    assert "".join(piece.text for piece in path.pieces) == source


JUNK = st.sampled_from(
    [None, True, 0, -1, 1.5, 10**30, "", "x", "${", "${env.A}", "{a}", "/{a.b}", "5xx", "http://[", "body[", "'", [], {},
     [[]], {"a": 1}, {"": {}}, ["a", 1, None], {"A": [404, "4xx", None]}, "é" * 70, "a" * 5000]
)  # fmt: skip


def places(data, path=()):
    yield path
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*path, key))


@given(st.data())
def test_whatever_a_key_holds_it_is_taken_or_told_and_what_is_taken_can_be_called(data):
    whole = yaml.safe_load(BANK)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(list(places(whole))[1:] or [("services",)]))
        owner = whole
        for key in way:
            owner = owner[key]
        owner[last] = copy.deepcopy(data.draw(JUNK))
    text = json.dumps(whole)
    if not wrong(text):
        assert read_services(text, "services.yaml").keys() == whole["services"].keys()


@given(
    st.sampled_from(
        ["https://bank.example.com/v1", "/charges/{card.number}", "body.why", "5xx", "Bearer ${env.TOKEN}"]
    ),
    st.text(alphabet="ab/{}$.:?#@[]- env%5x\\é", max_size=15),
)
def test_whatever_stands_in_its_place_is_taken_or_told(old, new):
    wrong(BANK.replace(old, json.dumps(new) if not old.startswith("Bearer") else json.dumps(new)[1:-1]))
