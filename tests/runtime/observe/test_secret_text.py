"""A sensitive value is found in a text however it was written there, and where it was cut."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.runtime.observe.secret_text import forms, hidden
from sagadsl.runtime.observe.sensitive_places import MASK

PEM = '-----BEGIN KEY-----\nabc+/é\t"x"\n-----END KEY-----'
LONG = "s3cr3tTOKENabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def mask(text, *values):
    return hidden(text, sorted({form for value in values for form in forms(value)}, key=len, reverse=True))


@pytest.mark.parametrize(
    "written",
    [
        str,
        "{!r}".format,
        lambda value: str(KeyError(value)),
        json.dumps,
        lambda value: json.dumps(value, ensure_ascii=False),
        lambda value: f"https://bank.example/keys/{quote(value)}",
        lambda value: f"https://bank.example/keys?key={quote(value, safe='')}",
        lambda value: " ".join(value.splitlines()),
        lambda value: " ".join(value.split()),
    ],
)
@pytest.mark.parametrize(
    "value", ['hunter\u00e9 "secret" x', 'it\'s "so"', "C:\\keys", LONG, "a/b c&d", "two  blanks\n\nand lines"]
)
def test_a_value_is_found_however_a_message_has_it(value, written):
    text = mask(f"key {written(value)} is bad", value)

    assert MASK in text
    assert value not in text
    assert written(value).strip("\"'") not in text


def test_what_a_terminal_cannot_show_stands_there_as_blanks():
    assert mask(f"Bad: {PEM}".replace("\n", " ").replace("\t", " "), PEM) == f"Bad: {MASK}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"'{LONG[:60]}…' does not match", f"'{MASK}…' does not match"),
        (f"… {LONG[:4]}… and {LONG[:30]}…", f"… {MASK}… and {MASK}…"),
        (f"{LONG[:8]}{LONG[:9]}…", f"{LONG[:8]}{MASK}…"),
        (f"{LONG[:3]}…", f"{LONG[:3]}…"),
        (f"{LONG[:9]} …", f"{LONG[:9]} …"),
    ],
)
def test_the_beginning_of_a_value_is_hidden_where_a_message_was_cut(text, shown):
    assert mask(text, LONG, "other") == shown


@given(st.text("abc …\n", max_size=9), st.text("defg\t'é", min_size=4).filter(str.strip), st.integers(4))
def test_however_much_of_a_message_is_left_the_value_is_not_in_it(before, value, length):
    beginning = value[:length]

    assert mask(f"{before}{beginning}…", value) == f"{before}{MASK}…"
    assert mask(f"{before}{value}", value) == before + MASK
    assert mask(before, value) == before


def test_short_values_are_not_looked_for_in_texts():
    assert list(forms("abc")) == []
    assert mask("abc\n\n\nabc", "\n\n\n\n") == "abc\n\n\nabc"
