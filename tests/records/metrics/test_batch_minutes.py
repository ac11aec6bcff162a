"""The pace of a batch and its artifact rate over time are what its steps did."""

from functools import partial

import pytest

from records.metrics import batch_minutes
from records.metrics.batch_minutes import CHART_HOURS, CHART_PARTS, Advance, Pace
from records.queries import reports
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def pace_of(batch: int) -> Pace:
    return transact(partial(batch_minutes.paces, batch_ids=[batch]))[batch]


def total(pace: Pace) -> Advance:
    parts = pace.parts
    return Advance(*(sum(getattr(part, name) for part in parts) for name in Advance.__slots__))


def test_a_delivered_batch_has_left_every_step_behind() -> None:
    batch = db_builders.delivered(5)
    assert total(pace_of(batch)) == Advance(settled=5, positions=15, judged=5, artifacts=0)


def test_an_image_that_is_flagged_leaves_the_steps_that_remain_behind_as_well() -> None:
    batch = db_builders.flagged(4, step=1)
    report = transact(partial(reports.batch, batch_id=batch))
    sums = total(pace_of(batch))
    assert sums == Advance(settled=4, positions=12, judged=4, artifacts=4)
    assert (sums.judged, sums.artifacts) == (report["judged"], report["artifacts"])


def test_the_pace_is_that_of_the_last_minutes() -> None:
    batch = db_builders.delivered(6)
    quick = pace_of(batch)
    assert quick.images_per_second > 0
    assert quick.images_per_second == pytest.approx(quick.advance_per_second)
    db_builders.execute(
        "UPDATE batch_minutes SET minute = minute - interval '10 minutes' WHERE batch_id = :b", b=batch
    )
    db_builders.execute(
        "UPDATE batches SET created_at = created_at - interval '10 minutes' WHERE id = :b", b=batch
    )
    slow = pace_of(batch)
    assert (slow.images_per_second, slow.advance_per_second) == (0, 0)
    assert total(slow).settled == 6, "the chart still shows them"


def test_a_long_batch_is_charted_in_few_parts_and_not_before_its_last_hours() -> None:
    batch = db_builders.delivered(2)
    db_builders.execute(
        "UPDATE batches SET created_at = created_at - interval '30 days' WHERE id = :b", b=batch
    )
    db_builders.execute(
        "INSERT INTO batch_minutes SELECT :b, date_trunc('minute', now()) - n * interval '1 minute', 1, 1, 1, 1"
        " FROM generate_series(1, 2000) AS n",
        b=batch,
    )
    pace = pace_of(batch)
    assert len(pace.parts) <= CHART_PARTS
    assert pace.part_minutes * len(pace.parts) >= 60 * CHART_HOURS
    assert total(pace).settled <= 60 * CHART_HOURS + 3
    assert all(part.settled for part in pace.parts[:-1])


def test_a_batch_on_which_nothing_ran_has_an_empty_chart() -> None:
    batch = db_builders.batch(3)
    assert total(pace_of(batch)) == Advance()
    assert pace_of(batch).images_per_second == 0


def test_a_forgotten_batch_leaves_no_minutes() -> None:
    batch = db_builders.delivered(1)
    for table in ("events", "steps", "images", "image_counts", "shards", "batches"):
        column = "id" if table == "batches" else "batch_id"
        db_builders.execute(f"DELETE FROM {table} WHERE {column} = :b", b=batch)
    assert (
        db_builders.execute("SELECT count(*) FROM batch_minutes WHERE batch_id = :b", b=batch).scalar() == 0
    )
