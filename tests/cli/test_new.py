"""`sagadsl new`, `sagadsl expand` and `sagadsl schema --output`: what a definition begins with."""

import json

import pytest
import yaml

from sagadsl.language.load import check
from sagadsl.language.schema import schema_text

INPUT = '{"order_id": "A-1", "amount": 2000}'


@pytest.fixture(params=["steps", "states"])
def starter(request, sagadsl, tmp_path, monkeypatch):
    """A definition that has just been written."""
    monkeypatch.chdir(tmp_path)
    result = sagadsl("new", "order", "--form", request.param)
    assert result.code == 0
    assert result.out.startswith("order.yaml is written; look at it with: sagadsl draw order.yaml")
    return tmp_path / "order.yaml"


def test_a_new_definition_is_valid_in_form_and_explained(sagadsl, starter):
    text = starter.read_text(encoding="utf-8")
    definition, found = check(text, "order.yaml")

    assert found == []
    assert definition.name == "order"
    assert sagadsl("fmt", "--check", starter).code == 0
    assert text.count("#") > 8
    assert "sagadsl run order.yaml --simulate" in text
    assert "NAME" not in text


def test_a_new_definition_completes_and_is_undone_when_its_charge_fails(sagadsl, starter):
    completed = sagadsl("run", starter, "--simulate", "--input", INPUT)
    refused = sagadsl("run", starter, "--simulate", "--input", INPUT, "--fail", "charge=Declined")

    assert (completed.code, refused.code) == (0, 3)
    assert "inventory.release" in refused.out


def test_the_states_form_is_the_usual_one(sagadsl, tmp_path):
    target = tmp_path / "a.yaml"

    assert sagadsl("new", "a", "-o", target).code == 0
    assert "states" in yaml.safe_load(target.read_text(encoding="utf-8"))


def test_nothing_is_overwritten(sagadsl, write):
    target = write("order.yaml", "mine")

    result = sagadsl("new", "order", "-o", target)

    assert result.code == 2
    assert "there is a file of this name already" in result.err
    assert target.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "better"),
    [("my-order", "my_order"), ("2nd", "_2nd"), ("", "my_saga"), ("x" * 65, "x" * 63), ("ä", "my_saga")],
)
def test_a_name_that_no_saga_can_have_is_refused_and_one_is_suggested(sagadsl, tmp_path, monkeypatch, name, better):
    monkeypatch.chdir(tmp_path)

    result = sagadsl("new", name)

    assert result.code == 2
    assert f"hint: for example {better}:" in result.err
    assert list(tmp_path.iterdir()) == []
    assert sagadsl("new", better).code == 0


def test_a_folder_that_is_not_there_is_said(sagadsl, tmp_path):
    result = sagadsl("new", "a", "-o", tmp_path / "no" / "a.yaml")

    assert result.code == 1
    assert "cannot be written" in result.err


def test_expand_prints_a_definition_that_is_valid_again(sagadsl, trip, write):
    result = sagadsl("expand", trip)

    assert (result.code, result.err) == (0, "")
    again = write("expanded.yaml", result.out)
    assert sagadsl("compile", again).out == sagadsl("compile", trip).out
    assert sagadsl("expand", again).out == result.out
    assert "comments are lost" in " ".join(sagadsl("expand", "--help").out.lower().split())


def test_expand_says_what_is_wrong_with_a_definition(sagadsl, write):
    result = sagadsl("expand", write("bad.yaml", "name: x\nsteps: [{id: a, service: s}]\n"))

    assert (result.code, result.out) == (1, "")
    assert "[SAGA202]" in result.err


def test_the_schema_is_written_to_a_file(sagadsl, tmp_path):
    target = tmp_path / "saga.schema.json"

    assert sagadsl("schema", "--output", target) == (0, "", "")
    assert target.read_bytes() == schema_text().encode()
    assert json.loads(sagadsl("schema").out) == json.loads(schema_text())
    assert sagadsl("schema", "-o", tmp_path / "no" / "such.json").code == 1


@pytest.mark.parametrize("form", ["states", "steps"])
@pytest.mark.parametrize("name", ["null", "true", "False", "on"])
def test_a_name_that_yaml_has_another_meaning_for_is_put_in_quotes(sagadsl, tmp_path, name, form):
    target = tmp_path / "starter.yaml"

    assert sagadsl("new", name, "--form", form, "-o", target).code == 0
    assert sagadsl("validate", target) == (0, "1 definition is valid\n", "")
