"""How long is waited before the next attempt."""

from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.definition import Retry
from sagadsl.machine.backoff import LONGEST_DELAY, delay_after

SECONDS = st.floats(0, 1e6)
POLICIES = st.builds(
    Retry,
    max_attempts=st.integers(1, 100),
    initial_delay=SECONDS,
    multiplier=st.floats(1, 1000),
    max_delay=st.none() | SECONDS,
    jitter=st.sampled_from(["none", "full"]),
)


@given(POLICIES, st.integers(1, 1000), st.text(max_size=5), st.floats(0, allow_nan=False))
def test_it_is_never_shorter_than_the_service_asks_for_and_the_policy_says(retry, attempts, seed, asked):
    said, delay = delay_after(retry, attempts, seed), delay_after(retry, attempts, seed, asked)

    assert delay >= max(said, min(asked, LONGEST_DELAY))
    assert delay <= said + min(asked, LONGEST_DELAY)
    assert delay_after(retry, attempts, seed, asked) == delay, "and the same at every replay"


@given(POLICIES, st.integers(1, 1000), st.text(max_size=5))
def test_who_asks_for_nothing_gets_what_the_policy_says(retry, attempts, seed):
    longest = LONGEST_DELAY if retry.max_delay is None else retry.max_delay

    assert 0 <= delay_after(retry, attempts, seed) <= longest
