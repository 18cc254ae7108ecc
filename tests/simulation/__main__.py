"""Play worlds: `python -m tests.simulation --seeds 2000`, or one of them with its whole story: `--seed 7`."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.simulation.breaking import BREAKAGES
from tests.simulation.many import broken, play_block
from tests.simulation.play import SEEDS_A_SAGA


def main(arguments=None):
    """Return 1 if a law was broken in some world, else 0."""
    options = _options(arguments)
    if options.seed is not None:
        return _tell(options.seed, options.breaking)
    started = time.monotonic()
    begin, end = options.first, options.first + options.seeds
    blocks = [(n, min(n + SEEDS_A_SAGA, end), options.breaking) for n in range(begin, end, SEEDS_A_SAGA)]
    breaking = f" --breaking {options.breaking}" if options.breaking else ""
    failures, events, crashes = [], 0, 0
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for block in pool.map(play_block, blocks):
            for seed, violation, events_there, crashes_there in block:
                events, crashes = events + events_there, crashes + crashes_there
                if violation is not None:
                    failures.append(seed)
                    _say(f"seed {seed}: {violation}\n    python -m tests.simulation --seed {seed}{breaking}")
    seconds = time.monotonic() - started
    _say(
        f"{options.seeds} worlds, {events} events, {crashes} processes killed, {seconds:.0f} s: {len(failures)} failed"
    )
    return 1 if failures else 0


def _options(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="how many worlds to play (2000)")
    parser.add_argument("--first", type=int, default=0, help="the first one's seed (0)")
    parser.add_argument("--seed", type=int, help="play this one, and tell its story")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at a time (one for each processor)")
    parser.add_argument("--breaking", choices=BREAKAGES, help="break something on purpose")
    return parser.parse_args(arguments)


def _tell(seed, breaking):
    result = broken(breaking, seed)
    _say("\n".join(result.story))
    if result.violation is None:
        _say(f"seed {seed}: all is well ({result.digest})")
        return 0
    _say("".join(traceback.format_exception(result.violation)) + f"seed {seed} ({result.digest})")
    return 1


def _say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of text have another order in every process otherwise
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], environment)
    sys.exit(main())
