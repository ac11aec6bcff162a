"""What programs read: batches, images, readings, templates; page by page."""

import re

import pytest

from records.batches import NewImage
from tests.harness import db_builders
from tests.review.api.conftest import Api

pytestmark = pytest.mark.services


def pages(api: Api, path: str, limit: int) -> list[list[int]]:
    """Ids of each page of a list."""
    ids, cursor = [], None
    while True:
        answer = api.get(path, params={"limit": limit} | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        ids.append([item.get("image", item.get("batch")) for item in answer.json()["items"]])
        cursor = answer.json()["next"]
        if cursor is None:
            return ids


def test_batches_come_newest_first_and_each_once(api: Api) -> None:
    batches = [db_builders.batch(1) for _ in range(5)]
    listed = [batch for page in pages(api, "/batches", 2) for batch in page]
    assert listed[:5] == batches[::-1]
    assert len(listed) == len(set(listed))


def test_images_come_by_id_and_a_page_holds_no_more_than_asked_for(api: Api) -> None:
    batch = db_builders.batch(5)
    chunks = pages(api, f"/batches/{batch}/images", 2)
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    assert [image for chunk in chunks for image in chunk] == [row.id for row in db_builders.rows(batch)]


def test_images_of_one_state_are_chosen(api: Api) -> None:
    batch = db_builders.batch(3)
    db_builders.through(db_builders.shard(batch), 2, bad=[db_builders.rows(batch)[0].id])
    (flagged,) = api.get(f"/batches/{batch}/images", params={"state": "flagged"}).json()["items"]
    assert (flagged["reason"], flagged["readings"]) == ("sabotage.sabotaged", {"sharp": 1.5})


def test_a_parameter_that_no_route_has_is_refused_on_every_route(api: Api) -> None:
    description = api.get("/openapi.json").json()
    for path, operations in description["paths"].items():
        for method in operations:
            url = re.sub(r"\{\w+\}", "1", path)
            answer = api._send(method.upper(), url, params={"stat": "flagged"})
            assert answer.status_code == 422, f"{method} {path}"
            assert "there is no parameter stat" in answer.json()["detail"]
    assert "state" in api.get("/batches/1/images", params={"stat": "flagged"}).json()["detail"]


def test_readings_hold_every_step_of_every_image(api: Api) -> None:
    batch = db_builders.delivered(3)
    page = api.get(f"/batches/{batch}/readings", params={"limit": 2}).json()
    assert [item["step"] for item in page["items"]] == ["admit", "sabotage", "deliver"] * 2
    rest = api.get(f"/batches/{batch}/readings", params={"limit": 2, "cursor": page["next"]}).json()
    assert (len(rest["items"]), rest["next"]) == (3, None)


def test_a_batch_and_an_image_are_shown_with_all_that_was_done(api: Api) -> None:
    batch = db_builders.delivered([NewImage("a/ä.jpg", "ingest/acme/spring/a/ä.jpg", 9, "a/ä.jpg")])
    report = api.get(f"/batches/{batch}").json()
    assert (report["state"], report["by_state"]["delivered"]) == ("done", 1)
    image = api.get(f"/images/{db_builders.rows(batch)[0].id}").json()
    assert (image["name"], image["file"], image["version"]) == ("a/ä.jpg", "a/ä.jpg", None)
    assert [step["step"] for step in image["steps"]] == ["admit", "sabotage", "deliver"]
    assert image["moves"][-1]["to"] == "delivered"


@pytest.mark.parametrize(
    "path", ["/batches/{n}", "/batches/{n}/images", "/batches/{n}/readings", "/images/{n}"]
)
def test_what_there_is_not_is_said_not_to_be_there(api: Api, path: str) -> None:
    answer = api.get(path.format(n=2**62))
    assert answer.status_code == 404
    assert answer.json()["status"] == 404


@pytest.mark.parametrize(
    "query", [{"cursor": "x"}, {"cursor": "-1"}, {"limit": 0}, {"limit": 201}, {"cursor": "ä"}]
)
def test_a_page_that_cannot_be_is_refused_with_the_reason(api: Api, query: dict[str, str]) -> None:
    answer = api.get("/batches", params=query)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("query.")
