"""Why a step is undone whose last attempt has failed for certain: an earlier one may have taken place."""

import pytest

from sagadsl import compile_saga, load
from sagadsl.cli.story import Teller, table
from sagadsl.machine.events import CompensationSucceeded, Failure, StepFailed
from sagadsl.runtime.outcome import report

PAY = """
name: order
steps: [{id: pay, service: bank, action: pay, compensation: refund, retry: {max_attempts: 2, initial_delay: 0s}}]
"""
NO_ANSWER = Failure("Timeout", "no answer within 30s", in_doubt=True)
NO_FUNDS = Failure("NoFunds", retryable=False)


@pytest.fixture
def story():
    """What is told of a payment that fails in these ways, one after the other."""

    def tell(*failures):
        compiled, teller = compile_saga(load(PAY)), Teller()
        saga, lines, events = compiled.new("s"), [], []
        failed = [StepFailed("pay", number, failure) for number, failure in enumerate(failures, 1)]
        for event in (compiled.started({}), *failed):
            events.append(event)
            lines += map(str, teller.tell(saga, event, saga.apply(event)))
        return saga, [" ".join(line.split()[1:]) for line in lines]

    return tell


def test_it_is_told_that_an_earlier_attempt_is_in_doubt(story):
    saga, told = story(NO_ANSWER, NO_FUNDS)

    assert told[-2:] == ["✗ pay NoFunds (an earlier attempt is in doubt)", "↩ pay bank.refund"]
    saga.apply(CompensationSucceeded("pay", 1))
    assert [row for row, _ in table(report(saga, []))][1].endswith("NoFunds (an earlier attempt is in doubt)")


def test_a_certain_failure_and_one_that_is_in_doubt_itself_are_told_as_they_are(story):
    assert story(Failure("Busy"), NO_FUNDS)[1][-1] == "✗ pay NoFunds"
    assert "✗ pay Timeout: no answer within 30s (in doubt)" in story(NO_ANSWER, NO_ANSWER)[1]
