"""JSON on the command line: what is wrong with it is told with its place, and never in Python's words."""

import pytest

from sagadsl.cli.exits import CommandError
from sagadsl.cli.json_text import read


def refused(text, *, is_inline=False):
    with pytest.raises(CommandError) as caught:
        read(text, "--input", is_inline=is_inline)
    assert caught.value.exit_code == 1
    return f"{caught.value} / {caught.value.hint}"


def test_data_is_read_as_it_is():
    assert read('{"a": [1, 1.5, -7, null, "é"], "b": {}}', "--input") == {"a": [1, 1.5, -7, None, "é"], "b": {}}
    assert read(str(-(2**63)), "--input") == -(2**63)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1,\n "b": {"c": 1, "c": 2}}', "the key 'c' is given twice, again at line 2, column 16"),
        ('{"a": 1, "\\u0061": 2}', "the key 'a' is given twice, again at line 1, column 10"),
        ('{"a": 1, "a": 2, "x": "' + "x" * 1_100_000 + '"}', "the key 'a' is given twice /"),
        ("[" * 5000 + "]" * 5000, "it is nested deeper than 100 levels"),
        ("[" * 200 + "]" * 200, "it is nested deeper than 100 levels"),
        ("[" + "9" * 6000 + "]", "the whole number 99999999… has 6,000 digits, and 64 bits hold at most 19"),
        ("[9223372036854775808]", "the whole number does not fit into 64 bits"),
        ("[1e999]", "inf is not a finite number"),
        ("{'a': 1}", 'not JSON at line 1, column 2 / JSON puts names and texts in "double quotes"'),
        ("", "not JSON at line 1, column 1"),
    ],
)
def test_what_is_wrong_is_told_in_plain_words(text, said):
    assert said in refused(text)


def test_the_name_of_a_file_lacks_its_at_sign(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "order").write_text("{}", encoding="utf-8")

    assert "write @order for what is in that file" in refused("order", is_inline=True)
    assert "write @big.json for what is in that file" in refused("big.json", is_inline=True)
    assert "double quotes" in refused("big.json")
    assert "double quotes" in refused("x" * 10_000, is_inline=True)


def test_it_is_told_of_the_option_that_has_it(sagadsl, trip):
    result = sagadsl("run", trip, "--simulate", "--input", '{"city": "a", "city": "b"}')

    assert result.code == 1
    assert "--input: the key 'city' is given twice, again at line 1, column 15" in result.err
