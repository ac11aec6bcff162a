"""``sluice run`` and ``sluice up`` on real processes: the whole line, from an upload to a folder and back."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import sqlalchemy as sa

from imaging import intermediate
from records.tables import images, steps
from tests.harness import db_builders, promises
from tests.harness.command import Answer, call, run
from tests.harness.context import bucket, transact
from tests.harness.line import Line, photos
from tests.harness.line import recipe as rules
from tests.harness.pictures.opencv import decoded, read

pytestmark = pytest.mark.services

FIELDS = {"name", "state", "reason", "file", "sha256", "steps", "delivered"}
STEP_FIELDS = {
    "step", "model", "revision", "seed", "verdict", "reasons", "readings", "seconds", "cost", "device", "made_with",
}  # fmt: skip


@dataclass
class Run:
    """One ``sluice run`` and what it left."""

    answer: Answer
    upload: Path
    before: dict[str, bytes]
    out: Path

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.answer.out)
        return report


@pytest.fixture(scope="module")
def first(records: Line, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A dozen photos and two files that are none, through the catalog recipe."""
    upload = tmp_path_factory.mktemp("shop") / "spring"
    photos(upload, 3, size=(1100, 800))
    photos(upload / "shoes" / "ä", 4, size=(500, 400), start=3)
    photos(upload, 2, size=(96, 64), start=7)
    picture = read(upload / "photo0000.jpg")
    cv2.imwrite(str(upload / "photo0000.png"), picture)
    cv2.imwrite(str(upload / "overlay.jpg"), with_text(picture))
    (upload / "shoes" / "notes.txt").write_text("call me")
    (upload / "broken.jpg").write_bytes((upload / "photo0001.jpg").read_bytes()[:300])
    before = promises.files(upload)
    out = tmp_path_factory.mktemp("out")
    return Run(run("run", upload, "--out", out, "--json", env=records.env), upload, before, out)


def with_text(picture: np.ndarray) -> np.ndarray:
    flat = np.full_like(picture, 200)
    cv2.putText(flat, "SALE -50%", (60, 120), cv2.FONT_HERSHEY_DUPLEX, 3, (0, 0, 220), 8, cv2.LINE_AA)
    return flat


def image(batch: int, name: str) -> sa.Row[Any]:
    query = sa.select(images).where(images.c.batch_id == batch, images.c.name == name)
    return transact(lambda connection: connection.execute(query).one())


def steps_of(image_id: int) -> list[sa.Row[Any]]:
    query = sa.select(steps).where(steps.c.image_id == image_id).order_by(steps.c.id)
    return transact(lambda connection: list(connection.execute(query)))


def test_it_ends_with_one_document_and_exit_code_0(first: Run) -> None:
    assert first.answer.code == 0, first.answer.err
    report = first.report
    assert set(report) == {
        "batch", "state", "images", "by_state", "artifact_rate", "seconds", "images_per_second", "delivered",
    }  # fmt: skip
    assert (report["state"], report["images"], report["delivered"]) == ("done", 12, str(first.out)), (
        "notes.txt is no picture"
    )
    assert report["by_state"]["rejected"] == 1
    assert report["by_state"]["delivered"] >= 7
    assert sum(report["by_state"].values()) == 12


def test_delivered_files_keep_folders_and_names_and_never_collide(first: Run) -> None:
    delivered = promises.files(first.out)
    assert {f"shoes/ä/photo000{number}.jpg" for number in range(3, 7)} <= set(delivered)
    assert {"photo0000.jpg", "photo0000.png.jpg", "photo0001.jpg", "photo0002.jpg"} <= set(delivered)
    for name, data in delivered.items():
        picture = decoded(data)
        assert max(picture.shape) >= 1000, name


def test_the_manifest_tells_every_file_of_the_upload(first: Run) -> None:
    lines = promises.manifest(first.out)
    assert set(lines) == set(first.before) - {"shoes/notes.txt"}
    for name, line in lines.items():
        assert set(line) >= FIELDS
        assert line["sha256"] == hashlib.sha256(first.before[name]).hexdigest()
        assert all(set(step) == STEP_FIELDS for step in line["steps"])
        assert (line["file"] is not None) == (line["state"] == "delivered")
        assert line["reason"] or line["state"] == "delivered"
    assert {line["file"] for line in lines.values() if line["file"]} == set(promises.files(first.out))
    small = lines["shoes/ä/photo0003.jpg"]
    assert [step["step"] for step in small["steps"]] == ["admit", "find_text", "upscale", "deliver"]
    assert {step["verdict"] for step in small["steps"]} == {"pass"}
    assert (lines["photo0007.jpg"]["state"], lines["photo0007.jpg"]["reason"]) == (
        "flagged",
        "thumbnail_too_small",
    )


def test_originals_are_left_as_they_were_in_the_folder_and_in_the_bucket(first: Run, records: Line) -> None:
    assert promises.files(first.upload) == first.before
    store = bucket(records.env["SLUICE_BUCKET_URL"])
    for row in db_builders.rows(first.report["batch"]):
        assert store.get(row.source) == first.before[row.name]


def test_nothing_was_delivered_unjudged(first: Run) -> None:
    assert promises.unjudged(first.report["batch"]) == []


def test_what_was_delivered_unjudged_would_be_seen(records: Line) -> None:
    batch = db_builders.flagged(1)
    db_builders.execute("ALTER TABLE images DISABLE TRIGGER USER")
    db_builders.execute("UPDATE images SET state = 'delivered' WHERE batch_id = :batch", batch=batch)
    db_builders.execute("ALTER TABLE images ENABLE TRIGGER USER")
    assert promises.unjudged(batch) == [("photo0000.jpg", 1, "flag"), ("photo0000.jpg", -1, "no step")]


def test_the_same_upload_again_gives_the_same_bytes(first: Run, records: Line, tmp_path: Path) -> None:
    again = run("run", first.upload, "--out", tmp_path / "again", "--json", env=records.env)
    assert again.code == 0, again.err
    assert json.loads(again.out)["batch"] != first.report["batch"]
    assert promises.files(tmp_path / "again") == promises.files(first.out)
    one, two = promises.manifest(first.out), promises.manifest(tmp_path / "again")
    for name, line in one.items():
        for fields in (line, two[name]):
            for step in fields["steps"]:
                step.pop("seconds"), step.pop("cost")
        assert line == two[name]


def test_every_step_can_be_undone_to_its_very_input(first: Run, records: Line) -> None:
    """On the originals' bytes, the pictures and the masks."""
    row = image(first.report["batch"], "shoes/ä/photo0004.jpg")
    store = bucket(records.env["SLUICE_BUCKET_URL"])
    ran = steps_of(row.id)
    assert [step.transform for step in ran] == ["admit", "find_text", "upscale", "deliver"]
    pictures = [intermediate.decode_rgb(store.get(step.input)) for step in ran if step.input]
    assert [picture.shape[:2] for picture in pictures] == [(400, 500), (400, 500), (800, 1000)]
    for step in reversed(ran):
        assert call("rollback", row.id, "--to", step.transform).code == 0
        back = image(first.report["batch"], row.name)
        assert (back.state, back.current, back.mask) == ("flagged", step.input, step.input_mask)
        assert not (first.out / row.file).exists()
    assert store.get(back.source) == first.before[row.name]


def test_decisions_are_carried_out_by_the_next_line_that_is_up(
    first: Run, records: Line, tmp_path: Path
) -> None:
    """Accept a flagged one, requeue one that was put back, erase by a person's mask, reject one."""
    batch = first.report["batch"]
    thumbnail, other, back, masked, unwanted = (
        image(batch, name)
        for name in (
            "photo0007.jpg",
            "photo0008.jpg",
            "shoes/ä/photo0004.jpg",
            "photo0001.jpg",
            "photo0002.jpg",
        )
    )
    untouched = promises.files(first.out)["photo0000.jpg"]
    mask = np.zeros((800, 1100), np.uint8)
    mask[100:140, 100:300] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    assert call("accept", thumbnail.id).code == 0
    assert call("accept", thumbnail.id).code == 2
    assert call("requeue", back.id).code == 0
    assert call("requeue", masked.id, "--mask", tmp_path / "mask.png").code == 0
    assert call("reject", unwanted.id).code == 0
    earlier = (first.out / masked.file).exists()

    up = run("up", "--no-flower", "--desk-port", 0, "--until-idle", env=records.env)
    assert up.code == 0, up.err
    assert "the line is up" in up.out
    assert not earlier

    delivered, lines = promises.files(first.out), promises.manifest(first.out)
    assert lines["photo0007.jpg"]["state"] == "delivered"
    accepted = decoded(delivered["photo0007.jpg"])
    assert accepted.shape == (64, 96, 3)
    assert lines["photo0008.jpg"]["state"] == image(batch, other.name).state == "flagged"
    assert lines[back.name]["state"] == "delivered"
    assert [step["step"] for step in lines[masked.name]["steps"]].count("erase_text") == 1
    assert lines[masked.name]["state"] in ("delivered", "flagged")
    assert (lines[unwanted.name]["state"], lines[unwanted.name]["file"]) == ("discarded", None)
    assert unwanted.file not in delivered
    assert delivered["photo0000.jpg"] == untouched
    assert promises.unjudged(batch) == []


def test_a_batch_that_the_breaker_halts_is_exit_code_3(records: Line, tmp_path: Path) -> None:
    upload, out = photos(tmp_path / "upload", 40), tmp_path / "out"
    recipe = rules(tmp_path / "ruined.toml", min_judged=5, shard=2, ruin=1.0)
    answer = run("run", upload, "--out", out, "--recipe", recipe, "--json", env=records.env)
    report = json.loads(answer.out)
    assert (answer.code, report["state"]) == (3, "halted")
    assert report["by_state"]["held"] >= 20
    assert report["by_state"]["delivered"] == 0
    assert promises.files(out) == {}
