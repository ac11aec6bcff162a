"""The dashboard and the alert rules are valid, and ask only for metrics that the line has."""

import json
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from records.metrics.snapshot import Histogram, Snapshot
from review.metrics import collector

MONITORING = Path(__file__).resolve().parents[2] / "docker" / "monitoring"
DASHBOARD = json.loads((MONITORING / "grafana-dashboard.json").read_text("utf-8"))
RULES = [
    rule
    for group in yaml.safe_load((MONITORING / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
DOCS = (MONITORING.parents[1] / "docs" / "metrics.md").read_text("utf-8")
ONE = Histogram([(0.1, 1), (float("inf"), 1)], 0.05)
SNAPSHOT = Snapshot(
    images={"flagged": 1}, batches={"running": 1}, breakers={"tripped": 1}, artifact_rates={1: 0.1},
    queues={"admit": {"waiting": 1, "working": 0}}, oldest_waiting={"admit": 1.0}, workers={"admit": 1},
    schedulers=1, step_seconds={"admit": ONE}, queue_waits={"admit": ONE}, artifacts={"admit": 1},
    costs={"admit": 0.1}, budget_left={"month": 1.0}, budget_left_ratio={"month": 0.5}, review_oldest=1.0,
    troubles={"step": 1},
)  # fmt: skip


class OneSnapshot:
    """Records that hold one of everything."""

    def transact(self, work: object, **options: object) -> Snapshot:
        return SNAPSHOT


def sample_names() -> set[str]:
    """The names of all samples that a scrape may bring."""
    database: Any = OneSnapshot()
    return {
        sample.name for family in collector.LineCollector(database).collect() for sample in family.samples
    }


def selected(expression: Any) -> set[str]:
    """Names of the metrics that a parsed query selects."""
    if isinstance(expression, promql_parser.VectorSelector):
        return {str(expression.name)}
    parts = [
        getattr(expression, name, None)
        for name in ("expr", "lhs", "rhs", "vector_selector", "selector", "vs")
    ]
    parts += list(getattr(expression, "args", None) or [])
    return {name for part in parts if part is not None for name in selected(part)}


@pytest.mark.parametrize("query", [*QUERIES, *(rule["expr"] for rule in RULES)])
def test_every_query_parses_and_asks_for_metrics_of_the_line(query: str) -> None:
    names = selected(promql_parser.parse(query))
    assert names
    assert names <= sample_names() | {"up"}


def test_every_metric_of_the_line_is_in_the_docs() -> None:
    families = {
        sample.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum")
        for sample in sample_names()
    }
    assert {family for family in families if f"`{family}`" not in DOCS} == set()


def test_an_alert_has_a_name_of_its_own_a_severity_and_a_page_that_explains_it() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"].keys() == {"summary", "description"}
        assert f"`{rule['alert']}`" in DOCS


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
