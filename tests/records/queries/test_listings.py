"""Images are read page by page, in order, each once, however many there are."""

import json

import pytest

from line.states import ImageState
from records.queries import listings
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


@pytest.fixture(scope="module")
def batch(records: object) -> int:
    """Eleven images in three states, read in pages of four."""
    batch = db_builders.batch(11)
    ids = [row.id for row in db_builders.rows(batch)]
    db_builders.execute("UPDATE images SET state = 'failed' WHERE id = ANY(:ids)", ids=ids[::3])
    db_builders.execute("UPDATE images SET state = 'held' WHERE id = ANY(:ids)", ids=ids[1::3])
    return batch


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "PAGE", 4)


def test_every_image_is_told_once_by_its_id(batch: int) -> None:
    lines = transact(lambda connection: list(listings.image_lines(connection, batch)))
    assert [line["id"] for line in lines] == [row.id for row in db_builders.rows(batch)]


@pytest.mark.parametrize("state", [ImageState.FAILED, ImageState.WAITING, ImageState.DELIVERED])
def test_a_state_has_its_images_alone(batch: int, state: ImageState) -> None:
    lines = transact(lambda connection: list(listings.image_lines(connection, batch, state.value)))
    assert [line["id"] for line in lines] == [row.id for row in db_builders.rows(batch, state.value)]


def test_a_list_goes_on_behind_any_image(batch: int) -> None:
    ids = [row.id for row in db_builders.rows(batch)]
    lines = transact(lambda connection: list(listings.image_lines(connection, batch, after=ids[4])))
    assert [line["id"] for line in lines] == ids[5:]


def test_another_batch_is_not_in_it(batch: int) -> None:
    other = db_builders.batch(6)
    assert len(transact(lambda connection: list(listings.image_lines(connection, other)))) == 6


def test_a_manifest_of_several_pages_has_every_name_in_order(batch: int) -> None:
    lines = transact(lambda connection: list(listings.manifest_lines(connection, batch)))
    assert [json.loads(line)["name"] for line in lines] == [row.name for row in db_builders.rows(batch)]
