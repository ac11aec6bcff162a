"""The line's metrics as Prometheus reads them, taken from Postgres at the scrape.

Every process that answers gives the same figures, because none counts by itself: a worker that dies, or a child that
is renewed after each task, loses no count. Labels hold names of queues, transforms, states and scopes, and ids of
open batches; never names of vendors, uploads or images.
"""

import time
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from records.database import Database
from records.metrics import snapshot
from records.metrics.snapshot import Histogram, Snapshot

CONTENT_TYPE = CONTENT_TYPE_LATEST


class LineCollector(Collector):
    """Reads one snapshot for each scrape.

    Args:
        patience: seconds that a scrape waits for a Postgres that is away.
    """

    def __init__(self, database: Database, patience: float = 0.0) -> None:
        self._database, self._patience = database, patience

    def describe(self) -> Iterable[Metric]:
        """No names ahead of time: registering must not read the records."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """All metric families.

        Raises:
            ServiceError: Postgres cannot be reached.
        """
        started = time.perf_counter()
        current = self._database.transact(snapshot.take, patience=self._patience)
        yield from _states(current)
        yield from _queues(current)
        yield from _steps(current)
        yield from _money(current)
        yield GaugeMetricFamily(
            "sluice_scrape_seconds", "Time to read these metrics (s)", time.perf_counter() - started
        )


def exposition(database: Database) -> bytes:
    """All metrics in Prometheus' text format, as :data:`CONTENT_TYPE` names it.

    Raises:
        ServiceError: Postgres cannot be reached.
    """
    registry = CollectorRegistry()
    registry.register(LineCollector(database))
    return generate_latest(registry)


def _states(current: Snapshot) -> Iterator[Metric]:
    yield _gauge("sluice_images", "Images in the records by state", "state", current.images)
    yield _gauge("sluice_batches", "Batches in the records by state", "state", current.batches)
    yield _gauge("sluice_breakers", "Batches that are not done, by breaker", "breaker", current.breakers)
    rates = {str(batch): rate for batch, rate in current.artifact_rates.items()}
    yield _gauge(
        "sluice_artifact_rate",
        "Images flagged for an artifact / judged images, of batches that are not done",
        "batch",
        rates,
    )
    yield GaugeMetricFamily(
        "sluice_review_backlog", "Flagged images that wait for a person", current.images["flagged"]
    )
    yield GaugeMetricFamily(
        "sluice_review_oldest_seconds",
        "Time since the oldest flagged image was flagged (s)",
        current.review_oldest,
    )
    yield _gauge("sluice_troubles", "Troubles that nobody dismissed, by kind", "kind", current.troubles)


def _queues(current: Snapshot) -> Iterator[Metric]:
    shards = GaugeMetricFamily("sluice_queue_shards", "Open shards by queue", labels=("queue", "status"))
    for queue, counts in sorted(current.queues.items()):
        for status, count in counts.items():
            shards.add_metric((queue, status), count)
    yield shards
    yield _gauge(
        "sluice_oldest_waiting_seconds",
        "Time that the oldest shard of the queue has waited for a worker (s)",
        "queue",
        current.oldest_waiting,
    )
    yield _histogram(
        "sluice_queue_wait_seconds",
        "Time from a shard's publication to its claim by a worker (s)",
        "queue",
        current.queue_waits,
    )
    yield _gauge("sluice_workers", "Live workers by queue", "queue", current.workers)
    yield GaugeMetricFamily("sluice_schedulers", "Live schedulers", current.schedulers)


def _steps(current: Snapshot) -> Iterator[Metric]:
    yield _histogram(
        "sluice_step_seconds", "Time of a step for one image (s)", "transform", current.step_seconds
    )
    artifacts = CounterMetricFamily(
        "sluice_artifacts", "Images that a step's gates flagged", labels=("transform",)
    )
    for transform, count in sorted(current.artifacts.items()):
        artifacts.add_metric((transform,), count)
    yield artifacts


def _money(current: Snapshot) -> Iterator[Metric]:
    costs = CounterMetricFamily(
        "sluice_cost", "Cost of all steps in the currency of sluice.toml", labels=("transform",)
    )
    for transform, cost in sorted(current.costs.items()):
        costs.add_metric((transform,), cost)
    yield costs
    yield _gauge(
        "sluice_budget_left",
        "Amount left of the tightest current budget of each scope",
        "scope",
        current.budget_left,
    )
    yield _gauge(
        "sluice_budget_left_ratio", "The same as a share of its limit", "scope", current.budget_left_ratio
    )


def _gauge(name: str, help_text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=(label,))
    for value, number in sorted(values.items()):
        family.add_metric((value,), number)
    return family


def _histogram(name: str, help_text: str, label: str, histograms: Mapping[str, Histogram]) -> Metric:
    family = HistogramMetricFamily(name, help_text, labels=(label,))
    for value, histogram in sorted(histograms.items()):
        buckets = [
            ("+Inf" if bound == float("inf") else str(bound), count) for bound, count in histogram.buckets
        ]
        family.add_metric((value,), buckets, sum_value=histogram.seconds)
    return family
