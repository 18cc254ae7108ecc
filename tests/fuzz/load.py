"""Coverage-guided fuzzing of all that happens to a text until it is a definition, by hand:

    .venv/bin/pip install '.[test,fuzz]'
    .venv/bin/python -m tests.fuzz.load --seconds 600

Starts from the texts in `corpus/`, the sample definitions and those of the specification, prints what it finds and keeps
the text of each finding in `--findings`. Exit code 1 when there is one; each is to become a test.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sagadsl", "yaml"]):
    import sagadsl.language.checks
    import sagadsl.language.ignores
    import sagadsl.language.scalar_places
    import sagadsl.language.syntax_errors  # noqa: F401  the lazily imported ones too: they are to be instrumented
    from tests.fuzz.promises import keep

from tests.fuzz.mutations import mutated, words

ROOT = Path(__file__).resolve().parents[2]
SEEDS = (Path(__file__).parent / "corpus", ROOT / "definitions", ROOT / "tests" / "language" / "specification")
LONGEST = 4096  # bytes
SLOW = 10  # seconds for one text


def main() -> None:
    """Fuzz for some seconds, in a process of its own: libFuzzer ends the one that it runs in."""
    arguments = _arguments()
    if arguments.corpus:
        _fuzz(arguments)
        return
    findings = arguments.findings or Path(tempfile.mkdtemp(prefix="sagadsl-findings-"))
    findings.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        _seed(Path(folder))
        program = [sys.executable, "-m", "tests.fuzz.load", "--corpus", folder, "--findings", str(findings)]
        ran = subprocess.run([*program, "--seconds", str(arguments.seconds)], cwd=ROOT, check=False)
    found = sorted(path.name for path in findings.iterdir())
    sys.stdout.write(f"{len(found)} findings in {findings}: {', '.join(found)}\n" if found else "no finding\n")
    sys.exit(1 if found or ran.returncode else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.load")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--findings", type=Path, default=None, help="a folder; else a new one")
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _seed(folder: Path) -> None:
    for number, path in enumerate(path for seeds in SEEDS for path in sorted(seeds.iterdir()) if path.is_file()):
        (folder / f"{number}-{path.name}").write_bytes(path.read_bytes()[:LONGEST])


def _fuzz(arguments: argparse.Namespace) -> None:
    vocabulary = words()
    seen: set[str] = set()

    def test(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        try:
            keep(text)
        except Exception as error:  # noqa: BLE001  kept, printed, and counted by the parent process
            _keep_finding(error, data, seen, arguments.findings)

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        if seed % 4 == 0:
            blind: bytes = atheris.Mutate(data, longest)
            return blind
        return mutated(data.decode("utf-8", "replace"), vocabulary, seed).encode("utf-8", "replace")[:longest]

    limits = [f"-max_total_time={arguments.seconds}", f"-max_len={LONGEST}", f"-timeout={SLOW}", "-print_final_stats=1"]
    artifacts = f"-artifact_prefix={arguments.findings}/"
    atheris.Setup([sys.argv[0], *limits, artifacts, str(arguments.corpus)], test, custom_mutator=mutate)
    atheris.Fuzz()


def _keep_finding(error: Exception, data: bytes, seen: set[str], folder: Path) -> None:
    """Keep the first text of each place in the code where something went wrong."""
    frames = traceback.extract_tb(error.__traceback__)[-2:]
    where = f"{type(error).__name__} {[(frame.filename, frame.lineno) for frame in frames]}"
    if where in seen:
        return
    seen.add(where)
    name = hashlib.sha256(where.encode()).hexdigest()[:12]
    (folder / name).write_bytes(data)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"finding {name}: {''.join(traceback.format_exception(error))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
