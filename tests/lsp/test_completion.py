"""What can be written at the cursor, in texts that are right but for the line being typed."""

import pytest

from sagadsl.language.library import ActionSpec, Catalogue
from sagadsl.lsp.completion import complete
from sagadsl.lsp.surroundings import Surroundings
from sagadsl.lsp.view import View
from tests.lsp.marked import CURSOR, ORDER, in_order, split

CATALOGUE = Catalogue(
    "services.yaml",
    {
        "bank": {
            "charge": ActionSpec(
                payload={
                    "type": "object",
                    "required": ["iban"],
                    "properties": {"iban": {"type": "string"}, "note": {}},
                },
                output={"type": "object", "properties": {"id": {"type": "string"}, "fee": {"type": "number"}}},
                errors=("CardDeclined", "LimitReached"),
            ),
            "refund": ActionSpec(),
        }
    },
)
AROUND = Surroundings({"shipping": (View("name: shipping\nversion: '2'\nsteps: []", "shipping.yaml"),)}, CATALOGUE)


def suggestions(text, around=AROUND):
    plain, offset = split(text)
    return complete(plain, offset, "order.yaml", around)


def labels(text, around=AROUND):
    return [suggestion.label for suggestion in suggestions(text, around)]


def accepted(text, label):
    """The text after one has chosen a suggestion."""
    plain, _ = split(text)
    chosen = next(each for each in suggestions(text) if each.label == label)
    return plain[: chosen.span.start] + chosen.insert + plain[chosen.span.end :]


class TestStates:
    @pytest.mark.parametrize(
        "before", ["    compensation: release\n    next: ", "    default: ", "        next: ", "[CardDeclined], next: "]
    )
    def test_names_of_states_follow_where_a_transition_leads(self, before):
        found = labels(in_order(before))

        assert "done" in found
        assert set(found) <= {"reserve", "check", "pay", "done"}

    def test_a_state_does_not_lead_to_itself(self):
        assert labels(in_order("    compensation: release\n    next: ")) == ["check", "pay", "done"]

    def test_the_saga_can_start_anywhere(self):
        assert labels(in_order("start: ")) == ["reserve", "check", "pay", "done"]

    def test_the_whole_word_is_replaced(self):
        assert accepted(in_order("    compensation: release\n    next: ch", "eck"), "done") == ORDER.replace(
            "release\n    next: check", "release\n    next: done"
        )

    def test_a_branch_offers_its_own_states_alone(self):
        text = f"""\
name: x
states:
  both:
    type: parallel
    branches:
      left:
        states:
          a: {{service: s, action: t, next: {CURSOR}}}
          b: {{type: succeed}}
      right: {{steps: [{{id: c, service: s, action: t}}]}}
    next: end
  end: {{type: succeed}}
"""
        assert labels(text) == ["b"]
        assert labels(text.replace(CURSOR, "b").replace("next: end", f"next: {CURSOR}")) == ["end"]

    def test_the_body_of_a_map_has_a_start_of_its_own(self):
        text = (
            f"name: x\nstates:\n  m:\n    type: map\n    start: {CURSOR}\n    states:\n      inner: {{type: succeed}}\n"
        )

        assert labels(text) == ["inner"]

    def test_a_description_says_what_a_state_is(self):
        found = next(each for each in suggestions(in_order("start: ")) if each.label == "reserve")

        assert (found.detail, found.about) == ("task: stock.reserve", "Put it aside.")


class TestNames:
    def test_services_come_from_the_text_and_the_catalogue(self):
        assert labels(f"name: x\nstates:\n  a:\n    service: {CURSOR}\n  b: {{service: post, action: send}}\n") == [
            "bank",
            "post",
        ]

    def test_actions_are_those_of_the_service(self):
        assert labels(in_order("    service: bank\n    action: ")) == ["charge", "refund"]
        assert labels(in_order("    compensation: ")) == ["reserve"]

    def test_a_compensation_may_call_another_service(self):
        text = f"name: x\nstates:\n  a:\n    service: stock\n    compensation:\n      service: bank\n      action: {CURSOR}\n"

        assert labels(text) == ["charge", "refund"]

    def test_errors_are_the_engines_the_actions_and_the_texts_own(self):
        assert labels(in_order("{errors: [")) == [
            *("Timeout", "Unavailable", "InvalidPayload", "Cancelled", "NoChoice"),
            *("CardDeclined", "LimitReached", "*"),
        ]

    def test_every_code_is_written_in_quotes(self):
        assert '["*"]' in accepted(f"states:\n  a:\n    catch:\n      - errors: [{CURSOR}]\n", "*")

    def test_other_sagas_are_known_with_their_versions(self):
        assert labels(f"name: x\nstates:\n  a:\n    type: saga\n    saga: {CURSOR}\n") == ["shipping"]


class TestExpressions:
    def test_a_condition_begins_with_a_variable_or_a_function(self):
        found = labels(in_order("- when: "))

        assert found[:4] == ["input", "saga", "states", "error"]
        assert "size" in found

    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            ("input.", ["amount", "customer", "lines"]),
            ("input.customer.", ["name", "city"]),
            ("input.lines[0].", ["sku"]),
            ("1.0 < input.am", ["amount", "customer", "lines"]),
            ("saga.", ["id", "name", "version", "started_at"]),
            ("states.", ["reserve", "pay"]),
            ("states.pay.", ["output"]),
            ("states.pay.output.", ["id", "fee"]),
            ("has(states.pay.output.", ["id", "fee"]),
            ("error.", ["code", "message", "state"]),
            ("input.amount == 'input.", []),
            ("input.amount // input.", []),
        ],
    )
    @pytest.mark.parametrize(
        "place", ["      - when: {}", '    payload: {{a: "${{{}', "    payload:\n      a: x ${{{}"]
    )
    def test_members_follow_a_dot_wherever_an_expression_stands(self, typed, expected, place):
        before, after = ORDER[: ORDER.index("  done: {")], ORDER[ORDER.index("  done: {") :]
        state = "  new:\n    choices:\n" if "when" in place else "  new:\n"

        assert labels(f"{before}{state}{place.format(typed + CURSOR)}\n    next: done\n{after}") == expected

    def test_nothing_is_offered_in_the_text_around_a_template(self):
        assert labels(in_order('reserve: "🙂 ')) == []
        assert labels(in_order("output.id} res")) == []

    def test_a_literal_opens_no_expression(self):
        assert labels(f'states:\n  a:\n    payload: {{x: "$${{inp{CURSOR}"}}\n') == []

    def test_a_map_names_its_entry(self):
        text = f"""\
{ORDER[: ORDER.index("start:")]}states:
  each:
    type: map
    items: input.lines
    as: line
    steps:
      - id: one
        service: s
        action: t
        payload: {{sku: "${{{CURSOR}"}}
"""
        assert labels(text)[4:6] == ["line", "index"]
        assert labels(text.replace(CURSOR, f"line.{CURSOR}")) == ["sku"]

    def test_an_answer_is_read_in_fail_when_alone(self):
        text = f"states:\n  a:\n    service: bank\n    action: charge\n    fail_when:\n      - when: output.{CURSOR}\n"

        assert labels(text) == ["id", "fee"]


class TestKeys:
    def test_a_state_has_the_keys_of_its_type_the_required_ones_first(self):
        found = labels(f"name: x\nstates:\n  a:\n    type: choice\n    {CURSOR}\n  b: {{type: succeed}}\n")

        assert found == ["choices", "description", "default"]

    def test_without_a_type_it_is_a_task(self):
        found = labels(f"name: x\nstates:\n  a:\n    service: s\n    pay{CURSOR}\n    next: b\n")

        assert "payload" in found
        assert "choices" not in found
        assert "service" not in found

    def test_a_new_state_can_be_anything(self):
        assert {"type", "service", "action", "next"} <= set(labels(f"name: x\nstates:\n  a:\n    {CURSOR}\n"))

    def test_the_top_has_its_own(self):
        found = labels(f"name: x\n{CURSOR}\nstates: {{}}\n")

        assert {"version", "timeout", "start"} <= set(found)
        assert "states" not in found

    def test_an_empty_text_begins_with_the_required_one(self):
        assert labels(CURSOR)[0] == "name"

    def test_an_entry_of_a_list_has_keys(self):
        text = f"states:\n  a:\n    type: choice\n    choices:\n      - {CURSOR}\n"

        assert labels(text) == ["when", "next"]
        assert accepted(text, "when").endswith("- when: \n")

    def test_a_map_in_braces_has_keys(self):
        assert labels(f"states:\n  a:\n    retry: {{max_attempts: 3, {CURSOR}}}\n")[0] == "initial_delay"

    def test_a_key_that_has_its_colon_gets_no_second_one(self):
        assert "\n    compensation: check\n" in accepted(in_order("release\n    ne", "xt"), "kind").replace(
            "kind", "compensation"
        )

    def test_what_holds_more_begins_on_a_line_of_its_own(self):
        assert accepted(f"states:\n  a:\n    type: choice\n    {CURSOR}\n", "choices").endswith("\n    choices:\n")

    def test_a_payload_has_the_keys_that_the_action_takes(self):
        text = "states:\n  a:\n    service: bank\n    action: charge\n    payload:\n      {}\n"

        assert labels(text.format(CURSOR)) == ["iban", "note"]
        assert labels(text.format(f"iban: x\n      {CURSOR}")) == ["note"]

    def test_words_explain_a_key(self):
        found = next(each for each in suggestions(f"states:\n  a:\n    {CURSOR}\n") if each.label == "compensation")

        assert "undoes" in found.about


class TestValues:
    def test_a_type_is_one_of_all(self):
        found = labels(f"states:\n  a:\n    type: {CURSOR}\n")

        assert {"task", "choice", "parallel", "map", "wait", "saga", "pass", "succeed", "fail"} == set(found)

    def test_a_role_is_one_of_four(self):
        assert labels(in_order("    kind: ")) == ["compensatable", "pivot", "retriable", "read_only"]

    def test_a_switch_is_true_or_false(self):
        assert labels(f"states:\n  a:\n    callback: {CURSOR}\n") == ["true", "false"]

    def test_a_text_is_the_authors(self):
        assert labels(in_order("description: ")) == []

    def test_a_comment_too(self):
        assert labels(f"name: x # {CURSOR}\n") == []
