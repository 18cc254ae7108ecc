"""Thousands of worlds keep the laws, each of them can be played again, and a broken engine or store is noticed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.breaking import BREAKAGES
from tests.simulation.many import broken
from tests.simulation.play import play
from tests.simulation.world import BrokenLawError

ROOT = Path(__file__).parents[2]
SEEDS = 2000 if os.environ.get("CI") else 200
TRIES = 1500
"""So many worlds at the most until a breakage is noticed."""


def simulation(*arguments, **environment):
    """What `python -m tests.simulation` says, and whether it is content."""
    command = [sys.executable, "-m", "tests.simulation", *map(str, arguments)]
    environment = {**os.environ, **environment}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def test_whatever_goes_wrong_the_laws_hold_in_the_end():
    code, said = simulation("--seeds", SEEDS)

    assert code == 0, said
    assert f"{SEEDS} worlds" in said


def test_in_these_worlds_much_happens():
    worlds = [play(seed) for seed in range(40)]

    assert sum(world.events for world in worlds) > 40 * 10
    assert sum(world.crashes for world in worlds) > 40
    story = "\n".join(line for world in worlds for line in world.story)
    for happening in (
        "is frozen",
        "is woken",
        "buried alive",
        "jumps",
        "closes",
        "REFUSED",
        "begins anew",
        "took the place",
    ):
        assert happening in story, happening


def test_a_seed_plays_the_same_again_after_others_in_the_same_process():
    digests = [play(seed).digest for seed in range(40)]

    assert [play(seed).digest for seed in range(40)] == digests


@pytest.mark.parametrize("seed", [3, 17, 31])
def test_a_seed_says_all_that_happens_in_whatever_process_it_is_played(seed):
    first = simulation("--seed", seed, PYTHONHASHSEED="1")
    again = simulation("--seed", seed, PYTHONHASHSEED="2")

    assert first == again
    assert len(first[1].splitlines()) > 10


@pytest.mark.parametrize("name", BREAKAGES)
def test_what_is_broken_on_purpose_is_noticed_and_can_be_played_again(name):
    results = (broken(name, seed) for seed in range(TRIES))
    found = next((result for result in results if result.violation is not None), None)

    assert found is not None, f"{TRIES} worlds, and nobody noticed"
    assert isinstance(found.violation, BrokenLawError), found.violation
    again = broken(name, found.seed)
    assert (str(again.violation), again.digest) == (str(found.violation), found.digest)


def test_the_command_names_the_worlds_that_failed_and_how_to_play_them_again():
    breaking = "an_engine_with_a_new_key_for_every_attempt"

    code, said = simulation("--seeds", 10, "--jobs", 1, "--breaking", breaking)

    assert code == 1
    assert "was never commanded" in said
    assert f"python -m tests.simulation --seed 0 --breaking {breaking}" in said
    code, story = simulation("--seed", 0, "--breaking", breaking)
    assert code == 1
    assert "calls service.act" in story
    assert "BrokenLawError" in story
