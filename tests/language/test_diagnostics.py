import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.codes import CODES, diagnose
from sagadsl.language.diagnostics import DefinitionError, Diagnostic, Place, render_text, to_json
from sagadsl.language.snippets import WIDTH


def rendered(line, column, end_column, number=1):
    text = "\n" * (number - 1) + line
    place = Place("saga.yaml", number, column, number, end_column)
    return render_text(
        [diagnose("SAGA301", "no state is named 'shp'", place, "did you mean 'ship'?")], {"saga.yaml": text}
    )


def cells(text):
    """The cells of a terminal that a text takes, reckoned as Unicode Annex 11 says."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def test_a_diagnostic_reads_as_actionlint_writes_it():
    assert rendered("    next: shp", 11, 14, number=12) == (
        "saga.yaml:12:11: error: no state is named 'shp' [SAGA301]\n"
        "   |\n"
        "12 |     next: shp\n"
        "   |           ^^^\n"
        "  hint: did you mean 'ship'?"
    )


@pytest.mark.parametrize("before", ["", "abc ", "\t\t", "価格: ", "🚀🚀 ", "e\u0301e\u0301 ", "\x1b[31m", "\u202e"])
def test_the_carets_stand_under_the_very_characters(before):
    line = before + "shp # 価格"
    _, _, source, carets, _ = rendered(line, len(before) + 1, len(before) + 4).split("\n")

    start = carets.index("^")
    shown = source[: source.index("shp")]

    assert cells(shown) == start
    assert carets.count("^") == 3


def test_a_range_over_several_lines_is_underlined_to_the_end_of_the_first():
    place = Place("f", 1, 5, 3, 2)
    lines = render_text([diagnose("SAGA105", "x", place)], {"f": "ab: [1,\n2\n]"}).split("\n")
    assert lines[3] == "  |     ^^^"


def test_a_very_long_line_is_cut_round_its_caret():
    line = "a" * 5_000 + "HERE" + "b" * 5_000
    _, _, source, carets, _ = rendered(line, 5_001, 5_005).split("\n")

    assert len(source) <= WIDTH + 10
    assert source[carets.index("^") : carets.rindex("^") + 1] == "HERE"
    assert source.count("…") == 2


def test_thousands_of_problems_in_one_long_line_are_written_without_delay():
    line = "ab " * 300_000
    found = [diagnose("SAGA301", "x", Place("f", 1, 3 * n + 1, 1, 3 * n + 3)) for n in range(5_000)]
    shown = render_text(found, {"f": line}).split("\n")

    assert len(shown) == 20_000
    assert all(
        source[carets.index("^") :].startswith("ab") for source, carets in zip(shown[2::4], shown[3::4], strict=True)
    )


def test_a_place_behind_the_last_character_gets_a_caret_of_its_own():
    assert rendered("a:", 3, 3).split("\n")[3] == "  |   ^"


def test_without_its_text_a_diagnostic_is_told_without_the_line():
    assert render_text([diagnose("SAGA104", "empty", Place("f"))], {}) == "f:1:1: error: empty [SAGA104]"


@given(st.text(), st.integers(1, 5), st.integers(1, 50), st.integers(1, 50), st.text())
def test_nothing_of_a_text_reaches_the_terminal_as_a_command(text, line, column, end_column, message):
    place = Place("f\x1b[2J", line, column, line, end_column)
    shown = render_text([Diagnostic("SAGA105", "error", message, place, message)], {"f\x1b[2J": text})
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown if c != "\n")


def test_for_programs_a_diagnostic_is_seven_values():
    diagnostic = diagnose("SAGA502", "which?", Place("f", 2, 3, 2, 9), "say kind")
    assert to_json([diagnostic]) == [
        {
            "code": "SAGA502",
            "severity": "warning",
            "message": "which?",
            "file": "f",
            "line": 2,
            "column": 3,
            "hint": "say kind",
        }
    ]


def test_the_error_holds_all_diagnostics_in_the_order_of_the_text_each_once():
    late = diagnose("SAGA301", "late", Place("f", 9, 1, 9, 2))
    early = diagnose("SAGA502", "early", Place("f", 2, 1, 2, 2))

    error = DefinitionError([late, early, late], {"f": "a: 1"})

    assert error.diagnostics == (early, late)
    assert str(error) == render_text((early, late), {"f": "a: 1"})


def test_every_code_stands_once_in_the_table_and_belongs_to_a_family():
    assert all(code == entry.code and entry.severity in ("error", "warning") for code, entry in CODES.items())
    assert all(code[:5] in {f"SAGA{family}" for family in range(1, 8)} for code in CODES)
    assert list(CODES) == sorted(CODES)
