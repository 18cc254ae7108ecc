"""What watches the documentation sees what is wrong with it."""

import pytest

from tests.docs import pages
from tests.docs.commands import commands_in, mistakes_in, normalised
from tests.docs.execution import PageError, Run
from tests.docs.pages import Page
from tests.docs.update import with_output

SAGA = """\
```yaml stay.yaml
name: stay
steps: [{id: room, service: hotel, action: book, compensation: cancel}]
```
"""

NESTED = """\
all:
  type: map
  items: "[1]"
  states:
    one: {service: s, action: a, kind: read_only, next: end}
    end: {type: succeed, output: "${states.one.output}"}
  next: wait
wait: {type: wait, signal: go, timeout: 1h, on_timeout: late, next: done}"""


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "ROOT", tmp_path)

    def write(text):
        path = tmp_path / "page.md"
        path.write_text(text, encoding="utf-8")
        return Page(path)

    return write


@pytest.fixture
def run(page, tmp_path):
    def carry_out(text):
        folder = tmp_path / "folder"
        folder.mkdir()
        return list(Run(page(text), folder).blocks())

    return carry_out


def block(words, text):
    return f"```{words}\n{text}\n```\n"


def test_output_that_is_not_so_is_seen_and_mended(page, tmp_path):
    written = page(
        f"# T\n\n{SAGA}\n{block('console', '$ sagadsl validate stay.yaml' + chr(10) + 'all is lost')}\nend\n"
    )
    (tmp_path / "run").mkdir()

    shown = list(Run(written, tmp_path / "run").blocks())

    assert not shown[0].is_up_to_date
    assert "$ sagadsl validate stay.yaml\n1 definition is valid\n```" in with_output(written, shown)
    assert with_output(written, shown).startswith("# T\n\n```yaml")
    assert with_output(written, shown).endswith("```\n\nend\n")


def test_a_command_sees_how_the_last_one_ended(run):
    (shown,) = run(SAGA + block("console", "$ sagadsl run stay.yaml --simulate --fail room >/dev/null\n$ echo $?\n3"))

    assert shown.is_up_to_date


def test_ids_and_measured_times_differ_from_run_to_run():
    line = "    0.013s  · stay   version 1, saga 0123456789abcdef0123456789abcdef"

    assert normalised(line, real_time=True) == "    0.000s  · stay   version 1, saga ID"
    assert "0.013s" in normalised(line, real_time=False)


def test_printed_text_that_is_not_so_is_seen(run):
    assert run(block("python", "print(1 + 1)") + block("text", "2"))[0].is_up_to_date


def test_python_blocks_share_their_names_and_printed_text_is_compared(run):
    (shown,) = run(block("python", "a = 1") + block("python", "print(a)") + block("text", "2"))

    assert not shown.is_up_to_date


@pytest.mark.parametrize(
    "text",
    [
        block("yaml bad.yaml", "name: bad\nsteps: []"),
        block("yaml task", "retries: 3"),
        block("yaml catalogue", "services: {bank: {}}"),
        block("yaml states", "a: {service: s, action: b}"),
        block("yaml wrong", "name: stay\nsteps: [{id: room, service: hotel, action: book}]"),
        block("yaml fancy", "a: 1"),
        block("json", "{'a': 1}"),
        block("console", "$ no-such-command"),
        block("sh", "sagadsl validate --fast definitions"),
        block("sh", "sagadsl paint definitions"),
        block("sh", "sagadsl validate definitions/nothing.yaml"),
        block("text", "floating"),
        block("rust", "fn main() {}"),
    ],
)
def test_a_block_that_is_wrong_in_itself_is_refused(run, text):
    with pytest.raises(PageError, match=r"page\.md:2: "):
        run(text)


@pytest.mark.parametrize("text", ["```yaml\nname: a\n", "- a\n  ```yaml\n  a: 1\n  ```\n"])
def test_a_block_that_nothing_would_check_is_refused(run, text):
    with pytest.raises(ValueError, match=r"never closed|indented"):
        run(text)


def test_fragments_are_made_whole(run):
    run(
        block("yaml states", "a: {service: s, action: b, next: c, payload: {x: '${states.before.output.x}'}}")
        + block("yaml states", "a: {service: s, action: b, next: c}\nd: {service: s, action: b, next: c}")
        + block("yaml task", "retry: {max_attempts: 3}")
        + block("yaml top", "timeout: 5m\noutput: {x: '${states.ship.output.x}'}")
        + block("yaml", "timeout: 5m")
        + block("yaml catalogue", "services: {bank: {actions: {pay: {}}}}")
        + block("yaml states", NESTED)
    )


def test_a_command_may_go_on_in_the_next_line():
    (command,) = commands_in("$ echo \\\n  a\na\n")

    assert command == ("echo \\\n  a", "a\n")


def test_scripts_that_are_right_are_left_alone():
    assert not list(mistakes_in("python -m pip install sagadsl\nsagadsl validate --strict definitions  # all of them"))
