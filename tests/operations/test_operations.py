"""The alert rules and the dashboard of `docs/operations`: they load, they speak of metrics that there are, they work."""

import asyncio
import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import generate_latest

from sagadsl import ActionError, Services, compile_saga, load
from sagadsl.runtime.observe.metrics import METRICS
from tests.operations.workers import Worker, judged
from tests.programs import needed

HERE = Path(__file__).parent
OPERATIONS = HERE.parents[1] / "docs" / "operations"
RULES = OPERATIONS / "prometheus-rules.yaml"
DASHBOARD = OPERATIONS / "grafana-dashboard.json"

OF_PROMETHEUS = {"job", "instance", "le"}
_METRIC = re.compile(r"\b(sagadsl_\w+)(?:\{([^}]*)\})?")
_BY = re.compile(r"\bby \(([^)]*)\)")
_SUFFIX = re.compile(r"_(bucket|count|sum)$")


def rules():
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return group["rules"]


def dashboard():
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))


def queries():
    """Everything that the dashboard asks Prometheus for, by its panel's title."""
    return [(panel["title"], target["expr"]) for panel in dashboard()["panels"] for target in panel["targets"]]


EXPRESSIONS = [(rule["alert"], rule["expr"]) for rule in rules()] + queries()


def metric_of(name):
    """The metric behind a name of PromQL, where histograms have three."""
    return METRICS[name] if name in METRICS else METRICS[_SUFFIX.sub("", name)]


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_an_expression_speaks_of_metrics_and_labels_that_there_are(where, expression):
    found = _METRIC.findall(expression)

    known = set(OF_PROMETHEUS)
    for name, matchers in found:
        metric = metric_of(name)
        is_part = name not in METRICS
        assert is_part == (metric.kind == "histogram"), f"{name} is no series of a {metric.kind}"
        labels = set(re.findall(r"(\w+)\s*(?:=~|!=|=)", matchers))
        assert labels <= {*metric.labels, *OF_PROMETHEUS}, name
        known |= set(metric.labels)
    assert found
    assert {label.strip() for labels in _BY.findall(expression) for label in labels.split(",")} <= known


def test_every_metric_but_the_counts_of_calls_is_on_the_dashboard():
    shown = {name for _, expression in queries() for name, _ in _METRIC.findall(expression)}

    assert {_SUFFIX.sub("", name) if name not in METRICS else name for name in shown} == set(METRICS)


def test_every_rule_says_how_bad_it_is_and_what_to_do():
    for rule in rules():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "description"}
    assert len({rule["alert"] for rule in rules()}) == len(rules())


def test_a_label_that_a_rule_tells_of_is_one_that_it_keeps():
    for rule in rules():
        told = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
        kept = {label.strip() for labels in _BY.findall(rule["expr"])[:1] for label in labels.split(",")}
        assert told <= kept, rule["alert"]


def test_the_dashboard_has_what_grafana_needs_and_nothing_lies_on_anything_else():
    board = dashboard()
    taken = {}

    for panel in board["panels"]:
        place = panel["gridPos"]
        assert panel["type"] in {"stat", "timeseries"}
        assert place["x"] + place["w"] <= 24
        for cell in (
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ):
            assert taken.setdefault(cell, panel["id"]) == panel["id"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    variables = {each["name"] for each in board["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(board))) - {"__rate_interval", "__all"}
    assert used == variables


def promtool(*arguments, cwd):
    ended = subprocess.run([needed("promtool"), *arguments], capture_output=True, text=True, cwd=cwd, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_prometheus_loads_the_rules(tmp_path):
    assert f"{len(rules())} rules found" in promtool("check", "rules", str(RULES), cwd=tmp_path)


def test_the_rules_tell_of_what_is_wrong_and_of_nothing_else(tmp_path):
    text = (HERE / "prometheus-rules.test.yaml").read_text(encoding="utf-8").replace("RULES", str(RULES))
    (tmp_path / "test.yaml").write_text(text, encoding="utf-8")

    assert "SUCCESS" in promtool("test", "rules", "test.yaml", cwd=tmp_path)


def test_prometheus_understands_what_the_dashboard_asks_for(tmp_path):
    asked = [
        {"record": f"query:{number}", "expr": re.sub(r"\$\w+", ".*", expression.replace("$__rate_interval", "5m"))}
        for number, (_, expression) in enumerate(queries())
    ]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": asked}]}), encoding="utf-8")

    assert f"{len(asked)} rules found" in promtool("check", "rules", "rules.yaml", cwd=tmp_path)


TRIP = """\
name: trip
steps:
  - {id: book, service: hotel, action: book, compensation: cancel, retry: {max_attempts: 2, initial_delay: 1ms}}
  - {id: pay, service: bank, action: pay, compensation: refund}
"""


def town():
    """A hotel that fails now and then, and a bank that does and cannot give anything back."""
    services, calls = Services(), []
    services.breaker("bank")

    @services.action("hotel.book")
    async def book():
        calls.append("book")
        if calls.count("book") % 3 == 1:
            raise ActionError("Busy")

    @services.action("bank.pay")
    async def pay():
        calls.append("pay")
        if calls.count("pay") % 2 == 0:
            raise ActionError("Lost", in_doubt=True)

    @services.action("hotel.cancel")
    async def cancel(): ...

    @services.action("bank.refund")
    async def refund():
        raise ActionError("Closed", retryable=False)

    return services


@pytest.fixture
async def worker():
    """A worker that has a good deal to tell."""
    async with Worker(town()) as worker:
        trip = compile_saga(load(TRIP))
        await worker.engine.register(trip)
        for _ in range(3):  # minutes
            for _ in range(3):
                await worker.engine.run(trip, {})
            await worker.looked()
            worker.scraped()
        yield worker


async def test_prometheus_finds_nothing_wrong_with_what_a_worker_serves(worker):
    served = generate_latest(worker.registry)
    asked = {"args": [needed("promtool"), "check", "metrics"], "input": served, "capture_output": True}
    ended = await asyncio.to_thread(subprocess.run, **asked, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


async def test_whatever_the_dashboard_shows_there_is_something_to_be_seen(worker, tmp_path):
    asked = [re.sub(r"\$\w+", ".*", expression.replace("$__rate_interval", "5m")) for _, expression in queries()]

    judged(
        worker,
        tmp_path,
        RULES,
        [
            {"expr": f"count({each}) > bool 0", "eval_time": "2m", "exp_samples": [{"labels": "{}", "value": 1}]}
            for each in asked
        ],
    )


def test_the_page_on_alerts_has_every_rule():
    page = (OPERATIONS.parent / "how-to" / "alerts.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == [rule["alert"] for rule in rules()]
