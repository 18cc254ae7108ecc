"""`sagadsl fmt`: what happens to files."""

import os
import stat

import pytest

from tests.cli.conftest import TRIP

UNTIDY = "steps:\n- {service: s,  id: a, action: b}  # why\nname: x\n"
TIDY = "name: x\nsteps:\n  - {id: a, service: s, action: b}  # why\n"


def test_files_are_written_in_one_way(sagadsl, write):
    file, tidy = write("sagas/one.yaml", UNTIDY), write("sagas/two.yaml", TIDY)

    result = sagadsl("fmt", file.parent)

    assert result == (0, f"formatted {file}\n1 formatted, 1 already in form\n", "")
    assert file.read_bytes() == tidy.read_bytes() == TIDY.encode()
    assert sagadsl("fmt", file.parent) == (0, "2 already in form\n", "")
    assert sorted(path.name for path in file.parent.iterdir()) == ["one.yaml", "two.yaml"]


def test_check_shows_what_would_change_and_writes_nothing(sagadsl, write):
    file = write("one.yaml", UNTIDY)

    result = sagadsl("fmt", "--check", file)

    assert result.code == 1
    assert "\n+name: x\n" in result.out
    assert "\n-- {service: s,  id: a, action: b}  # why\n" in result.out
    assert result.out.endswith("1 to be formatted\n")
    assert file.read_text(encoding="utf-8") == UNTIDY
    assert sagadsl("fmt", "--check", write("tidy.yaml", TIDY)) == (0, "1 already in form\n", "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TIDY.replace("\n", "\r\n").encode(), "its lines do not end with LF"),
        (b"\xef\xbb\xbf" + TIDY.encode(), "has a byte order mark"),
        (TIDY.rstrip().encode(), "its last line has no end"),
    ],
)
def test_line_ends_and_byte_order_marks_are_a_change(sagadsl, write, content, said):
    file = write("one.yaml", content)

    assert sagadsl("fmt", "--check", file) == (1, f"{file}: {said}\n1 to be formatted\n", "")
    assert sagadsl("fmt", file).code == 0
    assert file.read_bytes() == TIDY.encode()


def test_what_cannot_be_read_is_told_and_left_alone_while_the_others_are_written(sagadsl, write):
    broken, good = write("a.yaml", "name: [x\n"), write("b.yaml", UNTIDY)
    odd = write("c.yaml", "? name\n: x\nsteps: []\n")

    result = sagadsl("fmt", broken, good, odd)

    assert result.code == 1
    assert f"{broken}:" in result.err
    assert "[SAGA105]" in result.err
    assert f"{odd}: left alone: line 1: a key is written in an unusual way; write it as key: value\n" in result.err
    assert result.out == f"formatted {good}\n1 formatted, 2 left alone\n"
    assert broken.read_text(encoding="utf-8") == "name: [x\n"


def test_a_definition_with_errors_of_meaning_is_formatted_and_keeps_them(sagadsl, write):
    file = write("one.yaml", TRIP.replace("input.city", "input.town").replace("action: book,", "action:   book,"))
    before = sagadsl("validate", file).out

    assert sagadsl("fmt", file).code == 0
    assert sagadsl("validate", file).out == before
    assert "action: book," in file.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such permissions")
def test_permissions_and_links_stay(sagadsl, write, tmp_path):
    file = write("one.yaml", UNTIDY)
    file.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(file)

    assert sagadsl("fmt", link).code == 0
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == TIDY
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_file_that_cannot_be_written_stays_as_it_was(sagadsl, write, monkeypatch):
    from pathlib import Path

    file = write("one.yaml", UNTIDY)

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    result = sagadsl("fmt", file)

    assert result.code == 1
    assert f"{file}: cannot be written: No space left on device" in result.err
    assert file.read_text(encoding="utf-8") == UNTIDY
    assert [path.name for path in file.parent.iterdir()] == ["one.yaml"]


def test_a_path_that_is_not_there(sagadsl, tmp_path):
    assert sagadsl("fmt", tmp_path / "no.yaml").code == 2
