"""The report of a batch: its figures are those of the records, and its page needs nothing from elsewhere."""

import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from imaging import intermediate
from records import decisions
from records.queries import batch_report
from review.report.figures import figures
from review.report.page import page
from tests.harness import db_builders
from tests.harness.command import call
from tests.harness.context import bucket, settings, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def with_faults(images: int, bad: int) -> int:
    """A finished batch of which ``bad`` images broke a limit at the second step."""
    batch = db_builders.batch(images)
    shard = db_builders.shard(batch)
    db_builders.through(shard, 2, bad=[row.id for row in db_builders.rows(batch)[:bad]])
    db_builders.through(shard)
    reasons = '[{"code": "seam.seam", "value": 90}]'
    db_builders.execute(
        "UPDATE steps SET reasons = CAST(:reasons AS jsonb) WHERE batch_id = :batch AND verdict = 'flag'",
        reasons=reasons, batch=batch,
    )  # fmt: skip
    db_builders.execute(
        "UPDATE batches SET state = 'done', finished_at = now() WHERE id = :batch", batch=batch
    )
    return batch


def test_the_figures_are_those_of_the_records() -> None:
    batch = with_faults(10, 2)
    document = transact(partial(figures, batch_id=batch))
    summary = document["summary"]
    assert (summary["images"], summary["by_state"]) == (10, {"flagged": 2, "delivered": 8})
    assert summary["artifact_rate"] == pytest.approx(0.2)
    assert document["faults"] == [{"transform": "sabotage", "reason": "seam.seam", "images": 2}]
    steps = {step["transform"]: step for step in document["steps"]}
    assert {name: step["images"] for name, step in steps.items()} == {
        "admit": 10,
        "sabotage": 10,
        "deliver": 8,
    }
    assert steps["sabotage"]["artifact_rate"] == pytest.approx(0.2)
    assert sum(step["cost"] for step in steps.values()) == pytest.approx(summary["cost"])
    assert len(document["worst"]) == 2
    json.dumps(document)


def test_a_batch_is_compared_with_the_last_one_of_its_vendor() -> None:
    before, batch = with_faults(10, 1), with_faults(10, 3)
    document = transact(partial(figures, batch_id=batch))
    assert document["before"]["batch"] == before
    (change,) = [change for change in document["changes"] if change["figure"] == "artifact rate"]
    assert change["change"] == pytest.approx(0.2)


def test_people_s_time_counts_short_pauses_and_not_nights() -> None:
    batch = with_faults(10, 3)
    flagged = db_builders.rows(batch, "flagged")
    for row in flagged:
        transact(partial(decisions.reject, image_id=row.id), actor="person:ada")
    moments = ("2026-01-01 10:00:00", "2026-01-01 10:01:00", "2026-01-02 10:00:00")
    for row, at in zip(flagged, moments, strict=True):
        db_builders.execute(
            "UPDATE events SET at = :at WHERE image_id = :id AND actor LIKE 'person%'",
            at=f"{at}+00",
            id=row.id,
        )
    time = transact(partial(batch_report.peoples_time, batch_id=batch))
    assert (time.decisions, time.people) == (3, 1)
    assert time.minutes == pytest.approx((20 + 60 + 20) / 60)


def test_the_page_is_one_file_with_its_pictures_and_without_any_address() -> None:
    batch = with_faults(4, 1)
    store = bucket(settings().bucket)
    key = store.keep(intermediate.encode_rgb(np.full((600, 900, 3), 200, np.uint8)), ".qoi")
    db_builders.execute("UPDATE steps SET input = :key WHERE batch_id = :batch", key=key, batch=batch)
    document = transact(partial(figures, batch_id=batch))
    document["worst"][0]["name"] = "<script>alert(1)</script>.jpg"
    html = page(document, store)
    assert html.count("data:image/jpeg;base64,") == 1  # the output is gone from the bucket: left out
    assert not re.search(r"(?:src|href)=\"(?!data:)", html)
    assert "https://" not in html
    assert "<script>" not in html
    assert "seam.seam" in html


def test_the_command_writes_the_file_and_prints_the_figures(tmp_path: Path) -> None:
    batch = with_faults(4, 1)
    out = tmp_path / "report.html"
    answer = call("report", batch, "--out", out, "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["summary"]["batch"] == batch
    assert out.read_text("utf-8").startswith("<!doctype html>")
    assert call("report", batch).code == 2
    assert "there is no batch 99999" in call("report", 99999, "--json").err
