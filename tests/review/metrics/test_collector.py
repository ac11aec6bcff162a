"""A scrape of a line with work in it."""

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from line.errors import ServiceError
from records.database import Database
from review.metrics.collector import exposition
from tests.harness import db_builders
from tests.harness.context import database

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def test_a_scrape_is_prometheus_text_with_the_figures_of_the_records() -> None:
    batch = db_builders.flagged(3)
    open_batch = db_builders.batch(4)
    db_builders.through(db_builders.shard(open_batch), 2, bad=[db_builders.rows(open_batch)[0].id])
    text = exposition(database()).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert samples["sluice_images", "flagged"] == samples[("sluice_review_backlog",)] == 4
    assert samples["sluice_artifact_rate", str(open_batch)] == 0.25
    assert ("sluice_artifact_rate", str(batch)) not in samples
    assert samples["sluice_artifacts_total", "sabotage"] == 4
    assert samples["sluice_step_seconds_count", "admit"] == 7
    assert samples["sluice_step_seconds_bucket", "0.5", "admit"] == 7
    assert samples["sluice_step_seconds_sum", "admit"] == 3.5
    assert math.isclose(samples["sluice_cost_total", "admit"], 0.035)
    assert samples["sluice_queue_shards", "deliver", "waiting"] == 1
    assert families["sluice_step_seconds"].type == "histogram"
    assert families["sluice_cost"].type == "counter"


def test_no_name_of_a_vendor_an_upload_or_an_image_is_shown() -> None:
    db_builders.flagged(1)
    text = exposition(database()).decode()
    assert not any(name in text for name in ("acme", "spring", "photo0000"))


def test_without_postgres_a_scrape_fails_instead_of_showing_zeros() -> None:
    with pytest.raises(ServiceError):
        exposition(Database("postgresql+psycopg://sluice:x@127.0.0.1:1/sluice"))
