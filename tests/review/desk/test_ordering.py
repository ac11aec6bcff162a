"""What a person orders beyond a plain answer: chosen pieces, a smaller area, another model, the original; and undo."""

import re
from typing import Any

import cv2
import numpy as np
import pytest

from imaging import intermediate
from line.facts import RecordedRegion
from line.picture import Mask
from records.history.decision_log import RESTORED
from records.tables import images
from review.desk.drawing.masks import contrasting, of_regions, smaller, tinted
from tests.harness import db_builders
from tests.harness.context import bucket, transact
from tests.harness.desk import Visitor
from tests.harness.doubts import badly_filled, carry_out, doubtful, text_mask

pytestmark = [pytest.mark.services]

LEFT = RecordedRegion(quad=((4, 4), (24, 4), (24, 14), (4, 14)))
RIGHT = RecordedRegion(quad=((40, 4), (60, 4), (60, 14), (40, 14)))


def row(image: int) -> Any:
    query = images.select().where(images.c.id == image)
    return transact(lambda connection: connection.execute(query).one())


def answer(visitor: Visitor, image: int, choice: str, **fields: str) -> Any:
    page = visitor.get(f"/images/{image}").text
    version = page.partition('name="version" value="')[2].partition('"')[0]
    fields = {"choice": choice, "version": version, **fields}
    return visitor.post(f"/images/{image}/decision", fields, page=f"/images/{image}")


def mask_of(store: str, image: int) -> Mask:
    return intermediate.decode_mask(bucket(store).get(row(image).mask))


def letters() -> Mask:
    mask = np.zeros((20, 70), np.uint8)
    mask[6:12, 6:22] = mask[6:12, 42:58] = 255
    return mask


def test_the_mask_of_chosen_pieces_covers_those_alone() -> None:
    chosen = of_regions(letters(), [LEFT, RIGHT], [1])
    assert (chosen[6:12, 42:58] == 255).all()
    assert not chosen[:, :30].any()
    assert np.array_equal(of_regions(letters(), [LEFT, RIGHT], [0, 1]), letters())


def test_a_piece_without_a_mask_is_covered_wholly() -> None:
    chosen = of_regions(np.zeros((20, 70), np.uint8), [LEFT], [0])
    assert (chosen[5:14, 5:24] == 255).all()


def test_a_smaller_area_lies_inside_and_loses_no_piece() -> None:
    area = np.zeros((60, 90), np.uint8)
    area[10:40, 10:60] = area[50:53, 70:80] = 255
    inner = smaller(area)
    assert not (inner > area).any()
    assert 0 < np.count_nonzero(inner[:45]) < np.count_nonzero(area[:45])
    assert inner[50:53, 70:80].any()


@pytest.mark.parametrize(
    "colour", [(255, 0, 255), (255, 255, 255), (0, 0, 0), (0, 255, 255), (120, 120, 120)]
)
def test_a_mask_contrasts_with_any_picture_and_lets_it_shine_through(colour: tuple[int, int, int]) -> None:
    picture = np.full((40, 60, 3), colour, np.uint8)
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30, 10:50] = 255
    shown = tinted(picture, mask)
    difference = np.abs(shown.astype(int) - picture)
    assert difference[20, 30].max() >= 60
    assert not difference[:9].any()
    assert tuple(shown[20, 30]) != contrasting(picture, mask > 0)


def test_the_chosen_pieces_are_erased_and_shown(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    assert answer(ada, image, "chosen").status == 400
    reply = answer(ada, image, "chosen", region="0")
    assert reply.status == 200, reply.text
    assert (row(image).state, row(image).step) == ("waiting", 2)
    assert row(image).facts["look_step"] == 2
    assert np.array_equal(mask_of(store, image) > 0, text_mask() > 0)


def test_a_fill_is_tried_with_a_smaller_area_another_model_or_left_out(ada: Visitor, store: str) -> None:
    small, other, original = badly_filled(store, 3)
    page = ada.get(f"/images/{small}").text
    for words in ("No edit: keep the original", "Another model: telea", "A smaller area"):
        assert words in page
    assert answer(ada, small, "smaller").status == 200
    assert 0 < np.count_nonzero(mask_of(store, small)) < np.count_nonzero(text_mask())
    before = row(other)
    assert answer(ada, other, "model:telea").status == 200
    after = row(other)
    assert (after.state, after.step, after.mask) == ("waiting", 2, before.mask)
    query = "SELECT body FROM recipes WHERE digest = :digest"
    body: Any = db_builders.execute(query, digest=after.recipe).scalar()
    assert body["steps"][2]["model"] == "telea"
    assert (after.facts["ordered"], after.facts["look_step"]) == (True, 2)
    uncut = row(original)
    assert answer(ada, original, "keep").status == 200
    assert (row(original).current, row(original).proposal, row(original).step) == (uncut.current, None, 3)


def test_an_image_in_work_says_so_in_its_place(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    answer(ada, image, "found")
    for path in (f"/batches/{row(image).batch_id}", f"/images/{image}/card"):
        page = ada.get(path).text
        assert 'class="card working"' in page
        assert "The result comes back here" in page
    assert (
        'class="card working"' not in Visitor(ada.url, name="bob").get(f"/batches/{row(image).batch_id}").text
    )


def test_answers_are_listed_and_undone(ada: Visitor, store: str) -> None:
    first, second = doubtful(store, 2)
    for image in (first, second):
        assert answer(ada, image, "reject").status == 200
    page = ada.get("/answers").text
    assert page.count("discarded") >= 2
    reply = ada.post("/undo", {}, page="/answers")
    assert (reply.status, reply.json["image"]) == (200, second)
    assert [row(image).state for image in (first, second)] == ["discarded", "flagged"]
    assert ada.post("/undo", {}, page="/answers").json["image"] == first
    assert ada.forge("/undo", {}).status == 403


def test_every_answer_that_a_card_offers_is_undone_wholly(ada: Visitor, store: str) -> None:
    (result,) = doubtful(store)
    assert answer(ada, result, "found").status == 200
    carry_out(store, result)
    undone = set()
    for image in (*doubtful(store), *badly_filled(store), result):
        before = {name: getattr(row(image), name) for name in RESTORED}
        page = ada.get(f"/images/{image}").text
        for choice in re.findall(r'name="choice" value="([^"]+)"', page):
            if choice == "back":  # it is an undo itself
                continue
            assert answer(ada, image, choice, region="0").status == 200, choice
            assert ada.post("/undo", {}, page="/answers").json["image"] == image
            assert {name: getattr(row(image), name) for name in RESTORED} == before, choice
            undone.add(choice.partition(":")[0])
    assert undone == {"accept", "found", "chosen", "sure", "keep", "model", "smaller", "requeue", "reject"}
    (drawn,) = doubtful(store)
    assert ada.draw(drawn, cv2.imencode(".png", text_mask())[1].tobytes()).status == 200
    assert row(drawn).state == "waiting"
    assert ada.post("/undo", {}, page="/answers").json["image"] == drawn
    assert row(drawn).reason == "overlay_or_print"


def test_nobody_undoes_the_answers_of_others_by_the_key(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    answer(ada, image, "reject")
    bob = Visitor(ada.url, name="bob-without-answers")
    reply = bob.post("/undo", {}, page="/answers")
    assert (reply.status, "nothing to undo" in reply.json["error"]) == (409, True)
    assert row(image).state == "discarded"
