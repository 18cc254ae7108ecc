"""Going to a state, finding where it is named, and renaming it."""

from pathlib import Path

import pytest

from sagadsl.language.load import check
from sagadsl.lsp.mentions import mentions
from sagadsl.lsp.navigation import (
    CannotRenameError,
    definition_of,
    name_of,
    references_to,
    rename,
    renamed_at,
    saga_at,
)
from sagadsl.lsp.view import View
from tests.lsp.marked import CURSOR, ORDER, in_order, viewed, words

DEFINITIONS = Path(__file__).parents[2] / "definitions"


def renamed(text, name):
    """The text after a rename of what the cursor is on."""
    view, offset = viewed(text)
    result = view.text
    for edit in reversed(rename(view, offset, name)):
        result = result[: edit.span.start] + edit.text + result[edit.span.end :]
    return result


class TestDefinition:
    @pytest.mark.parametrize(
        "before",
        [
            "start: re",
            "when: input.amount > 100.0 && states.res",
            "🙂 ${states.re",
            "  res",
        ],
    )
    def test_a_name_leads_to_its_state(self, before):
        view, offset = viewed(in_order(before))

        span = definition_of(view, offset)
        assert span is not None
        assert (span.start, words(view, [span])) == (ORDER.index("  reserve:") + 2, ["reserve"])

    @pytest.mark.parametrize(
        "before", ["!= 'res", "    action: res", ".output.res", "    payload:\n      res", "output.id} res"]
    )
    def test_the_same_word_elsewhere_leads_nowhere(self, before):
        assert definition_of(*viewed(in_order(before))) is None

    def test_it_works_while_the_text_is_broken(self):
        text = ORDER.replace("    kind: pivot\n", '    kind: "piv\n')
        view, offset = viewed(text.replace("start: reserve", f"start: {CURSOR}reserve"))

        assert not view.is_exact
        assert words(view, [definition_of(view, offset)]) == ["reserve"]

    def test_a_sub_saga_is_named_in_a_state(self):
        text = (
            f"name: x\nstates:\n  a:\n    type: saga\n    saga: ship{CURSOR}ping\n    next: b\n  b: {{type: succeed}}\n"
        )

        assert saga_at(*viewed(text)) == "shipping"
        assert saga_at(*viewed(text.replace(CURSOR, "").replace("name: x", f"name: x{CURSOR}"))) is None

    def test_a_saga_stands_where_its_name_does(self):
        view = View("version: '1'\nname: x\nsteps: []\n", "x.yaml")

        assert words(view, [name_of(view)]) == ["x"]


class TestReferences:
    def test_every_place_is_found(self):
        view, offset = viewed(in_order("start: re"))

        found = references_to(view, offset)
        assert words(view, found) == ["reserve"] * 5
        assert len(references_to(view, offset, with_definition=False)) == 4

    def test_nothing_is_found_between_names(self):
        assert references_to(*viewed(in_order("description: Put "))) == []

    def test_nested_states_steps_and_top_level_expressions_count(self):
        text = f"""\
name: x
key: ${{states.a.output.k}}
locks: ["x-${{states.a.output.k}}"]
sensitive: [states.a.output.card]
invariants: [{{name: p, when: completed, require: states.a.status == 'completed'}}]
output: {{deep: [{{er: "${{states['a'].output}}"}}]}}
steps:
  - {{id: {CURSOR}a, service: s, action: a}}
  - id: both
    type: parallel
    branches:
      left: {{steps: [{{id: b, service: s, action: a, payload: "${{states.a.output}}"}}]}}
      a: {{states: {{c: {{type: succeed, output: "${{states.a.output}} ${{'states.a'}}"}}}}}}
"""
        view, offset = viewed(text)

        assert words(view, references_to(view, offset)) == ["a"] * 8


class TestRename:
    def test_every_place_changes_and_nothing_else(self):
        result = renamed(in_order("start: re"), "hold")

        assert result == (
            ORDER.replace("start: reserve", "start: hold")
            .replace("  reserve:\n    desc", "  hold:\n    desc")
            .replace("states.reserve.", "states.hold.")
        )

    @pytest.mark.parametrize("file", sorted(path.name for path in DEFINITIONS.glob("*.yaml") if "." not in path.stem))
    def test_a_definition_means_the_same_afterwards(self, file):
        text = (DEFINITIONS / file).read_text(encoding="utf-8")
        before = check(text, file)[0]
        for state in View(text, file).states:
            start = View(text, file).name_span(state).start
            result = renamed(text[:start] + CURSOR + text[start:], "another_name")
            after, found = check(result, file)
            assert after is not None, found
            assert list(after.all_states) == [
                "another_name" if name == state.name else name for name in before.all_states
            ]
            start = View(result, file).name_span(View(result, file).by_name["another_name"]).start
            assert renamed(result[:start] + CURSOR + result[start:], state.name) == text

    def test_quotes_stay(self):
        text = """name: x\nstates:\n  "a": {service: s, action: a, next: 'b'}\n  'b': {type: succeed, output: "${states.a.output}"}\n"""

        assert renamed(text.replace("'b'}", f"'{CURSOR}b'}}"), "end") == text.replace("'b'", "'end'")

    def test_an_escaped_name_is_written_anew(self):
        text = f'name: x\nstart: "\\x61"\nstates:\n  {CURSOR}a: {{type: succeed}}\n'

        assert renamed(text, "b") == 'name: x\nstart: "b"\nstates:\n  b: {type: succeed}\n'

    def test_an_alias_is_renamed_at_its_anchor(self):
        text = "name: x\nstates:\n  a: {service: s, action: t, next: &end b, catch: [{errors: [X], next: *end}]}\n  b: {type: succeed}\n"

        assert renamed(text.replace("  b:", f"  {CURSOR}b:"), "c") == text.replace("end b", "end c").replace(
            "  b:", "  c:"
        )

    def test_an_alias_of_something_else_is_refused(self):
        text = f"name: x\nstates:\n  a: {{service: &s b, action: t, next: *s}}\n  {CURSOR}b: {{type: succeed}}\n"

        with pytest.raises(CannotRenameError, match="line 3"):
            renamed(text, "c")

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("9lives", "not a name"),
            ("", "not a name"),
            ("a b", "not a name"),
            ("x" * 65, "not a name"),
            ("check", "already"),
            ("null", "not read it as text"),
            ("true", "not read it as text"),
            ("in", "expression language"),
        ],
    )
    def test_a_name_that_will_not_do_is_refused(self, name, why):
        with pytest.raises(CannotRenameError, match=why):
            renamed(in_order("start: re"), name)

    def test_what_is_no_state_is_not_renamed(self):
        with pytest.raises(CannotRenameError, match="no state is named here"):
            renamed_at(*viewed(in_order("service: st")))
        with pytest.raises(CannotRenameError, match="no state 'nowhere'"):
            renamed_at(*viewed(ORDER.replace("default: done", f"default: now{CURSOR}here")))

    def test_a_broken_text_is_not_renamed(self):
        with pytest.raises(CannotRenameError, match="not YAML at the moment"):
            renamed_at(*viewed(in_order("start: re").replace("kind: pivot", "kind: [")))

    def test_it_says_what_would_be_renamed(self):
        view, offset = viewed(in_order("start: re"))

        assert (renamed_at(view, offset).state, words(view, [renamed_at(view, offset).span])) == (
            "reserve",
            ["reserve"],
        )


def test_mentions_are_found_in_time_that_grows_with_the_text():
    states = "".join(f"  s{i}: {{service: s, action: a, next: s{i + 1}}}\n" for i in range(2_000))
    found = mentions(View(f"name: x\nstates:\n{states}  s2000: {{type: succeed}}\n", "x.yaml"))

    assert len(found) == 4_001
