"""Every block of every page is carried out, and shows what happens."""

import pytest

from sagadsl.cli.exits import EXIT_OF_STATUS
from tests.docs.execution import Run
from tests.docs.pages import FENCE, ROOT, Page, pages


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_page_is_true(page, tmp_path):
    for shown in Run(page, tmp_path).blocks():
        assert shown.expected_normalised == shown.actual_normalised, f"{page.at(shown.block)} shows something else"


def test_the_commands_of_the_sample_sagas_work(tmp_path):
    page = Page(ROOT / "definitions" / "README.md")
    shell = Run(page, tmp_path).shell

    for block in page.blocks:
        for command in block.text.replace("\\\n", " ").splitlines():
            ran = shell.run(command)
            assert ran.code in EXIT_OF_STATUS.values(), f"{command}\n{ran.output}"
    assert (tmp_path / "payment.svg").is_file()


def test_the_two_commands_of_the_readme_are_what_ci_runs():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    first, second = (block.text.strip() for block in Page(ROOT / "README.md").blocks if block.language == "sh")

    assert ci.index(first) < ci.index(second)


def test_the_embedding_example_is_under_twenty_lines():
    (example,) = (block for block in Page(ROOT / "README.md").blocks if block.language == "python")

    assert len([line for line in example.text.splitlines() if line.strip()]) < 20


def test_pages_are_short():
    for page in pages():
        if "Made by" not in page.text:
            printed = sum(len(b.text.splitlines()) for b in page.blocks if b.language in {"console", "text"})
            assert len(page.text.splitlines()) - printed <= 230, page.name


def test_no_page_hides_a_block_from_the_tests():
    for page in pages():
        assert page.text.count(FENCE) == 2 * len(page.blocks), page.name
