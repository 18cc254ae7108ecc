"""Functions as actions: how their parameters are filled and how they are called."""

import asyncio
import json
import logging
import threading
from collections.abc import Mapping

import pytest

from sagadsl import ActionContext, ActionError, Engine, Services, compile_saga, load
from sagadsl.machine.events import Failure
from sagadsl.runtime.invocation import invoke

CONTEXT = ActionContext("s1", "pay", 1, "s1/pay")


def call(function, payload, context=CONTEXT):
    services = Services()
    services.action("bank.pay")(function)
    return asyncio.run(invoke(services.find("bank", "pay"), payload, context))


def test_parameters_are_filled_from_the_payload_by_name_and_defaults_stand():
    def pay(amount, currency="EUR", *, note="none"):
        return {"paid": f"{amount} {currency} {note}"}

    assert call(pay, {"amount": 3, "note": "thanks", "ignored": 1}) == {"paid": "3 EUR thanks"}


def test_a_function_with_keyword_arguments_takes_everything():
    assert call(lambda **payload: payload, {"a": 1, "b": 2}) == {"a": 1, "b": 2}


@pytest.mark.parametrize("hint", [dict, dict[str, int], Mapping, Mapping[str, int]])
def test_one_mapping_takes_the_whole_payload(hint):
    def pay(payload: hint):
        return {"got": dict(payload)}

    assert call(pay, {"a": 1}) == {"got": {"a": 1}}


def test_one_mapping_that_is_a_key_of_the_payload_takes_that_key():
    def pay(card: dict):
        return card

    assert call(pay, {"card": {"number": 7}}) == {"number": 7}


TOTALS = {"type": "object", "properties": {"total": {"type": "number"}, "count": {"type": "integer"}}}


@pytest.mark.parametrize("is_known_first", [True, False])
def test_numbers_of_an_answer_become_of_the_kinds_that_its_schema_names(is_known_first):
    python, described = Services(), Services()
    python.action("bank.totals")(lambda: {"total": 7, "count": 2.0, "other": 3})
    described.answers("bank.totals", TOTALS)
    services = Services().include(*((described, python) if is_known_first else (python, described)))

    answer = asyncio.run(invoke(services.find("bank", "totals"), {}, CONTEXT))

    assert json.dumps(answer) == '{"total": 7.0, "count": 2, "other": 3}'


@pytest.mark.parametrize("given", [{"count": 1e300}, {"total": "7"}, [7], None])
def test_an_answer_that_departs_from_its_schema_stays_as_it_is(given):
    services = Services()
    services.answers("bank.totals", TOTALS)
    services.action("bank.totals")(lambda: given)

    assert asyncio.run(invoke(services.find("bank", "totals"), {}, CONTEXT)) == (given or {})


def test_the_context_reaches_a_parameter_that_asks_for_it():
    def pay(amount: int, context: ActionContext):
        return {"key": context.idempotency_key, "amount": amount}

    def undo(payload: dict, call: ActionContext):
        return {"undoes": call.undoes, **payload}

    assert call(pay, {"amount": 1}) == {"key": "s1/pay", "amount": 1}
    context = ActionContext("s1", "pay", 1, "s1/pay/compensate", "s1/pay")
    assert call(undo, {"x": 1}, context) == {"undoes": "s1/pay", "x": 1}


def test_a_payload_that_does_not_fill_the_parameters_is_invalid_and_not_retried():
    failure = call(lambda amount: amount, {"amont": 3})

    assert failure == Failure("InvalidPayload", "the payload of bank.pay lacks amount", False)


def test_async_functions_run_in_the_loop_and_plain_ones_in_threads():
    async def in_loop():
        return {"thread": threading.current_thread() is threading.main_thread()}

    def in_thread():
        return {"thread": threading.current_thread() is threading.main_thread()}

    assert call(in_loop, {}) == {"thread": True}
    assert call(in_thread, {}) == {"thread": False}


def test_a_callable_object_is_an_action():
    class Pay:
        def __call__(self, amount: int):
            return {"paid": amount}

    class AsyncPay:
        async def __call__(self, amount: int):
            return {"paid": amount}

    assert call(Pay(), {"amount": 1}) == call(AsyncPay(), {"amount": 1}) == {"paid": 1}


def test_no_answer_is_an_empty_answer():
    assert call(lambda: None, {}) == {}


def test_an_action_error_says_everything_about_the_failure():
    def pay():
        raise ActionError("Declined", "no funds", retryable=False, in_doubt=True)

    assert call(pay, {}) == Failure("Declined", "no funds", retryable=False, in_doubt=True)


@pytest.mark.parametrize("error", [KeyError("x"), ZeroDivisionError("by zero"), SystemExit(3), StopIteration("end")])
@pytest.mark.parametrize("kind", ["async", "plain"])
def test_any_other_exception_gives_its_class_as_the_code(error, kind):
    async def pay_async():
        raise error

    def pay():
        raise error

    failure = call(pay_async if kind == "async" else pay, {})

    expected = {type(error).__name__, "RuntimeError"} if isinstance(error, StopIteration) else {type(error).__name__}
    assert failure.code in expected
    assert failure.retryable


@pytest.mark.parametrize(
    ("error", "in_doubt"),
    [
        (TimeoutError("no answer"), True),
        (ConnectionResetError("gone"), True),
        (ConnectionRefusedError("nobody there"), False),
        (ValueError("bad"), False),
    ],
)
def test_an_exception_that_says_the_answer_was_lost_leaves_the_step_in_doubt(error, in_doubt):
    def pay():
        raise error

    assert call(pay, {}).in_doubt is in_doubt


def test_an_exception_that_cannot_say_what_happened_still_has_a_code():
    class MuteError(Exception):
        def __str__(self):
            raise RuntimeError

    def pay():
        raise MuteError

    assert call(pay, {}) == Failure("MuteError", "")


def test_a_decorator_without_a_name_is_refused_with_the_right_form():
    with pytest.raises(TypeError, match=r"@services\.action\('service\.action'\)"):
        Services().action(print)


def test_an_action_that_is_cancelled_from_within_has_failed():
    async def pay():
        raise asyncio.CancelledError

    assert call(pay, {}).code == "CancelledError"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"a": {1, 2}}, "a: a value of type set"),
        ({"a": [float("nan")]}, "a[0]: nan is not a finite number"),
        ({1: 2}, "the key 1 is not text"),
        (object(), "a value of type object"),
        ({"a": "x\0y"}, "a: the text has the character NUL"),
        ({"a\0": 1}, "the character NUL"),
    ],
)
def test_an_answer_that_is_not_json_is_in_doubt_and_not_retried(answer, why):
    failure = call(lambda: answer, {})

    assert (failure.code, failure.retryable, failure.in_doubt) == ("InvalidOutput", False, True)
    assert why in failure.message


def test_an_answer_is_copied_so_that_the_service_cannot_change_it_later():
    kept = {"items": [1]}
    answer = call(lambda: kept, {})

    kept["items"].append(2)

    assert answer == {"items": [1]}


@pytest.mark.parametrize("name", ["pay", "bank.", ".pay", "bank.pay.now", "bank.pa y", ""])
def test_an_action_is_named_service_dot_action(name):
    with pytest.raises(ValueError, match=r"named 'service\.action'"):
        Services().action(name)


def test_a_name_can_be_taken_once():
    services = Services()
    services.action("bank.pay")(print)

    with pytest.raises(ValueError, match="registered already"):
        services.action("bank.pay")(print)
    assert list(services) == ["bank.pay"]
    assert "bank.pay" in services
    assert len(services) == 1


class Unreadable(dict):
    def items(self):
        raise RuntimeError


class HalfMadeError(ActionError):
    def __init__(self):
        pass


def test_an_answer_that_cannot_be_read_is_in_doubt():
    def pay():
        return Unreadable()

    failure = call(pay, {})

    assert (failure.code, failure.in_doubt, failure.retryable) == ("InvalidOutput", True, False)


@pytest.mark.parametrize("kind", ["async", "plain"])
@pytest.mark.parametrize("error", [GeneratorExit(), BaseExceptionGroup("g", [KeyboardInterrupt()]), HalfMadeError()])
def test_whatever_is_raised_is_a_failure(error, kind):
    async def pay_async():
        raise error

    def pay():
        raise error

    assert isinstance(call(pay_async if kind == "async" else pay, {}), Failure)


@pytest.mark.parametrize("answer", [{"n": 2**63}, {"t": "\ud800"}])
def test_an_answer_that_no_expression_and_no_store_can_take_is_refused(answer):
    assert call(lambda: answer, {}).code == "InvalidOutput"


def test_a_parameter_that_only_takes_a_position_is_refused_when_it_is_registered():
    def pay(amount, /):
        return {}

    with pytest.raises(ValueError, match="passed by name, and 'amount'"):
        Services().action("bank.pay")(pay)


async def test_an_action_that_raises_keyboardinterrupt_fails_and_takes_nobody_with_it():
    services = Services()

    @services.action("s.odd")
    async def odd():
        raise KeyboardInterrupt

    compiled = compile_saga(load("{name: odd, steps: [{id: odd, service: s, action: odd, kind: read_only}]}"))
    async with Engine("memory:", services) as engine:
        outcome = await engine.run(compiled, {})

    assert (outcome.status, outcome.error.code) == ("compensated", "KeyboardInterrupt")


async def test_the_log_of_a_developer_says_where_an_action_failed_and_not_with_what_words(caplog):
    services = Services()

    @services.action("s.odd")
    async def odd(card):
        raise RuntimeError(f"the card {card} is empty")

    step = "{id: odd, service: s, action: odd, kind: read_only, payload: {card: '${input.card}'}}"
    compiled = compile_saga(load(f"{{name: odd, steps: [{step}]}}"))
    with caplog.at_level(logging.DEBUG):
        async with Engine("memory:", services) as engine:
            await engine.run(compiled, {"card": "4111"})

    assert "s.odd raised RuntimeError" in caplog.text
    assert "test_services.py" in caplog.text
    assert "4111" not in caplog.text
