"""Running the command as a person does, in this process."""

import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from sagadsl.cli.main import main

ROOT = Path(__file__).parents[2]


class Result(NamedTuple):
    """What a person sees of a run: the exit code, and the two streams."""

    code: int
    out: str
    err: str


@pytest.fixture
def sagadsl(monkeypatch, capfd):
    """Run a command line and return its result."""

    def run(*args, stdin=None):
        monkeypatch.setattr(sys, "argv", ["sagadsl", *map(str, args)])
        monkeypatch.setenv("COLUMNS", "200")
        if stdin is not None:
            import io

            data = stdin if isinstance(stdin, bytes) else stdin.encode()
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        capfd.readouterr()
        path = list(sys.path)
        try:
            main()
        except SystemExit as end:
            code = end.code
        finally:
            sys.path[:] = path
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Result(code, out, err)

    return run


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    """The store that commands use where they are told no other: a new one for each test."""
    url = f"sqlite:///{tmp_path}/sagas.db"
    monkeypatch.setenv("SAGADSL_STORE", url)
    return url


@pytest.fixture
def keep(store):
    """Put a saga into the store; see `Keeper.keep`."""
    from tests.cli.keeping import Keeper

    return Keeper(store).keep


@pytest.fixture
def write(tmp_path):
    """Write a file and return its path."""

    def file(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text) if isinstance(text, bytes) else path.write_text(text, encoding="utf-8")
        return path

    return file


TRIP = """\
name: trip
input: {type: object, required: [city], properties: {city: {type: string}, nights: {type: integer, minimum: 1}}}
steps:
  - {id: book_hotel, service: hotel, action: book, payload: {city: "${input.city}"}, compensation: cancel}
  - {id: book_flight, service: air, action: book, payload: {hotel: "${states.book_hotel.output.ref}"}, compensation: cancel}
output: {hotel: "${states.book_hotel.output.ref}"}
"""

SERVICES = """\
from sagadsl import ActionError, Services

services = Services()

@services.action("hotel.book")
def book_hotel(city):
    return {"ref": f"hotel in {city}"}

@services.action("air.book")
async def book_flight(hotel):
    if "Atlantis" in hotel:
        raise ActionError("NoFlight", "nobody flies there", retryable=False)
    return {}

@services.action("hotel.cancel")
@services.action("air.cancel")
def cancel(input, output):
    pass
"""


@pytest.fixture
def trip(write):
    """A definition that is not among the shipped ones."""
    return write("trip.yaml", TRIP)


@pytest.fixture
def trip_services(write):
    """Its services."""
    return write("trip_services.py", SERVICES)
