"""`observation.md`: metrics, fields of logs and kinds of alerts."""

from __future__ import annotations

from sagadsl.runtime.observe.alerts import ALERTS
from sagadsl.runtime.observe.logs import FIELDS, LOGGER
from sagadsl.runtime.observe.metrics import METRICS
from tests.docs.generate import markdown
from tests.docs.generate.markdown import code, table

INTRODUCTION = """\
What an engine tells of itself. [Observe sagas](../how-to/observe.md) and [Be told what goes wrong](../how-to/alerts.md)
show how to use it."""

STORE = """\
What begins with `sagadsl_store_` stands in the store and not in one engine: all engines of a store report the same, so
take `max` over them, not `sum`. It is looked up every 15 seconds, and less often where that takes long."""

ALERT = """\
An alert is a JSON object: `alert` is its kind, `state` is `firing`, or `resolved` when it is over, `subject` is what it is
about, `summary` a sentence and `text` the same for chat systems, `at` when it was found, in seconds since 1970, and
`details` more of it."""


def page() -> str:
    """Return the page."""
    return markdown.page(
        "Metrics, logs and alerts",
        INTRODUCTION,
        "## Metrics",
        table(["metric", "kind", "labels", "what it says"], [_metric(name) for name in METRICS]),
        STORE,
        "## Logs",
        f"Records of the logger `{LOGGER}` carry, as far as there is such a thing:",
        table(["field", "what it says"], [(code(name), text) for name, text in FIELDS.items()]),
        "## Alerts",
        table(["alert", "when"], [(code(name), text) for name, text in ALERTS.items()]),
        ALERT,
    )


def _metric(name: str) -> tuple[str, str, str, str]:
    metric = METRICS[name]
    return code(name), metric.kind, ", ".join(map(code, metric.labels)), metric.help
