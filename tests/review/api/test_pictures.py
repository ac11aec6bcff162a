"""Links to pictures: they open one picture, for a while, without a token."""

import time
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from records.access import tokens
from records.access.tokens import Scope
from records.batches import NewImage
from review.api.links import PictureLink, secret
from tests.harness import db_builders
from tests.harness.context import bucket, context, settings, transact
from tests.review.api.conftest import Api, token

pytestmark = pytest.mark.services
PHOTO = b"\xff\xd8\xff the vendor's bytes"


@pytest.fixture(scope="module")
def image(server: TestClient) -> int:
    """A delivered image whose original and file lie in the bucket."""
    out = f"{settings().bucket}/delivered/acme/spring"
    batch = db_builders.delivered([NewImage("a.jpg", "ingest/acme/links/a.jpg", 9, "a.jpg")], out=out)
    context().bucket.put("ingest/acme/links/a.jpg", PHOTO)
    bucket(out).put("a.jpg", b"delivered")
    return int(db_builders.rows(batch)[0].id)


def links(api: Api, image: int) -> dict[str, str]:
    return {link["picture"]: link["url"] for link in api.get(f"/images/{image}/pictures").json()}


def test_a_link_opens_its_picture_without_a_token(server: TestClient, api: Api, image: int) -> None:
    urls = links(api, image)
    assert urls.keys() == {"original", "delivered"}
    original, delivered = server.get(urls["original"]), server.get(urls["delivered"])
    assert (original.content, delivered.content) == (PHOTO, b"delivered")
    assert delivered.headers["content-type"] == "image/jpeg"


def test_a_vendors_bytes_are_never_shown_by_a_browser(server: TestClient, api: Api, image: int) -> None:
    answer = server.get(links(api, image)["original"])
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_link_ends(server: TestClient, image: int) -> None:
    owner = transact(partial(tokens.authenticate, text=token("ends", Scope.PICTURES)))
    assert owner is not None
    link = PictureLink(image, "original", owner.id, int(time.time()) - 1)
    answer = server.get(f"/api/v1/pictures/{image}/original?{link.query(transact(secret))}")
    assert answer.status_code == 403
    assert "expired" in answer.json()["detail"]


@pytest.mark.parametrize("change", ["image", "picture", "token", "expires", "signature"])
def test_a_link_that_was_changed_is_refused(server: TestClient, api: Api, image: int, change: str) -> None:
    parts = urlsplit(links(api, image)["original"])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    number, picture = (str(image + 1) if change == "image" else str(image)), "original"
    if change == "picture":
        picture = "delivered"
    elif change == "signature":
        query["signature"] = "0" * 64
    elif change != "image":
        query[change] = str(int(query[change]) + 1)
    answer = server.get(f"/api/v1/pictures/{number}/{picture}", params=query)
    assert answer.status_code == 403


def test_a_link_ends_with_the_token_that_made_it(server: TestClient, image: int) -> None:
    url = links(Api(server, token("maker", Scope.PICTURES)), image)["original"]
    assert server.get(url).status_code == 200
    transact(partial(tokens.revoke, name="maker"))
    assert server.get(url).status_code == 403


@pytest.mark.parametrize("seconds", [9, 3601, "x"])
def test_no_link_lasts_longer_than_an_hour(api: Api, image: int, seconds: object) -> None:
    assert api.get(f"/images/{image}/pictures", params={"seconds": seconds}).status_code == 422


def test_an_original_that_was_deleted_is_said_to_be_missing(server: TestClient, api: Api) -> None:
    gone = db_builders.delivered(1)
    answer = server.get(links(api, db_builders.rows(gone)[0].id)["original"])
    assert answer.status_code == 404
