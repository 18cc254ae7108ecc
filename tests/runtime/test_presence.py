"""What an engine says of itself among others."""

import asyncio
import time

from sagadsl import Engine, Services, compile_saga, load
from sagadsl.runtime import Limits

LOAN = compile_saga(load("{name: loan, steps: [{id: count, service: bank, action: count, kind: read_only}]}"))


async def test_an_action_that_holds_up_the_event_loop_is_told_in_the_log(monkeypatch, caplog):
    monkeypatch.setattr("sagadsl.runtime.presence.STANDSTILL", 0.2)
    services = Services()

    @services.action("bank.count")
    async def count():
        time.sleep(0.5)  # noqa: ASYNC251 - that is the point

    async with Engine("memory:", services, limits=Limits(beat=0.05)) as engine:
        assert (await engine.run(LOAN, {})).status == "completed"
        await asyncio.sleep(0.2)

    assert "the event loop stood still for" in caplog.text
    assert "make it a plain function" in caplog.text


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

    assert "loan: there are sagas of version 1 with another text" in caplog.text
