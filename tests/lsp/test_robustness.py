"""Nothing that an editor can hold makes an answer fail."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sagadsl.lsp.completion import complete
from sagadsl.lsp.hover import hover
from sagadsl.lsp.navigation import CannotRenameError, definition_of, references_to, rename, saga_at
from sagadsl.lsp.outline import outline
from sagadsl.lsp.view import View
from tests.lsp.marked import ORDER
from tests.lsp.test_completion import AROUND
from tests.lsp.test_outline import NESTED

SNIPPETS = st.sampled_from(
    [
        *("\n", " ", "- ", ": ", "{", "}", "[", "]", '"', "'", "${", "}", "&a ", "*a", "|", "#", "<<: *a"),
        *("states.", "input.", "next: ", "when: ", "steps:\n", "states:\n", "type: map\n", "input: ", "true", "id: a"),
        *("\t", "\r", "\ufeff", "\ufdd0", "\u2028", "🙂", "branches: {a: 1}"),
        *("required: 1", "properties: []", "items: 5", "type: {}", "$ref: '#/definitions/x'"),
    ]
)
ANY = st.text(max_size=20) | SNIPPETS


@st.composite
def edits(draw):
    """A definition with some characters replaced, and a cursor."""
    text = draw(st.sampled_from([ORDER, NESTED, ""]))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(ANY) + text[end:]
    return text, draw(st.integers(0, len(text)))


@settings(max_examples=200)
@given(edits())
def test_every_request_is_answered(edit):
    text, offset = edit
    view = View(text, "x.yaml")

    for suggestion in complete(text, offset, "x.yaml", AROUND):
        assert suggestion.span.start <= offset <= suggestion.span.end
    hover(view, offset, AROUND)
    definition_of(view, offset)
    saga_at(view, offset)
    outline(view)
    for span in references_to(view, offset):
        assert 0 <= span.start <= span.end <= len(text)


@settings(max_examples=100)
@given(edits())
def test_a_rename_that_is_not_refused_can_be_taken_back(edit):
    text, offset = edit
    view = View(text, "x.yaml")
    try:
        found = rename(view, offset, "quite_another_name")
    except CannotRenameError:
        return

    result = text
    for each in reversed(found):
        result = result[: each.span.start] + each.text + result[each.span.end :]
    after = View(result, "x.yaml")
    assert after.is_exact
    assert len(after.states) == len(view.states)
    assert sum(state.name == "quite_another_name" for state in after.states) >= 1
