"""A vendor's template is looked at and answered at the desk."""

import re

import cv2
import numpy as np
import pytest

from records import templates
from tests.harness.context import transact
from tests.harness.desk import Visitor
from tests.harness.line import Line
from tests.harness.scenes.templates import proposed

pytestmark = [pytest.mark.services]


def state(template: int) -> tuple[str, list[str]]:
    (entry,) = transact(lambda connection: templates.listed(connection, ids=[template]))
    return entry["state"], [decision["by"] for decision in entry["decisions"]]


@pytest.mark.parametrize(("answer", "word"), [("confirm", "confirmed"), ("dismiss", "dismissed")])
def test_one_answer_settles_a_template(ada: Visitor, records: Line, answer: str, word: str) -> None:
    template = proposed(records.env["SLUICE_BUCKET_URL"])
    assert f'id="template-{template}"' in ada.get("/templates").text
    assert re.search(r"\d+ vendor template", ada.get("/").text)
    reply = ada.post(f"/templates/{template}", {"answer": answer}, page="/templates")
    assert reply.status == 200
    assert state(template) == (word, ["person:ada"])


def test_its_crops_are_shown_side_by_side(ada: Visitor, records: Line) -> None:
    template = proposed(records.env["SLUICE_BUCKET_URL"])
    reply = ada.get(f"/templates/{template}.png")
    picture = np.asarray(cv2.imdecode(np.frombuffer(reply.body, np.uint8), cv2.IMREAD_COLOR))
    assert picture.shape == (240, 3 * 360 + 2 * 12, 3)


def test_the_second_to_answer_is_told(ada: Visitor, records: Line) -> None:
    template = proposed(records.env["SLUICE_BUCKET_URL"])
    page = "/templates"
    proposed(records.env["SLUICE_BUCKET_URL"])  # so that the page still has a form
    assert ada.post(f"/templates/{template}", {"answer": "confirm"}, page=page).status == 200
    late = ada.post(f"/templates/{template}", {"answer": "dismiss"}, page=page)
    assert late.status == 409
    assert "was confirmed already by person:ada" in late.json["error"]


def test_any_other_answer_is_refused(ada: Visitor, records: Line) -> None:
    template = proposed(records.env["SLUICE_BUCKET_URL"])
    assert ada.post(f"/templates/{template}", {"answer": "burn"}, page="/templates").status == 400
    assert state(template) == ("proposed", [])
