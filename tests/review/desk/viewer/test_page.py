"""The page of an image: each step with what it was judged by, who decided what, and what can be ordered there."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from gates.contract import build
from line.states import ImageState
from records.history import reproductions
from records.history.image_history import RecordedRun
from records.tables import images, steps
from review.desk.viewer.measurements import judged
from review.desk.viewer.reading_words import WORDS
from review.desk.viewer.step_words import NAMES, RESULTS, STATES
from tasks.registry import build_declarations
from tests.harness import db_builders
from tests.harness.context import context, transact
from tests.harness.desk import Visitor
from tests.harness.doubts import badly_filled, doubtful
from tests.harness.finished import delivered

pytestmark = [pytest.mark.services]


def row(image: int) -> Any:
    query = images.select().where(images.c.id == image)
    return transact(lambda connection: connection.execute(query).one())


def test_a_delivered_image_shows_every_step_with_its_picture_and_measurements(
    ada: Visitor, store: str, tmp_path: Path
) -> None:
    image = delivered(store, tmp_path)
    page = ada.get(f"/images/{image}").text
    assert "It is delivered." in page
    for transform in ("admit", "find_text", "erase_text", "upscale", "deliver"):
        assert f"{NAMES[transform]}: passed <small>{transform}</small>" in page
    assert "Step to the outermost pixels of the filled area" in page
    assert "12 of 255 grey levels" in page
    assert "at most 45 of 255 grey levels" in page
    assert "<small>seam.rim</small>" in page
    assert "model <b>telea</b>" in page
    assert page.count("It left the picture as it was.") == 3
    assert page.count("Roll back to before this step") == 5
    assert "No person has decided anything about it." in page
    for title in ("As it came", "Text erased", "Delivered file"):
        assert f"<span>{title}</span>" in page


def test_a_broken_limit_stands_first_with_its_sentence(ada: Visitor, store: str) -> None:
    (image,) = badly_filled(store)
    db_builders.execute(
        "UPDATE steps SET readings = '{\"rim\": 50, \"seam\": 3}' WHERE image_id = :id AND reasons <> '[]'",
        id=image,
    )
    page = ada.get(f"/images/{image}").text
    table = page.partition('<tr class="broken">')[2]
    assert table.index("50 of 255 grey levels") < table.index("Step along the edge of the filled area")
    assert "An edge is visible around the filled area" in page


@pytest.mark.parametrize("state", [state.value for state in ImageState])
def test_an_image_has_a_page_in_every_state(ada: Visitor, store: str, state: str) -> None:
    (image,) = doubtful(store)
    db_builders.execute("ALTER TABLE images DISABLE TRIGGER USER")
    db_builders.execute(
        "UPDATE images SET state = CAST(:state AS image_state) WHERE id = :id", state=state, id=image
    )
    db_builders.execute("ALTER TABLE images ENABLE TRIGGER USER")
    for path in (f"/images/{image}", f"/images/{image}/view"):
        assert ada.get(path).status == 200, ada.get(path).text
    assert state in STATES


def test_an_image_that_was_never_opened_has_a_page_and_a_viewer_without_pictures(ada: Visitor) -> None:
    batch = db_builders.batch(1)
    (image,) = (one.id for one in db_builders.rows(batch))
    assert "<h2>Steps</h2>" not in ada.get(f"/images/{image}").text
    assert "No picture of it is stored" in ada.get(f"/images/{image}/view").text
    assert ada.get("/images/987654/view").status == 404


def test_a_rollback_asks_a_person_again_and_is_listed_and_undone(
    ada: Visitor, store: str, tmp_path: Path
) -> None:
    image = delivered(store, tmp_path)
    path = f"/images/{image}"
    (file,) = tmp_path.glob("*.jpg")
    reply = ada.post(f"{path}/rollback", {"step": "erase_text"}, page=path)
    assert reply.status == 200, reply.text
    assert "A step was undone" in reply.text
    assert (row(image).state, row(image).step) == ("flagged", 2)
    assert not file.exists()
    assert "rolled back by <b>ada</b>" in ada.get(path).text
    assert ada.post("/undo", {}, page=path).status == 200
    assert ", undone " in ada.get(path).text


def test_a_rollback_to_a_step_that_never_ran_is_refused_in_words(
    ada: Visitor, store: str, tmp_path: Path
) -> None:
    image = delivered(store, tmp_path)
    reply = ada.post(f"/images/{image}/rollback", {"step": "sabotage"}, page=f"/images/{image}")
    assert reply.status == 409
    assert "has the steps admit" in reply.text
    assert row(image).state == "delivered"


def test_a_delivered_image_is_discarded_and_another_is_processed_again_from_its_page(
    ada: Visitor, store: str, tmp_path: Path
) -> None:
    bad, doubt = delivered(store, tmp_path / "one"), delivered(store, tmp_path / "other")
    assert ada.post(f"/images/{bad}/discard", {}, page=f"/images/{bad}").status == 200
    assert row(bad).state == "discarded"
    assert ada.post(f"/images/{doubt}/again", {}, page=f"/images/{doubt}").status == 200
    assert (row(doubt).state, row(doubt).step) == ("waiting", 0)
    assert "look_step" in row(doubt).facts
    assert "The line works on it" in ada.get(f"/images/{doubt}").text


@pytest.mark.parametrize("action", ["rollback", "discard", "again", "reproduce"])
def test_no_other_site_can_order_anything(ada: Visitor, store: str, tmp_path: Path, action: str) -> None:
    image = delivered(store, tmp_path)
    ada.get("/")
    assert ada.forge(f"/images/{image}/{action}", {"step": "erase_text"}).status == 403
    assert row(image).state == "delivered"


def test_every_reading_that_a_gate_limits_has_words_and_every_transform_a_name() -> None:
    limited = {reading for gate in build().gates.values() for reading in gate.limits}
    assert limited == set(WORDS)
    transforms = set(build_declarations().transforms)
    assert transforms == set(NAMES) == set(RESULTS)


def test_the_limit_of_the_recipe_stands_in_place_of_the_default(store: str) -> None:
    (image,) = badly_filled(store)
    query = steps.select().where(steps.c.image_id == image)
    step = transact(lambda connection: connection.execute(query).first())
    assert step is not None

    def run(limits: dict[str, dict[str, float | None]]) -> RecordedRun:
        return RecordedRun(
            1,
            2,
            "erase_text",
            None,
            None,
            1,
            "cpu",
            "n",
            None,
            None,
            "pass",
            [],
            {"rim": 40.0},
            limits,
            1,
            0,
            {},
            step.at,
        )

    defaults = {"erase_text": {"rim": ("seam", (None, 45.0))}}
    (default,) = judged(run({}), defaults)
    assert (default.limit, default.is_broken) == ("at most 45 of 255 grey levels", False)
    (stricter,) = judged(run({"rim": {"at_least": None, "at_most": 30.0}}), defaults)
    assert (stricter.limit, stricter.is_broken) == ("at most 30 of 255 grey levels", True)


def test_the_worst_place_is_the_one_that_is_farthest_beyond_its_limit(ada: Visitor, store: str) -> None:
    (image,) = badly_filled(store)
    reasons = [
        {"code": "seam.rim", "value": 50.0, "limit": {"at_most": 45.0}, "where": [10, 10, 40, 10]},
        {"code": "text_residue.ghost", "value": 9.0, "limit": {"at_most": 1.1}, "where": [60, 30, 8, 6]},
    ]
    listed = sa.bindparam("listed", reasons, type_=JSONB)
    change = sa.update(steps).where(steps.c.image_id == image, steps.c.reasons != sa.text("'[]'::jsonb"))
    transact(lambda connection: connection.execute(change.values(reasons=listed)))
    page = ada.get(f"/images/{image}/view").text
    assert page.index('data-place="60.0 30.0 8.0 6.0"') < page.index('data-place="10.0 10.0 40.0 10.0"')
    assert "Erased text is still readable" in page


def step_id(image: int, transform: str) -> int:
    query = "SELECT id FROM steps WHERE image_id = :id AND transform = :transform"
    return int(str(db_builders.execute(query, id=image, transform=transform).scalar()))


def test_a_step_is_sent_to_a_worker_of_its_queue_to_be_run_again(
    ada: Visitor, store: str, tmp_path: Path
) -> None:
    image = delivered(store, tmp_path)
    path, step = f"/images/{image}", step_id(image, "erase_text")
    queued = context().broker.queued_ids(["erase_text"])
    reply = ada.post(f"{path}/reproduce", {"step": str(step)}, page=path)
    assert reply.status == 200, reply.text
    assert "it waits for a worker of this step, or runs" in reply.text
    assert len(context().broker.queued_ids(["erase_text"]) - queued) == 1
    again = ada.post(f"{path}/reproduce", {"step": str(step)}, page=path)
    assert again.status == 409
    assert "is being run again already" in again.text


def test_what_came_of_a_step_that_was_run_again_is_shown(ada: Visitor, store: str, tmp_path: Path) -> None:
    image = delivered(store, tmp_path)
    step = step_id(image, "erase_text")
    run = {"unlike": ["pixels"], "share": 0.25, "max_difference": 3}
    report = {"same": False, "runs": [run], "differs": {"threads": {"then": 1, "now": 2}}}
    order, transform = transact(
        partial(reproductions.order, image_id=image, step_id=step, person="person:ada")
    )
    assert transform == "erase_text"
    assert transact(partial(reproductions.begin, order_id=order)) == (image, step)
    assert transact(partial(reproductions.begin, order_id=order)) is None
    transact(partial(reproductions.end, order_id=order, report=report))
    page = ada.get(f"/images/{image}").text
    assert "different: pixels." in page
    assert "25 % of the pixels differ, by at most 3 of 255 levels" in page
    assert "threads was 1, is now 2" in page


@pytest.mark.parametrize("step", ["0", "987654", "-1", "x", "9" * 19, ""])
def test_only_a_recorded_step_of_the_image_is_run_again(ada: Visitor, store: str, step: str) -> None:
    (image,) = doubtful(store)
    assert ada.post(f"/images/{image}/reproduce", {"step": step}, page=f"/images/{image}").status in (
        400,
        409,
    )
