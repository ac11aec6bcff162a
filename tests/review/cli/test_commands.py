"""Looking and deciding, through the command's entry, on records that no process changes meanwhile."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from review.cli.person import current_actor
from tests.harness import db_builders
from tests.harness.command import call
from tests.harness.context import bucket, load
from tests.harness.line import Line

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def ids(batch: int) -> list[int]:
    return [row.id for row in db_builders.rows(batch)]


def state(image: int) -> str:
    return str(db_builders.execute("SELECT state FROM images WHERE id = :id", id=image).scalar())


def test_status_is_one_document_of_all_that_scripts_need() -> None:
    batch = db_builders.delivered(2)
    answer = call("status", batch, "--json")
    report = json.loads(answer.out)
    assert (answer.code, answer.err) == (0, "")
    assert report | {"batch": batch, "state": "done", "breaker": "closed", "images": 2} == report
    assert report["by_state"]["delivered"] == 2
    assert {"artifact_rate", "images_per_second", "cost", "seconds"} <= set(report)


def test_status_of_everything_tells_batches_workers_and_queues() -> None:
    batch = db_builders.batch(1)
    db_builders.hire(admit=1)
    overview = json.loads(call("status", "--json").out)
    assert overview["batches"][0]["batch"] == batch
    assert overview["workers"] == {"admit": 1}
    shown = call("status")
    assert shown.code == 0
    assert "acme/spring" in shown.out


def test_status_is_shown_to_people_as_a_table() -> None:
    batch = db_builders.flagged(3)
    answer = call("status", batch)
    assert f"batch {batch}" in answer.out
    assert "flagged" in answer.out
    assert "artifact rate" in answer.out


@pytest.mark.parametrize(
    "words", [("status", 987654), ("images", 987654), ("halt", 987654), ("resume", 987654)]
)
def test_an_unknown_batch_is_exit_code_2(words: tuple[object, ...]) -> None:
    answer = call(*words)
    assert (answer.code, answer.out) == (2, "")
    assert "no batch 987654" in answer.err


def test_images_are_told_as_lines_and_by_state() -> None:
    batch = db_builders.flagged(2)
    lines = [json.loads(line) for line in call("images", batch, "--json").out.splitlines()]
    assert [line["id"] for line in lines] == ids(batch)
    assert all({"id", "name", "state", "reason", "readings"} <= set(line) for line in lines)
    assert call("images", batch, "--json", "--state", "delivered").out == ""
    assert "photo0001.jpg" in call("images", batch, "--state", "flagged").out


def test_accept_sends_an_image_on_and_remembers_who(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    batch = db_builders.flagged(2, load("catalog"), step=1)
    first, second = ids(batch)
    answer = call("accept", first)
    assert (answer.code, answer.out) == (0, f"image {first}: accepted\n")
    assert (state(first), state(second)) == ("waiting", "flagged")
    assert db_builders.moves(first)[-1] == ("flagged", "waiting", "person:ada")


def test_one_that_cannot_be_decided_is_told_and_its_neighbours_go_on() -> None:
    batch = db_builders.flagged(2, load("catalog"), step=1)
    first, second = ids(batch)
    call("accept", first)
    answer = call("reject", first, second, 987654)
    assert answer.code == 2
    assert answer.out == f"image {second}: discarded\n"
    assert f"image {first} is waiting" in answer.err
    assert "no image 987654" in answer.err


def test_a_rejected_delivery_is_withdrawn(tmp_path: Path) -> None:
    batch = db_builders.delivered(1)
    out = bucket(tmp_path.as_uri())
    db_builders.execute("UPDATE batches SET out = :out WHERE id = :id", out=out.url, id=batch)
    out.put("photo0000.jpg", b"published")
    assert call("reject", *ids(batch)).code == 0
    assert list(tmp_path.iterdir()) == []


def test_all_flagged_images_of_a_batch_go_round_again_with_another_recipe() -> None:
    batch = db_builders.flagged(3, load("catalog"), step=1)
    answer = call("requeue", "--flagged", batch, "--recipe", "archival")
    assert answer.code == 0
    assert {(row.state, row.step, row.recipe, row.file) for row in db_builders.rows(batch)} == {
        ("waiting", 0, load("archival").digest, f"photo000{number}.jpg.png") for number in range(3)
    }
    assert call("requeue", "--flagged", batch).code == 2


def test_a_requeued_image_is_shown_to_a_person_only_where_that_is_asked_for() -> None:
    batch = db_builders.flagged(3, load("catalog"), step=1)
    first, second, third = ids(batch)
    assert call("requeue", first).code == 0
    assert call("requeue", second, "--look").code == 0
    assert call("requeue", third, "--look", "--recipe", "archival").code == 0
    rows = db_builders.rows(batch)
    last = len(load("archival").steps) - 1
    assert [row.facts.get("look_step") for row in rows] == [None, 2, last]
    assert [row.facts.get("ordered", False) for row in rows] == [False, True, True]


def test_decisions_are_undone_and_listed() -> None:
    batch = db_builders.flagged(2, load("catalog"), step=1)
    first, second = ids(batch)
    assert call("reject", first, second).code == 0
    answer = call("undo")
    assert (answer.code, answer.out) == (0, f"image {second}: reject undone\n")
    answer = call("undo", first, "--json")
    document = {"image": first, "batch": batch, "kind": "reject", "is_pending": False, "others": []}
    assert (answer.code, json.loads(answer.out)) == (0, document)
    assert db_builders.states(batch) == {"flagged": 2}
    refused = call("undo", first)
    assert (refused.code, "there is no decision to undo" in refused.err) == (2, True)
    listed = json.loads(call("undo", "--list", "--json").out)
    assert [(each["image"], each["kind"]) for each in listed[:2]] == [(second, "reject"), (first, "reject")]
    assert f"image {second} photo0001.jpg: reject (undone)" in call("undo", "--list").out


def test_a_mask_is_checked_and_kept(tmp_path: Path, records: Line) -> None:
    batch = db_builders.flagged(1, load("catalog"), step=1)
    (image,) = ids(batch)
    good, wrong, text = tmp_path / "good.png", tmp_path / "wrong.png", tmp_path / "text.png"
    cv2.imwrite(str(good), np.full((60, 90), 200, np.uint8))
    cv2.imwrite(str(wrong), np.zeros((90, 60), np.uint8))
    text.write_text("white")
    for path, message in ((wrong, "90 × 60"), (text, "no picture"), (tmp_path / "none.png", "no such file")):
        answer = call("requeue", image, "--mask", path)
        assert answer.code == 2
        assert message in answer.err
    assert call("requeue", image, "--mask", good).code == 0
    (row,) = db_builders.rows(batch)
    assert (row.state, row.step) == ("waiting", 2)
    mask = cv2.imdecode(np.frombuffer(bucket(records.env["SLUICE_BUCKET_URL"]).get(row.mask), np.uint8), 0)
    assert np.all(mask == 255)


def test_rollback_names_the_steps_where_the_one_asked_for_is_unknown() -> None:
    batch = db_builders.flagged(1, load("catalog"), step=1)
    (image,) = ids(batch)
    answer = call("rollback", image, "--to", "polish")
    assert answer.code == 2
    assert "admit, find_text, erase_text, upscale, deliver" in answer.err
    assert call("rollback", image, "--to", "upscale").code == 2
    assert call("rollback", image, "--to", "find_text").code == 0
    assert db_builders.rows(batch)[0].reason == "rolled_back"


def test_a_batch_is_halted_by_hand_once_and_resumed_through_a_probe() -> None:
    batch = db_builders.batch(20, load("catalog"))
    assert call("halt", batch, "--reason", "wrong vendor").code == 0
    assert db_builders.head(batch).halt_reason == "wrong vendor"
    again = call("halt", batch)
    assert (again.code, "not running" in again.err) == (2, True)
    answer = call("resume", batch)
    assert (answer.code, "8 images" in answer.out) == (0, True)
    assert db_builders.states(batch) == {"waiting": 8, "held": 12}
    assert call("resume", batch).code == 2
    assert db_builders.moves(ids(batch)[0])[-1][2] == current_actor()


def test_an_upload_that_is_submitted_twice_is_one_batch(tmp_path: Path) -> None:
    folder = tmp_path / "spring"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"a")
    (folder / "deep" / "b.jpg").write_bytes(b"b")
    first = json.loads(call("submit", folder, "--vendor", "acme", "--json").out)["batch"]
    again = call("submit", folder, "--vendor", "acme")
    assert (again.code, again.out) == (0, f"{first}\n")
    assert [row.name for row in db_builders.rows(first)] == ["a.jpg", "deep/b.jpg"]
    (folder / "a.jpg").write_bytes(b"other")
    assert json.loads(call("submit", folder, "--vendor", "acme", "--json").out)["batch"] != first
    assert json.loads(call("submit", folder, "--vendor", "beta", "--json").out)["batch"] != first


def test_names_that_no_bucket_takes_are_all_kept(tmp_path: Path, records: Line) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    names = ["a\x01.jpg", "a\x02.jpg", "a_.jpg", "b\n.jpg"]
    for name in names:
        (folder / name).write_bytes(name.encode())
    batch = json.loads(call("submit", folder, "--json").out)["batch"]
    rows = db_builders.rows(batch)
    assert len(rows) == 4
    store = bucket(records.env["SLUICE_BUCKET_URL"])
    assert {store.get(row.source) for row in rows} == {name.encode() for name in names}


def test_an_upload_is_a_folder_with_files_or_a_zip(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.jpg").write_bytes(b"x")
    for upload, message in (
        (tmp_path / "empty", "no file in it"),
        (tmp_path / "a.jpg", "a folder or an archive"),
    ):
        answer = call("submit", upload)
        assert answer.code == 2
        assert message in answer.err
