"""The two whole definitions that the specification of the language begins with."""

from pathlib import Path

import pytest

from sagadsl.language.load import check, load

FOLDER = Path(__file__).parent / "specification"


@pytest.mark.parametrize(
    ("name", "warnings"),
    [
        ("states.yaml", ["SAGA511", "SAGA506"]),  # two days for an approval in five minutes; a refund without a guard
        ("steps.yaml", []),
    ],
)
def test_an_example_of_the_specification_loads(name, warnings):
    text = (FOLDER / name).read_text(encoding="utf-8")

    assert load(FOLDER / name).name == "order_processing"
    assert [found.code for found in check(text, name)[1]] == warnings


def test_the_short_one_says_the_same_as_json():
    import json

    import yaml

    text = (FOLDER / "steps.yaml").read_text(encoding="utf-8")
    assert load(json.dumps(yaml.safe_load(text))) == load(text)
