"""A worker's metrics as Prometheus reads them, a minute after the other, and `promtool`, which judges them."""

from __future__ import annotations

import subprocess

import yaml
from prometheus_client import CollectorRegistry

from sagadsl import Engine
from sagadsl.runtime.observe.metrics import measure
from sagadsl.runtime.observe.watch import Health, Watch
from tests.programs import needed

JOB = {"job": "sagadsl"}


class Worker:
    """A worker's metrics, minute for minute.

    Args:
        services: What its engine calls.
        instance: Prometheus's name for it.
    """

    def __init__(self, services, instance="a"):
        self.instance, self.minutes = instance, []
        self.registry = CollectorRegistry()
        self.engine = Engine("memory:", services)
        self.metrics = measure(self.engine, self.registry)
        self.watch = Watch(self.engine, [self.metrics.looked])

    async def __aenter__(self):
        await self.engine.open()
        return self

    async def __aexit__(self, *_):
        await self.engine.close()

    def scraped(self, minutes=1):
        """Let so many minutes go by in which nothing changes."""
        for _ in range(minutes):
            self.minutes.append(
                {
                    (sample.name, *sorted({**sample.labels, "instance": self.instance, **JOB}.items())): sample.value
                    for family in self.registry.collect()
                    for sample in family.samples
                    if not sample.name.endswith("_created")
                }
            )

    def gone(self, minutes):
        """Let so many minutes go by in which Prometheus reaches nobody, and marks every series as stale."""
        self.minutes.extend([{}] * minutes)

    def goes_on(self, minutes=1):
        """Let so many minutes go by in which it sees a store where nothing is wrong."""
        for _ in range(minutes):
            self.saw()
            self.scraped()

    async def looked(self):
        """Look at the store, at Prometheus's time, which begins with 0."""
        health = await self.watch.once()
        self.saw(health.by_status, health.stale)

    def saw(self, by_status=(), stale=()):
        self.metrics.looked(Health(60.0 * len(self.minutes), dict(by_status), stale, self.engine.services.breakers()))


def series(worker):
    keys = dict.fromkeys(key for minute in worker.minutes for key in minute)
    for name, *labels in keys:
        values = (minute.get((name, *labels)) for minute in worker.minutes)
        told = ",".join(f'{label}="{value}"' for label, value in labels)
        yield {"series": f"{name}{{{told}}}", "values": " ".join("stale" if v is None else f"{v:g}" for v in values)}


def judged(worker, folder, rules, tests):
    """Have `promtool` check expressions over what a worker has told; `tests` are its `promql_expr_test`."""
    told = {"interval": "1m", "input_series": list(series(worker)), "promql_expr_test": tests}
    whole = {"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": [told]}
    (folder / "told.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    asked = [needed("promtool"), "test", "rules", str(folder / "told.yaml")]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
