"""What is not asked for is not imported, and a machine without it does not need it."""

import subprocess
import sys
import textwrap

import pytest

from sagadsl import Engine
from sagadsl.runtime.observe.setting_up import Observation, ObservationError, Settings
from tests.runtime.observe.sagas import services

RUN = """\
import asyncio, sys
from sagadsl import Engine, Services, compile_saga, load

services = Services()

@services.action("s.a")
async def a(): ...

saga = compile_saga(load("name: x\\nsteps: [{id: a, service: s, action: a, kind: read_only}]\\n"))

async def main():
    async with Engine("sqlite:///saga.db", services) as engine:
        assert (await engine.run(saga, {})).status == "completed"

asyncio.run(main())
"""
LOOK = "print(*sorted({name for name in sys.modules if name.split('.')[0] in wanted or name.startswith('sagadsl.runtime.observe')}))"


def imported(folder, code, *wanted):
    """The modules that are there after some code has run."""
    text = f"{code}\nimport sys\nwanted = {set(wanted)!r}\n{LOOK}"
    ended = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, cwd=folder, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_an_engine_imports_nothing_for_those_who_do_not_observe(tmp_path):
    assert imported(tmp_path, RUN, "prometheus_client", "opentelemetry", "cryptography") == []


def test_logs_and_alerts_need_nothing_that_has_to_be_installed(tmp_path):
    code = "import sagadsl.runtime.observe.logs, sagadsl.runtime.observe.setting_up"

    found = imported(tmp_path, code, "prometheus_client", "opentelemetry", "cryptography", "httpx")

    assert {name.split(".")[0] for name in found} == {"sagadsl"}


@pytest.mark.parametrize(
    ("missing", "settings", "message"),
    [
        ("prometheus_client", Settings(metrics_port=0), "metrics need `pip install 'sagadsl[metrics]'`"),
        ("opentelemetry", Settings(traces=True), "traces need `pip install 'sagadsl[otel]'`"),
    ],
)
def test_where_it_is_not_installed_that_is_said(monkeypatch, missing, settings, message):
    monkeypatch.setitem(sys.modules, missing, None)  # as Python has it for what cannot be imported
    for name in [name for name in sys.modules if name.startswith(("sagadsl.runtime.observe.", f"{missing}."))]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(ObservationError) as told:
        Observation(Engine("memory:", services()), settings)

    assert str(told.value) == message


def test_keys_without_the_library_are_told_of(tmp_path):
    code = """
        import os, sys
        from sagadsl.runtime.store.encryption import new_key
        from sagadsl.runtime.store.contract import StoreError
        from sagadsl.runtime.store.opening import open_store
        os.environ["SAGADSL_KEYS"] = new_key()
        sys.modules["cryptography"] = sys.modules["cryptography.exceptions"] = None
        try:
            open_store("sqlite:///saga.db")
        except StoreError as error:
            assert str(error) == "SAGADSL_KEYS is set, which needs `pip install 'sagadsl[encryption]'`", error
        else:
            raise AssertionError("it was opened")
        """
    imported(tmp_path, textwrap.dedent(code))
