"""The manifest beside the pictures."""

import json
from functools import partial
from pathlib import Path

import pytest

from line.errors import ServiceError
from records import batches, decisions
from scheduler.manifest import Manifests
from tests.harness import db_builders
from tests.harness.context import bucket, context, transact
from tests.harness.line import Line
from tests.harness.scenes import money

pytestmark = pytest.mark.services


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]


def write_due() -> None:
    Manifests(context().database, context().buckets, context().settings.home_folder).write_due()


def done(tmp_path: Path) -> int:
    batch = db_builders.delivered([db_builders.named("ä/1.jpg"), db_builders.named("b.jpg")])
    db_builders.execute("UPDATE batches SET out = :out WHERE id = :id", out=tmp_path.as_uri(), id=batch)
    return batch


def test_a_done_batch_gets_its_manifest_once(records: Line, tmp_path: Path) -> None:
    db_builders.execute("UPDATE batches SET manifest_due = false")
    batch = done(tmp_path)
    write_due()
    assert [line["name"] for line in lines(tmp_path)] == ["b.jpg", "ä/1.jpg"]
    assert "ä" in (tmp_path / "manifest.jsonl").read_text("utf-8")
    assert not db_builders.head(batch).manifest_due
    (tmp_path / "manifest.jsonl").unlink()
    write_due()
    assert not (tmp_path / "manifest.jsonl").exists()


def test_a_decision_afterwards_is_told_in_the_manifest(records: Line, tmp_path: Path) -> None:
    batch = done(tmp_path)
    write_due()
    image = db_builders.rows(batch)[1]
    transact(lambda connection: decisions.reject(connection, image.id))
    write_due()
    by_name = {line["name"]: (line["state"], line["file"]) for line in lines(tmp_path)}
    assert by_name == {"b.jpg": ("discarded", None), "ä/1.jpg": ("delivered", "ä/1.jpg")}


def test_costs_stand_beside_the_manifest_where_prices_or_budgets_are_known(
    records: Line, tmp_path: Path
) -> None:
    free = done(tmp_path / "free")
    db_builders.execute("DELETE FROM step_totals WHERE batch_id = :id", id=free)
    spent = money.spending(per_batch=50)
    batch = db_builders.batch(4)
    transact(spent.open_accounts)
    money.end(db_builders.shard(batch), seconds=2.0)
    assert transact(partial(batches.close, batch_id=batch))
    db_builders.execute(
        "UPDATE batches SET out = :out WHERE id = :id", out=(tmp_path / "paid").as_uri(), id=batch
    )
    write_due()
    assert not (tmp_path / "free" / "costs.json").exists()
    costs = json.loads((tmp_path / "paid" / "costs.json").read_text("utf-8"))
    (account,) = costs["budget"]
    assert (costs["batch"], account["scope"], account["ceiling"]) == (batch, "batch", 50)
    assert (account["spent"], account["reserved"], account["left"]) == (24, 0, 26)
    assert costs["cost_per_thousand"] == {"admit": 2000, "sabotage": 2000, "deliver": 2000}


def test_a_manifest_that_could_not_be_written_stays_due(
    records: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = done(tmp_path)

    def full(*_: object) -> None:
        raise ServiceError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(type(bucket(tmp_path.as_uri())), "put_file", full)
        write_due()
    assert db_builders.head(batch).manifest_due
    write_due()
    assert len(bucket(tmp_path.as_uri()).get("manifest.jsonl").splitlines()) == 2
