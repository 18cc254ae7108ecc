"""The two readings of the schema, the quick one and that of jsonschema, agree."""

import copy

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from sagadsl.language import schema as module
from sagadsl.language.quick_schema import accepts
from sagadsl.language.schema import STATE_TYPES, STEP_TYPES, schema, structure_problems
from tests.language.definitions import whole_definition

PARTS = ["top", *STATE_TYPES, *(f"{name}_step" for name in STEP_TYPES)]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats(allow_nan=False) | st.sampled_from(["", "1s", "task"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "next", "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)


@st.composite
def mutations(draw):
    """A definition with everything, in which a few values have been replaced, removed or added."""
    data = whole_definition()
    for _ in range(draw(st.integers(0, 3))):
        node, key = data, draw(st.sampled_from(sorted(data)))
        while draw(st.booleans()) and isinstance(node[key], dict | list) and node[key]:
            node = node[key]
            key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        action = draw(st.sampled_from(["replace", "remove", "add"]))
        if action == "replace":
            node[key] = draw(JSON)
        elif action == "remove" and isinstance(node, dict) and len(data) > 1:
            del node[key]
        elif isinstance(node, dict):
            node[draw(st.sampled_from(["steps", "next", "timeout", "b c", "type"]))] = draw(JSON)
    return data


def states_in(node):
    """Every value that stands where a state could, at any depth."""
    if isinstance(node, dict):
        states = node.get("states")
        yield from states.values() if isinstance(states, dict) else ()
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from states_in(inner)


@given(mutations())
def test_what_the_quick_reading_accepts_jsonschema_accepts_as_well(data):
    for shape in map(module.part, PARTS):
        for value in (data, *states_in(data)):
            if accepts(shape.schema, value):
                assert shape.validator.is_valid(value)


@given(mutations())
def test_whatever_jsonschema_refuses_is_told_in_words(data):
    before = copy.deepcopy(data)
    problems = structure_problems(data)
    if not Draft7Validator(schema()).is_valid(data):
        assert problems
    assert data == before
    for problem in problems:
        assert not any(word in problem.message for word in ("None", "dict", "schemas", "Traceback", "{'", "['"))


UNITS = st.sampled_from(["d", "h", "m", "s", "ms", "w", ""])
NUMBERS = st.one_of(
    st.integers(0, 40_000).map(str), st.sampled_from(["0.0", "1.5", ".5", "1.", "00", "1e3", "-1", "٣"])
)
DURATIONS = st.one_of(
    st.lists(st.tuples(NUMBERS, UNITS).map("".join), max_size=4).map("".join),
    st.integers(-1, 4_000_000_000),
    st.floats(),
    JSON,
)


@given(DURATIONS)
def test_what_is_read_as_a_duration_fits_the_schema_of_durations(value):
    for name in ("duration", "timeout"):
        if accepts(schema()["definitions"][name], value):
            assert Draft7Validator(schema()["definitions"][name]).is_valid(value)
