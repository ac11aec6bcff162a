"""Spot checks over HTTP: pictures are judged one by one, the bound follows, controls are mixed in."""

import re

import pytest

from tests.harness import db_builders
from tests.harness.command import call
from tests.harness.desk import Reply, Visitor
from tests.harness.doubts import badly_filled
from tests.harness.line import Line

pytestmark = [pytest.mark.services]


@pytest.fixture
def batch(records: Line) -> int:
    """A batch with pictures that were delivered."""
    ids = badly_filled(records.env["SLUICE_BUCKET_URL"], 4)
    db_builders.execute("UPDATE images SET state = 'waiting' WHERE id = ANY(:ids)", ids=ids)
    db_builders.execute("UPDATE images SET state = 'working' WHERE id = ANY(:ids)", ids=ids)
    db_builders.execute("UPDATE images SET state = 'delivered', reason = '' WHERE id = ANY(:ids)", ids=ids)
    admitted = (
        "UPDATE images SET facts = facts || jsonb_build_object('admitted', current) WHERE id = ANY(:ids)"
    )
    db_builders.execute(admitted, ids=ids)
    query = "SELECT batch_id FROM images WHERE id = :id"
    return int(str(db_builders.execute(query, id=ids[0]).scalar()))


def page_of(visitor: Visitor, batch: int) -> str:
    return visitor.get(f"/batches/{batch}/spot-checks").text


def start(visitor: Visitor, batch: int, controls: str = "0") -> Reply:
    path = f"/batches/{batch}/spot-checks"
    return visitor.post(path, {"controls": controls}, page=path)


def question(visitor: Visitor, batch: int) -> int:
    match = re.search(r"/spot-checks/(\d+)/answer", page_of(visitor, batch))
    assert match is not None
    return int(match[1])


def judge(visitor: Visitor, batch: int, verdict: str) -> int:
    number = question(visitor, batch)
    path = f"/batches/{batch}/spot-checks"
    assert visitor.post(f"/spot-checks/{number}/answer", {"verdict": verdict}, page=path).status == 200
    return number


def test_pictures_are_judged_one_by_one_and_the_bound_follows(ada: Visitor, batch: int) -> None:
    assert "Start the spot check" in page_of(ada, batch)
    start(ada, batch)
    first = question(ada, batch)
    for side in ("before", "after"):
        assert ada.get(f"/spot-checks/{first}/{side}.jpg").body[:2] == b"\xff\xd8"
    assert judge(ada, batch, "good") == first
    judge(ada, batch, "bad")
    page = page_of(ada, batch)
    assert "1 of 2 pictures bad" in page
    assert "Judged as bad" in page
    assert call("spot-check", batch).out.startswith(f"batch {batch}: 1 of 2 pictures bad: at most 75 %")
    path = f"/batches/{batch}/spot-checks"
    assert ada.post(f"{path}/undo", {}, page=path).status == 200
    assert "0 of 1 pictures bad" in page_of(ada, batch)
    for _ in range(3):
        judge(ada, batch, "good")
    assert "There is nothing left to judge" in page_of(ada, batch)
    assert "at most 0 %" in page_of(ada, batch)


def test_the_command_prints_one_document(ada: Visitor, batch: int) -> None:
    import json

    start(ada, batch)
    judge(ada, batch, "bad")
    document = json.loads(call("spot-check", batch, "--json").out)
    assert document["judged"] == 1
    assert document["bad"][0]["state"] == "delivered"
    assert document["reviewers"][0]["name"] == "person:ada"
    assert document["reviewers"][0]["sensitivity"] is None
    assert 0 < document["upper"] <= 1


def test_a_page_of_a_question_does_not_tell_a_control_from_another_picture(
    ada: Visitor, batch: int, records: Line
) -> None:
    (control,) = badly_filled(records.env["SLUICE_BUCKET_URL"])
    path = f"/batches/{batch}/spot-checks"
    assert ada.post(f"{path}/controls", {"image": str(control), "kind": "bad"}, page=path).status == 200
    start(ada, batch, controls="50")
    for _ in range(5):
        part = page_of(ada, batch).partition('class="question"')[2].partition("</section>")[0]
        assert "/images/" not in part
        if "nothing left" not in page_of(ada, batch) and part:
            judge(ada, batch, "bad")
    assert "1 of 1 (100%)" in page_of(ada, batch)
    assert ada.post(f"{path}/controls", {"image": str(control), "kind": "none"}, page=path).status == 200


def test_an_answer_is_only_taken_from_the_reviewer_who_was_asked_and_only_once(
    ada: Visitor, batch: int
) -> None:
    start(ada, batch)
    number, path = question(ada, batch), f"/batches/{batch}/spot-checks"
    bob = Visitor(ada.url, name="bob")
    action = f"/spot-checks/{number}/answer"
    assert bob.post(action, {"verdict": "good"}, page=path).status == 409
    assert ada.post(action, {"verdict": "perfect"}, page=path).status == 400
    assert ada.forge(action, {"verdict": "good"}).status == 403
    assert ada.post(action, {"verdict": "good"}, page=path).status == 200
    assert ada.post(action, {"verdict": "bad"}, page=path).status == 409


@pytest.mark.parametrize(
    ("action", "fields", "status"),
    [
        ("", {"controls": "many"}, 400),
        ("", {"controls": "90"}, 409),
        ("/undo", {}, 409),
        ("/controls", {"image": "x", "kind": "bad"}, 400),
        ("/controls", {"image": "987654", "kind": "bad"}, 409),
        ("/controls", {"image": "1", "kind": "fair"}, 400),
    ],
)
def test_what_cannot_be_done_is_an_error_with_words(
    ada: Visitor, batch: int, action: str, fields: dict[str, str], status: int
) -> None:
    path = f"/batches/{batch}/spot-checks"
    assert ada.post(path + action, fields, page=path).status == status


def test_there_is_no_spot_check_of_a_batch_that_does_not_exist(ada: Visitor) -> None:
    assert ada.get("/batches/987654/spot-checks").status == 409
    assert ada.get("/spot-checks/987654/after.jpg").status == 409


def test_a_batch_without_delivered_pictures_has_nothing_to_judge(ada: Visitor) -> None:
    batch = db_builders.batch(1)
    start(ada, batch)
    assert "nothing left to judge" in page_of(ada, batch)
