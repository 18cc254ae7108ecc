"""What an engine says of itself among others."""

import asyncio
import threading
import time

from sagadsl import Engine, Services, compile_saga, load
from sagadsl.runtime import Limits
from tests.runtime.shops import eventually

QUICK = Limits(lease=1.0, beat=0.1, poll=0.05, grace=0.5)

LOAN = compile_saga(load("{name: loan, steps: [{id: count, service: bank, action: count, kind: read_only}]}"))


async def test_an_action_that_holds_up_the_event_loop_is_told_in_the_log(monkeypatch, caplog):
    monkeypatch.setattr("sagadsl.runtime.presence.STANDSTILL", 0.2)
    monkeypatch.setattr("sagadsl.runtime.standstill.PATIENCE", 0.1)
    monkeypatch.setattr("sagadsl.runtime.standstill._BETWEEN", 0.05)
    services = Services()

    @services.action("bank.count")
    async def count():
        time.sleep(1.5)  # noqa: ASYNC251 - that is the point

    async with Engine("memory:", services, limits=Limits(beat=0.05)) as engine:
        assert (await engine.run(LOAN, {})).status == "completed"
        await asyncio.sleep(0.2)

    assert "the event loop stood still for" in caplog.text
    assert "make it a plain function" in caplog.text


async def test_what_holds_up_the_event_loop_is_named_and_so_is_what_comes_of_it(monkeypatch, caplog, saga_db):
    monkeypatch.setattr("sagadsl.runtime.presence.STANDSTILL", 0.2)
    monkeypatch.setattr("sagadsl.runtime.standstill.PATIENCE", 0.1)
    services, other, url = Services(), Services(), f"sqlite:///{saga_db}"
    called_again = threading.Event()

    @services.action("bank.count")
    async def count():
        called_again.wait(20)

    @other.action("bank.count")
    async def count_again():
        called_again.set()

    def take_over():
        async def run():
            async with Engine(url, other, limits=QUICK) as engine:
                await asyncio.to_thread(called_again.wait, 20)
                await engine.wait("loan-1", timeout=20)

        asyncio.run(run())

    async with Engine(url, services, limits=QUICK) as engine:
        await engine.start(LOAN, {}, "loan-1")
        await asyncio.to_thread(threading.Thread(target=take_over).start)
        assert (await engine.wait("loan-1", timeout=20)).status == "completed"
        await eventually(lambda: "it begins anew" in caplog.text)

    what = "bank.count, called by count of saga loan-1, at "
    (lost,) = [record.getMessage() for record in caplog.records if "taken for dead" in record.getMessage()]
    assert f"as the event loop stood still in {what}" in lost
    assert "another engine may have called again" in lost
    assert any("the event loop stood still for" in r.getMessage() and what in r.getMessage() for r in caplog.records)


async def test_an_engine_that_waits_as_it_should_names_nobody(monkeypatch, caplog):
    monkeypatch.setattr("sagadsl.runtime.standstill.PATIENCE", 0.05)
    services = Services()
    services.action("bank.count")(lambda: time.sleep(0.5))

    async with Engine("memory:", services, limits=QUICK) as engine:
        await engine.run(LOAN, {})
        assert engine._presence._watcher.culprit == ""

    assert caplog.text == ""


async def test_a_definition_with_the_version_of_another_one_is_told_in_the_log(caplog):
    services = Services()
    services.action("bank.count")(lambda: None)
    changed = compile_saga(
        load("{name: loan, timeout: 1h, steps: [{id: count, service: bank, action: count, kind: read_only}]}")
    )

    async with Engine("memory:", services) as engine:
        await engine.register(LOAN)
        assert caplog.text == ""
        await engine.register(changed)
        told = caplog.text
        assert "loan: version 1 has had another text so far" in told
        assert LOAN.hash[:8] in told
        assert changed.hash[:8] in told
        assert "give the definition a version of its own" in told
        await engine.register(changed)

    assert caplog.text == told
