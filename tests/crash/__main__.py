"""The long form of the crash tests: `python -m tests.crash --rounds 300 --sagas 200 --store sqlite`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.crash.audit import findings
from tests.crash.cutting import cut_again_and_again
from tests.crash.trial import Trial
from tests.crash.world import the_world
from tests.runtime.store.postgres import new_database, postgres_server


def main():
    options = _options()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="sagadsl-crash-"))
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with contextlib.ExitStack() as exits:
        store = url = _store(options.store, folder, exits)
        if options.cuts:
            url = exits.enter_context(cut_again_and_again(store, options.seed, options.cuts))
        trial = exits.enter_context(
            Trial(url, folder, workers=options.workers, in_flight=options.sagas, lease=options.lease, seed=options.seed)
        )
        trial.rounds(options.rounds, options.longest, options.frozen)
        trial.finish()
        world = asyncio.run(the_world(store, folder))
    wrong = [*findings(world), *_complaints(trial, options.workers)]
    sys.stdout.writelines(f"{line}\n" for line in _report(world, trial, wrong, time.monotonic() - began, folder))
    sys.exit(bool(wrong))


def _options():
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--store", default="sqlite", help="sqlite, postgres, or the URL of an empty store")
    parser.add_argument("--rounds", type=int, default=300, help="how often to kill a worker")
    parser.add_argument("--sagas", type=int, default=200, help="how many to have in flight at a time")
    parser.add_argument("--workers", type=int, default=1, help="how many processes share the store")
    parser.add_argument("--longest", type=float, default=1.0, help="seconds for which a worker lives at the most")
    parser.add_argument("--frozen", type=float, default=0.0, help="share of the rounds that freeze a worker instead")
    parser.add_argument("--lease", type=float, default=10.0, help="seconds after which a worker is taken for dead")
    parser.add_argument("--cuts", type=float, default=0.0, help="cut all connections every so many seconds or earlier")
    parser.add_argument("--seed", type=int, default=0, help="decides about the moments")
    parser.add_argument("--folder", help="where to keep the ledgers; a new one otherwise")
    return parser.parse_args()


def _store(kind, folder, exits):
    if kind == "sqlite":
        return f"sqlite:///{folder / 'saga.db'}"
    if kind == "postgres":
        return exits.enter_context(new_database(exits.enter_context(postgres_server())))
    return kind


def _complaints(trial, workers):
    for number in range(workers):
        if "Traceback" in trial.log(number):
            yield f"worker {number} has written a traceback"


def _report(world, trial, wrong, seconds, folder):
    events = sum(len(story.events) for story in world.stories.values())
    calls = sum(line["what"] == "called" for line in world.lines)
    statuses = Counter(story.row.status for story in world.stories.values())
    yield f"{trial.kills} kills and {trial.freezes} freezes in {seconds:.0f} s"
    yield f"{len(world.stories)} sagas, {events} events, {calls} calls"
    yield ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    yield from wrong
    yield f"{len(wrong) or 'nothing'} wrong; everything is in {folder}"


if __name__ == "__main__":
    main()
