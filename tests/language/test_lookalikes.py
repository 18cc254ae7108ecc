"""Characters that came with a copied text are named, since nobody sees them."""

import pytest

from tests.language.checks.findings import codes, only

TEXT = """\
name: n
states:
  a:
    service: s
    action: t
    kind: read_only
    next: done
  done:
    type: succeed
"""

CASES = {
    "a no-break space after a colon": ("next: done", "next:\u00a0done", "SAGA105", "\u00a0"),
    "a full-width space after a colon": ("next: done", "next:\u3000done", "SAGA105", "\u3000"),
    "a full-width colon": ("next: done", "next\uff1a done", "SAGA105", "\uff1a"),
    "a no-break space in the indentation": ("    next", "   \u00a0next", "SAGA105", "\u00a0"),
    "a full-width comma": ("    next", "    payload: {a: 1\uff0c b: 2}\n    next", "SAGA105", "\uff0c"),
    "a curly quote": ("    next", "    payload: {a: \u201c${saga.id}\u201d}\n    next", "SAGA105", "\u201c"),
    "a full-width brace": ("    next", "    payload: \uff5ba: 1, b: 2: 3\uff5d\n    next", "SAGA105", "\uff5b"),
    "a dash of another kind": ("  a:\n", "  a:\n  \u2013 b: 1\n    c: 1\n", "SAGA105", "\u2013"),
}


@pytest.mark.parametrize(("plain", "pasted", "code", "character"), CASES.values(), ids=CASES)
def test_a_character_in_the_place_of_a_sign_is_told_where_it_stands(plain, pasted, code, character):
    found = only(TEXT.replace(plain, pasted))

    assert (found.code, found.marked) == (code, character)
    assert found.message.endswith(f"(U+{ord(character):04X}) stands here")
    assert found.hint.startswith("write ")


WORDS = {
    "a name": ("next: done", "next: done\u00a0", "SAGA207", "a no-break space (U+00A0)"),
    "a key": ("next: done", "\u200bnext: done", "SAGA201", "a zero-width space (U+200B)"),
    "a word": ("read_only", "read_only\u200b", "SAGA204", "a zero-width space (U+200B)"),
    "a name with another break": ("next: done", "next: done\u2028", "SAGA207", "a line separator (U+2028)"),
}


@pytest.mark.parametrize(("plain", "pasted", "code", "name"), WORDS.values(), ids=WORDS)
def test_a_word_that_is_wrong_for_a_character_that_nobody_sees_says_so(plain, pasted, code, name):
    found = only(TEXT.replace(plain, pasted))

    assert found.code == code
    assert found.hint.startswith(f"there is {name} in it: ")


def test_a_text_of_one_line_that_is_no_map_says_what_keeps_it_from_being_one():
    assert only("name:\u00a0n\n").hint.startswith("there is a no-break space (U+00A0) in it")


def test_in_an_expression_it_is_named_too():
    found = only(TEXT.replace("    next", '    payload: {a: "${saga.id\u00a0+ saga.id}"}\n    next'))

    assert (found.code, found.marked) == ("SAGA401", "\u00a0")
    assert found.message == "a no-break space (U+00A0) is not expected here"


def test_in_texts_all_of_them_are_fine():
    text = "\u201ca\u201d \u2013 b\uff1a c\u00a0d\uff0c e"
    assert codes(TEXT.replace("states:", f"description: x {text}\nstates:")) == []


def test_a_mistake_beside_such_a_text_is_told_as_ever():
    text = TEXT.replace("    next: done", "    description: a \u2013 b\n    next done")
    assert only(text).message == "a ':' is missing after this key"


def test_a_merge_conflict_is_told_at_its_beginning():
    text = TEXT.replace("    next: done\n", "<<<<<<< HEAD\n    next: done\n=======\n    next: b\n>>>>>>> other\n")
    found = only(text)

    assert (found.code, found.marked, found.line) == ("SAGA105", "<<<<<<< HEAD", 7)
    assert found.message == "a merge conflict that Git has left begins here"


@pytest.mark.parametrize("windows", [False, True])
def test_a_merge_conflict_is_known_with_the_version_before_both_and_with_other_line_ends(windows):
    text = "<<<<<<< HEAD\nname: n\n||||||| 12ab\nname: o\n=======\nname: m\n>>>>>>> other\n"
    assert "merge conflict" in only(text.replace("\n", "\r\n") if windows else text).message


@pytest.mark.parametrize(
    ("key", "text"),
    [("next", TEXT.replace("next: done", 'next: "${input.way}"')), ("start", f'start: "${{input.way}}"\n{TEXT}')],
)
def test_a_way_that_is_a_template_is_told_to_be_a_choice(key, text):
    assert only(text).hint == f"'{key}' takes no template: lead to a choice, whose conditions read what this one does"


def test_neither_is_the_name_of_a_service_a_template():
    found = only(TEXT.replace("service: s", 'service: "${input.service}"'))

    assert found.hint == "a name is no template: it is known before a saga runs"
