"""What is fuzzed by hand, over the texts that the fuzzer starts from and a few changes to each."""

from pathlib import Path

import pytest

from sagadsl.language.catalogue import read_catalogue
from sagadsl.language.load import check
from tests.fuzz import promises
from tests.fuzz.mutations import mutated, words
from tests.fuzz.promises import PromiseError, keep

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
VOCABULARY = words()


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_the_promises_hold_for_each_text_and_for_changes_to_it(path):
    text = path.read_text(encoding="utf-8")
    keep(text)
    for seed in range(30):
        keep(mutated(text, VOCABULARY, seed))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_the_fuzzer_starts_from_what_is_right_so_that_it_gets_far(path):
    read = read_catalogue if path.stem == "services" else check
    assert read(path.read_text(encoding="utf-8"), path.name)[0] is not None


def test_a_promise_that_is_broken_is_told(monkeypatch):
    monkeypatch.setattr(promises, "check", lambda text, file: (None, []))
    with pytest.raises(PromiseError, match="gives a definition"):
        keep("name: x\n")


def test_changes_are_the_same_for_the_same_seed_and_differ_otherwise():
    text = CORPUS[0].read_text(encoding="utf-8")
    assert mutated(text, VOCABULARY, 1) == mutated(text, VOCABULARY, 1)
    assert len({mutated(text, VOCABULARY, seed) for seed in range(20)}) > 15
