"""The grid over HTTP: sets of images by their URL, small pictures, and one answer to many."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.harness import db_builders
from tests.harness.desk import Reply, Visitor
from tests.harness.doubts import badly_filled, doubtful

pytestmark = [pytest.mark.services]


def states(*ids: int) -> list[str]:
    query = "SELECT state FROM images WHERE id = :id"
    return [str(db_builders.execute(query, id=image).scalar()) for image in ids]


def shown(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'id="tile-(\d+)"', page)]


def versions(page: str) -> dict[int, str]:
    return {int(each): version for each, version in re.findall(r'name="version" value="(\d+):(\w+)"', page)}


def answer(visitor: Visitor, address: str, choice: str, *ids: int, **more: Any) -> Reply:
    """Send the grid's form with these images chosen, as a browser does."""
    page = visitor.get(f"/images?{address}").text
    token = page.partition('name="_xsrf" value="')[2].partition('"')[0]
    pairs = [("image", str(image)) for image in ids]
    pairs += [
        ("version", f"{image}:{version}") for image, version in more.pop("shown", versions(page)).items()
    ]
    fields = {"choice": choice, "filter": address, "_xsrf": token, **more}
    return visitor.post_pairs("/images/answers", [*fields.items(), *pairs])


def test_the_url_holds_the_filter_and_the_page_goes_on(ada: Visitor) -> None:
    names = [f"caps/{number:03}.jpg" for number in range(61)] + ["mugs/1.jpg"]
    batch = db_builders.batch([db_builders.named(name) for name in names])
    ids = [row.id for row in db_builders.rows(batch)]
    address = urlencode({"batch": batch, "state": "waiting", "name": "CAPS", "sort": "name"})
    first = ada.get(f"/images?{address}").text
    assert shown(first) == ids[:60]
    assert 'value="CAPS"' in first
    following = re.search(r'href="(/images\?[^"]*after=[^"]*)"', first)
    assert following is not None
    assert shown(ada.get(following[1].replace("&amp;", "&")).text) == ids[60:61]
    assert f"/images?batch={batch}" in ada.get(f"/batches/{batch}").text


def test_a_batch_has_a_grid_of_its_own(ada: Visitor, store: str) -> None:
    ids = doubtful(store, 2)
    assert shown(ada.get(f"/batches/{db_builders.batch_of(ids[0])}/images").text) == ids


def test_flagged_and_delivered_images_have_small_pictures(ada: Visitor, store: str) -> None:
    (image,) = badly_filled(store)
    reply = ada.get(f"/images/{image}/thumbnail.jpg?v=1")
    assert (reply.status, reply.body[:2]) == (200, b"\xff\xd8")
    assert "max-age" in reply.headers["Cache-Control"]
    db_builders.execute("UPDATE images SET state = 'waiting' WHERE id = :id", id=image)
    assert ada.get(f"/images/{image}/thumbnail.jpg").body[:2] == b"\xff\xd8"
    batch = db_builders.delivered(1)
    assert ada.get(f"/images/{db_builders.rows(batch)[0].id}/thumbnail.jpg").status == 404


@pytest.mark.parametrize(
    "query",
    [
        "state=lost",
        "batch=x",
        "sort=random",
        "after=x",
        "after=WzFd",
        "min=x&reading=a",
        "min=nan",
        "name=%00",
    ],
)
def test_a_filter_that_is_none_is_an_error_with_words(ada: Visitor, query: str) -> None:
    assert ada.get(f"/images?{query}").status == 400


def test_names_and_filters_are_shown_as_text(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store, names=['"><script>alert(1)</script>.jpg'])
    page = ada.get(f"/images?batch={db_builders.batch_of(image)}&reason=%22%3E%3Cscript%3Ealert(2)").text
    assert "<script>alert" not in page + ada.get(f"/images?batch={db_builders.batch_of(image)}").text


def test_one_answer_to_many_images_is_undone_as_one(ada: Visitor, store: str) -> None:
    first, second, third = doubtful(store, 3)
    address = f"batch={db_builders.batch_of(first)}&state=flagged"
    reply = answer(ada, address, "reject", first, second)
    assert (reply.status, reply.json["answered"]) == (200, [first, second])
    assert states(first, second, third) == ["discarded", "discarded", "flagged"]
    assert "and 1 more" in ada.get("/answers").text
    undone = ada.post("/undo", {}, page="/answers").json
    assert (undone["images"], states(first, second)) == (2, ["flagged", "flagged"])


def test_what_is_ordered_for_many_comes_back_to_be_looked_at(ada: Visitor, store: str) -> None:
    ids = doubtful(store, 2)
    reply = answer(ada, f"batch={db_builders.batch_of(ids[0])}&state=flagged", "found", *ids)
    assert (reply.json["returns"], states(*ids)) == (True, ["waiting", "waiting"])
    for image in ids:
        facts: Any = db_builders.execute("SELECT facts FROM images WHERE id = :id", id=image).scalar()
        assert (facts["ordered"], facts["look_step"]) == (True, 2)


def test_every_image_of_a_filter_is_answered_but_no_result_that_was_not_shown(
    ada: Visitor, store: str
) -> None:
    ids = badly_filled(store, 3)
    address = f"batch={db_builders.batch_of(ids[0])}&state=flagged"
    page = versions(ada.get(f"/images?{address}").text)
    unseen = {image: version for image, version in page.items() if image != ids[1]}
    reply = answer(ada, address, "accept", all="1", shown=unseen)
    assert sorted(reply.json["answered"]) == [ids[0], ids[2]]
    assert "not shown" in reply.json["refused"][str(ids[1])]
    assert states(*ids) == ["waiting", "flagged", "waiting"]
    assert answer(ada, address, "accept", ids[1], shown={}).status == 409
    assert answer(ada, address, "accept", ids[1], shown={ids[1]: "0" * 16}).status == 409
    assert answer(ada, address, "reject", all="1", shown={}).json["answered"] == [ids[1]]


def test_an_answer_needs_images_a_choice_that_fits_and_the_page_s_token(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    address = f"batch={db_builders.batch_of(image)}"
    assert answer(ada, address, "reject").status == 400
    assert answer(ada, address, "model:unknown", image).status == 409
    assert ada.forge("/images/answers", {"choice": "reject", "filter": "", "image": str(image)}).status == 403
    assert states(image) == ["flagged"]


def test_a_delivered_picture_is_taken_back_or_processed_again(ada: Visitor) -> None:
    batch = db_builders.delivered(2)
    gone, again = (row.id for row in db_builders.rows(batch))
    address = f"batch={batch}&state=delivered"
    assert answer(ada, address, "reject", gone).status == 200
    assert answer(ada, address, "requeue", again).status == 200
    assert states(gone, again) == ["discarded", "waiting"]


def test_similar_images_are_shown_as_one_group_and_answered_as_one(ada: Visitor, store: str) -> None:
    ids = doubtful(store, 3)
    db_builders.execute("UPDATE images SET template = 41 WHERE id = ANY(:ids)", ids=ids[:2])
    batch = db_builders.batch_of(ids[0])
    page = ada.get(f"/images?batch={batch}&group=1").text
    assert "template 41" in page
    assert page.count('class="group"') == 2
    address = f"batch={batch}&state=flagged&reason=overlay_or_print&template=41"
    reply = answer(ada, address, "accept", all="1", shown={})
    assert sorted(reply.json["answered"]) == ids[:2]
    assert states(*ids) == ["waiting", "waiting", "flagged"]


def test_a_group_of_results_offers_no_answer_that_takes_them_unseen(ada: Visitor, store: str) -> None:
    (image,) = badly_filled(store)
    page = ada.get(f"/images?batch={db_builders.batch_of(image)}&group=1").text
    assert 'value="reject"' in page
    assert 'value="accept"' not in page
