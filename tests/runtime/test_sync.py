"""The engine without asyncio."""

import re
import threading

import pytest

from sagadsl import Services, UnexpectedEvent, compile_saga, load
from sagadsl.runtime import Filter, Key, Limits, SyncEngine, UnknownSagaError
from sagadsl.runtime.engine import Engine, EngineClosedError

TEXT = """
name: order
key: ${input.number}
input: {type: object, required: [number], properties: {number: {type: string}}}
states:
  reserve: {service: stock, action: reserve, compensation: release, next: approval}
  approval: {type: wait, signal: approved, next: end}
  end: {type: succeed, output: {by: "${signals.approved.by}"}}
"""


@pytest.fixture
def services():
    services = Services()
    services.action("stock.reserve")(lambda: None)
    services.action("stock.release")(lambda: None)
    return services


def test_a_saga_is_run_from_plain_functions_and_survives_the_engine(services, tmp_path):
    url = f"sqlite:///{tmp_path}/sagas.db"
    with SyncEngine(url, services) as engine:
        engine.register(compile_saga(load(TEXT)))
        first = engine.start("order", {"number": "7"})
        assert engine.start("order", {"number": "7"}) == first
        with pytest.raises(TimeoutError):
            engine.wait(first, timeout=0.1)

    with SyncEngine(url, services) as engine:
        engine.signal(Key("order", "7"), "approved", {"by": "ann"})
        outcome = engine.wait(first, timeout=10)
        assert outcome.output == {"by": "ann"}
        assert [row.id for row in engine.list(Filter(statuses=["completed"])).sagas] == [first]
        assert engine.list_active().sagas == ()
        assert engine.stats().success_rate == 1.0
        assert engine.events(first, after=1) == list(outcome.events[1:])
        with pytest.raises(UnexpectedEvent):
            engine.signal(first, "approved")
        engine.delete(first)
        with pytest.raises(UnknownSagaError):
            engine.get(first)


def test_every_method_of_the_engine_is_there():
    asynchronous = {name for name in dir(Engine) if not name.startswith("_")}
    asynchronous -= {
        "actions_under_way",
        "with_lease",
        "running",
        "sagas_in_memory",
        "hear_commits",
        "surround",
        "registered",
    }

    assert asynchronous <= set(vars(SyncEngine))


def test_several_threads_use_one_engine(services):
    ids = []
    with SyncEngine("memory:", services) as engine:
        engine.register(compile_saga(load(TEXT)))

        def work(number):
            saga_id = engine.start("order", {"number": str(number)})
            engine.signal(saga_id, "approved", {"by": number})
            ids.append((number, engine.wait(saga_id, timeout=10).output["by"]))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(ids) == [(number, number) for number in range(10)]


def test_an_engine_that_is_not_open_says_so(services):
    engine = SyncEngine("memory:", services)

    with pytest.raises(RuntimeError, match="not open"):
        engine.list()
    assert engine.close() == 0


def test_an_action_that_waits_for_its_own_engine_is_told_instead_of_waiting_for_ever():
    services = Services()
    errors = []

    @services.action("s.ask")
    async def ask():
        try:
            engine.list()
        except RuntimeError as error:
            errors.append(str(error))

    compiled = compile_saga(load("{name: a, steps: [{id: ask, service: s, action: ask, kind: read_only}]}"))
    with SyncEngine("memory:", services) as engine:
        assert engine.run(compiled, {}).status == "completed"

    assert "own thread" in errors[0]


def test_an_engine_that_was_closed_says_so_and_is_not_opened_again(services):
    with SyncEngine("memory:", services) as engine:
        pass

    for ask in (engine.open, engine.list):
        with pytest.raises(EngineClosedError, match="make a new SyncEngine"):
            ask()
    assert engine.close() == 0


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"lease": "10s"}, "lease: '10s' is no number of seconds"),
        ({"poll": None}, "poll: None is no number of seconds"),
        ({"actions": 1.5}, "actions: 1.5 is not a whole number"),
        ({"per_service": {"s": "many"}}, "per_service, s: 'many' is not a whole number"),
        ({"per_service": ["s"]}, "is no mapping of services to numbers of actions"),
    ],
)
def test_a_limit_that_is_no_number_is_refused_by_its_name(limits, said):
    with pytest.raises(TypeError, match=re.escape(said)):
        Limits(**limits)


def test_a_limit_of_a_service_that_is_not_there_is_refused():
    services = Services()
    services.action("stock.take")(lambda: None)

    with (
        pytest.raises(ValueError, match=r"no action of a service 'stok'; did you mean 'stock'\?"),
        SyncEngine("memory:", services, limits=Limits(per_service={"stok": 1})),
    ):
        pass
