"""A batch is halted, resumed and sent round with another recipe at the desk, which says why it was halted."""

from typing import Any

import pytest

from tests.harness import db_builders
from tests.harness.desk import Visitor
from tests.harness.doubts import badly_filled, doubtful

pytestmark = [pytest.mark.services]


def row(image: int) -> Any:
    return db_builders.execute("SELECT * FROM images WHERE id = :id", id=image).one()


def test_a_batch_is_halted_and_resumed_through_a_probe(ada: Visitor) -> None:
    batch = db_builders.batch(12)
    page = f"/batches/{batch}"
    assert "Halt this batch" in ada.get(page).text
    assert "What waits is held" in ada.post(f"{page}/halt", {}, page=page).text
    assert db_builders.head(batch).halt_reason == "halted at the desk by ada"
    probe = db_builders.recipe_of().breaker.probe
    assert f"{probe} of the 12 held images go through the line" in ada.get(page).text
    assert "A few images go first" in ada.post(f"{page}/resume", {}, page=page).text
    assert db_builders.head(batch).state == "probing"
    assert db_builders.states(batch) == {"waiting": probe, "held": 12 - probe}
    assert ada.post(f"{page}/resume", {}, page="/answers").status == 409


def test_where_nothing_is_held_the_desk_says_so(ada: Visitor, store: str) -> None:
    (image,) = badly_filled(store)
    page = f"/batches/{row(image).batch_id}"
    for state in ("running", "halted"):
        db_builders.execute(f"UPDATE batches SET state = '{state}' WHERE id = :id", id=row(image).batch_id)
    assert "Nothing is held, so there is nothing to test" in ada.get(page).text
    assert "Nothing was held" in ada.post(f"{page}/resume", {}, page=page).text


def test_a_halted_batch_shows_why_and_the_pictures_that_did_it(ada: Visitor, store: str) -> None:
    images = badly_filled(store, 2)
    batch = row(images[0]).batch_id
    for state in ("running", "halted"):
        db_builders.execute(
            f"UPDATE batches SET state = '{state}', halt_reason = '2 of 2 images are artifacts' WHERE id = :id",
            id=batch,
        )
    page = ada.get(f"/batches/{batch}").text
    shown = page.partition('class="thumbnails"')[2].partition("</ul>")[0]
    assert "2 of 2 images are artifacts" in page
    assert all(f'href="/images/{image}"' in shown for image in images)
    assert "An edge is visible around the filled area" in shown
    assert f'<a href="/batches/{batch}">Batch {batch}, acme/spring</a> is halted' in ada.get("/").text


def test_flagged_images_are_sent_round_with_another_recipe_and_shown(ada: Visitor, store: str) -> None:
    images = doubtful(store, 2)
    page = f"/batches/{row(images[0]).batch_id}"
    for wrong in ("/etc/passwd", "../catalog.toml", "nothing"):
        refused = ada.post(f"{page}/requeue", {"recipe": wrong, "reason": ""}, page=page)
        assert refused.status == 409
        assert "choose one of archival, catalog, marketplace" in refused.json["error"]
    reply = ada.post(f"{page}/requeue", {"recipe": "archival", "reason": "overlay_or_print"}, page=page)
    assert reply.status == 200, reply.text
    assert "Each result comes back here" in reply.text
    steps = "SELECT body -> 'steps' FROM recipes WHERE digest = :digest"
    for image in images:
        recipe: Any = db_builders.execute(steps, digest=row(image).recipe).scalar()
        assert (row(image).state, row(image).step) == ("waiting", 0)
        assert row(image).facts["look_step"] == len(recipe) - 1
