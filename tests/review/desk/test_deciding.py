"""A person looks at what was flagged and answers; each answer is the same guarded move as the command's."""

from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest

from records.queries import review_queue
from records.tables import events, images
from review.desk.choices import RESULT_FOLLOWS
from tests.harness import db_builders
from tests.harness.context import decisions, transact
from tests.harness.desk import Visitor
from tests.harness.doubts import HIGH, WIDE, badly_filled, doubtful

pytestmark = [pytest.mark.services]


def row(image: int) -> Any:
    query = images.select().where(images.c.id == image)
    return transact(lambda connection: connection.execute(query).one())


def png(shape: tuple[int, int] = (HIGH, WIDE)) -> bytes:
    mask = np.zeros(shape, np.uint8)
    mask[5:9, 5:30] = 255
    return cv2.imencode(".png", mask)[1].tobytes()


@pytest.mark.parametrize(
    ("choice", "state", "step", "done"),
    [
        ("accept", "waiting", 2, "accepted"),
        ("found", "waiting", 2, RESULT_FOLLOWS),
        ("sure", "waiting", 1, RESULT_FOLLOWS),
        ("requeue", "waiting", 1, RESULT_FOLLOWS),
        ("reject", "discarded", 1, "discarded"),
    ],
)
def test_each_answer_to_a_doubt_is_a_decision(
    ada: Visitor, store: str, choice: str, state: str, step: int, done: str
) -> None:
    (image,) = doubtful(store)
    reply = ada.decide(image, choice)
    returns = done == RESULT_FOLLOWS
    assert (reply.status, reply.json) == (200, {"image": image, "done": done, "returns": returns})
    assert (row(image).state, row(image).step) == (state, step)
    assert row(image).facts.get("look_step") == (2 if returns else None)


def test_the_records_keep_who_decided(desk: str, store: str) -> None:
    (image,) = doubtful(store)
    assert Visitor(desk, name="grace@shop").decide(image, "reject").status == 200
    query = events.select().where(events.c.image_id == image, events.c.new == "discarded")
    assert transact(lambda connection: connection.execute(query).one()).actor == "person:grace@shop"


def test_of_two_people_one_wins_and_the_other_is_told(ada: Visitor, desk: str, store: str) -> None:
    image, other = doubtful(store, 2)
    bob = Visitor(desk, name="bob")
    fields = {"choice": "reject", "version": "1"}
    assert ada.decide(image, "accept").status == 200
    late = bob.post(f"/images/{image}/decision", fields, page=f"/images/{other}")
    assert late.status == 409
    assert f"image {image} is not flagged any more" in late.json["error"]
    assert row(image).state == "waiting"


def test_an_answer_to_what_was_judged_anew_meanwhile_is_not_taken(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    reply = ada.decide(image, "accept", version="1")
    assert reply.status == 409
    assert "was processed again" in reply.json["error"]
    assert row(image).state == "flagged"


def test_an_answer_to_what_was_rolled_back_meanwhile_is_not_taken(ada: Visitor, store: str) -> None:
    (image,) = badly_filled(store)
    image_now = transact(partial(review_queue.one, image_id=image))
    assert image_now is not None
    decisions().rollback(image, "erase_text", "person:bob")
    assert row(image).state == "flagged"
    assert ada.decide(image, "accept", version=image_now.version).status == 409
    assert ada.decide(image, "accept").status == 200


def test_a_good_fill_is_taken_though_a_gate_stopped_it(ada: Visitor, store: str) -> None:
    (image,) = badly_filled(store)
    proposal = row(image).proposal
    assert ada.decide(image, "accept").status == 200
    assert (row(image).state, row(image).current) == ("waiting", proposal)


def test_an_answer_that_the_image_does_not_have_is_refused(ada: Visitor, store: str) -> None:
    (image,) = badly_filled(store)
    assert ada.decide(image, "sure").status == 400
    assert ada.decide(image, "explode").status == 400
    assert row(image).state == "flagged"


def test_a_form_of_a_foreign_site_changes_nothing(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    ada.get(f"/images/{image}")  # the cookie is there; the site does not know it
    reply = ada.forge(f"/images/{image}/decision", {"choice": "reject", "version": str(image)})
    assert reply.status == 403
    assert row(image).state == "flagged"


def test_without_its_script_a_form_leads_back_to_the_batch(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    page = ada.get(f"/images/{image}").text
    assert f'action="/images/{image}/decision"' in page
    assert 'method="post"' in page


def test_a_drawn_mask_sends_the_image_round(ada: Visitor, store: str) -> None:
    (image,) = badly_filled(store)
    reply = ada.draw(image, png())
    assert reply.status == 200, reply.text
    assert reply.json["back"] == f"/batches/{row(image).batch_id}#image-{image}"
    assert row(image).facts["look_step"] == 2
    assert (row(image).state, row(image).step) == ("waiting", 2)
    assert row(image).facts["person_mask"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (png((HIGH, WIDE + 1)), f"the image has {WIDE} × {HIGH}"),
        (b"no picture", "no picture that can be read"),
    ],
    ids=["of another size", "no picture"],
)
def test_a_mask_that_cannot_lie_on_the_image_is_told(
    ada: Visitor, store: str, data: bytes, message: str
) -> None:
    (image,) = badly_filled(store)
    reply = ada.draw(image, data)
    assert reply.status == 409
    assert message in reply.json["error"]
    assert row(image).state == "flagged"


def test_a_halted_batch_takes_no_answer_and_says_what_to_do(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    for state in ("running", "halted"):
        db_builders.execute(f"UPDATE batches SET state = '{state}' WHERE id = :id", id=row(image).batch_id)
    reply = ada.decide(image, "accept")
    assert reply.status == 409
    assert f"sluice resume {row(image).batch_id}" in reply.json["error"]
