"""The outline of a definition."""

from sagadsl.lsp.outline import outline
from sagadsl.lsp.view import View
from tests.lsp.marked import ORDER, words

NESTED = """\
name: x
states:
  both:
    type: parallel
    branches:
      left: {steps: [{id: a, service: s, action: t}]}
      right:
        states:
          each:
            type: map
            items: input.list
            steps: [{id: b, service: s, action: u}]
            next: c
          c: {type: succeed}
    next: done
  done: {type: succeed}
"""


def tree(entries):
    return {entry.name: tree(entry.inside) for entry in entries}


def test_the_states_are_listed_with_what_they_do():
    entries = outline(View(ORDER, "order.yaml"))

    assert [(entry.name, entry.detail) for entry in entries] == [
        ("reserve", "task: stock.reserve"),
        ("check", "choice"),
        ("pay", "task: bank.charge"),
        ("done", "succeed"),
    ]


def test_branches_and_bodies_are_inside_their_states():
    assert tree(outline(View(NESTED, "x.yaml"))) == {
        "both": {"left": {"a": {}}, "right": {"each": {"b": {}}, "c": {}}},
        "done": {},
    }


def test_an_entry_holds_its_name_and_all_of_its_state():
    view = View(ORDER, "order.yaml")
    entry = outline(view)[0]

    assert words(view, [entry.name_span]) == ["reserve"]
    whole = words(view, [entry.whole])[0]
    assert whole.startswith("reserve:")
    assert whole.endswith("next: check")


def test_a_broken_text_has_an_outline():
    assert tree(outline(View(NESTED.replace("type: parallel", "type: ["), "x.yaml"))) == {
        "both": {"left": {"a": {}}, "right": {"each": {"b": {}}, "c": {}}},
        "done": {},
    }
