"""Pictures in tiles: cut once, only within the picture, and only for whoever may see the image."""

import asyncio
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from review.desk.drawing.tiles import TILE_SIDE, scales
from review.desk.viewer import tile_cache
from review.desk.viewer.sources import Source, SourceKind
from review.desk.viewer.tile_archive import TileArchives
from tests.harness import db_builders
from tests.harness.context import database
from tests.harness.desk import Reply, Visitor
from tests.harness.doubts import BLUE, GREEN, HIGH, WIDE, doubtful
from tests.harness.finished import delivered, huge_doubt, striped
from tests.harness.line import Line

pytestmark = [pytest.mark.services]


def current(image: int) -> str:
    """Address of the picture of an image as it stands."""
    key = db_builders.execute("SELECT current FROM images WHERE id = :id", id=image).scalar()
    return f"/images/{image}/pictures/{Source(SourceKind.PICTURE, str(key)).name}"


def pixels(reply: Reply) -> np.ndarray:
    assert reply.status == 200, reply.text
    bgr = cv2.imdecode(np.frombuffer(reply.body, np.uint8), cv2.IMREAD_UNCHANGED)
    assert bgr is not None
    return np.asarray(bgr[..., 2::-1] if bgr.shape[2] == 3 else bgr, np.int16)


def test_a_picture_is_described_and_sent_in_tiles(ada: Visitor, store: str) -> None:
    image = huge_doubt(store, 1300, 700)
    address = current(image)
    described = ada.get(address)
    assert described.json == {"width": 1300, "height": 700, "tile": TILE_SIDE, "levels": 3}
    assert "immutable" in described.headers["Cache-Control"]
    whole = striped(1300, 700)
    part = pixels(ada.get(f"{address}/2/1-0"))
    assert part.shape == (512, 512, 3)
    assert np.abs(part - whole[:512, 512:1024]).mean() < 3
    edge = pixels(ada.get(f"{address}/2/2-1"))
    assert edge.shape == (700 - 512, 1300 - 1024, 3)
    assert pixels(ada.get(f"{address}/0/0-0")).shape == (175, 325, 3)


def test_a_mask_is_sent_in_tiles_that_are_transparent_where_the_picture_stays(
    ada: Visitor, store: str
) -> None:
    (image,) = doubtful(store)
    key = db_builders.execute("SELECT proposal_mask FROM images WHERE id = :id", id=image).scalar()
    name = Source(SourceKind.MASK, str(key)).name
    tile = pixels(ada.get(f"/images/{image}/pictures/{name}/0/0-0"))
    assert tile.shape == (HIGH, WIDE, 4)
    assert (tile[12:18, 14:46, 3] == 255).all()
    assert (tile[30:, :, 3] == 0).all()


@pytest.mark.parametrize(
    "tile", ["3/0-0", "2/3-0", "2/0-2", "0/1-0", "0/0-1", "99/0-0", "999999999999999999/0-0", "0/0", "0/-1-0"]
)
def test_a_tile_outside_of_the_picture_is_not_there(ada: Visitor, store: str, tile: str) -> None:
    image = huge_doubt(store, 1300, 700)
    assert ada.get(f"{current(image)}/{tile}").status == 404


def test_a_picture_is_found_only_at_its_own_image(ada: Visitor, store: str) -> None:
    one, other = huge_doubt(store, 600, 400), huge_doubt(store, 500, 400)
    name = current(one).rpartition("/")[2]
    assert ada.get(current(one)).status == 200
    for path in (
        f"/images/{other}/pictures/{name}",
        f"/images/{other}/pictures/{name}/0/0-0",
        f"/images/{one}/pictures/..%2f..%2fetc",
        f"/images/{one}/pictures/0000",
        f"/images/987654/pictures/{name}",
        f"/images/99999999999999999999/pictures/{name}",
    ):
        assert ada.get(path).status == 404, path


def test_no_picture_is_shown_without_the_password(
    desk: str, ada: Visitor, store: str, tmp_path: Path
) -> None:
    image = delivered(store, tmp_path)
    paths = (f"{current(image)}", f"{current(image)}/0/0-0", f"/images/{image}/file", f"/images/{image}/view")
    for path in paths:
        assert ada.get(path).status == 200
        assert Visitor(desk, name="eve", password="guess").get(path).status == 401


def test_the_delivered_file_is_sent_as_it_lies_in_its_bucket(
    ada: Visitor, store: str, tmp_path: Path
) -> None:
    image = delivered(store, tmp_path)
    reply = ada.get(f"/images/{image}/file")
    (file,) = tmp_path.glob("*.jpg")
    assert reply.body == file.read_bytes()
    assert reply.headers["Content-Type"] == "image/jpeg"
    assert reply.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    (waiting,) = doubtful(store)
    assert ada.get(f"/images/{waiting}/file").status == 404
    file.unlink()
    assert ada.get(f"/images/{image}/file").status == 404


def test_a_picture_that_was_removed_from_the_bucket_is_named_as_such(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    db_builders.execute("UPDATE images SET current = 'objects/gone.qoi' WHERE id = :id", id=image)
    reply = ada.get(current(image))
    assert reply.status == 404
    assert "no longer stored" in reply.text


def test_each_scale_is_half_of_the_next_and_the_smallest_fits_into_a_tile() -> None:
    sizes = [scaled.shape[:2] for scaled in scales(striped(2051, 1025))]
    assert sizes == [(1025, 2051), (513, 1026), (257, 513), (129, 257)]


def test_a_picture_that_is_wanted_many_times_at_once_is_cut_once(tmp_path: Path) -> None:
    cut: list[Path] = []

    async def write(source: Source, path: Path) -> None:
        cut.append(path)
        await asyncio.sleep(0)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(source.key))

    async def want() -> list[Path]:
        archives = TileArchives(tmp_path, write)
        source = Source(SourceKind.PICTURE, "objects/one.qoi")
        paths = await asyncio.gather(*(archives.archive(7, source) for _ in range(5)))
        return [*paths, await archives.archive(7, source)]

    assert len(set(asyncio.run(want()))) == 1
    assert len(cut) == 1


def test_the_delivered_picture_has_the_colours_that_were_delivered(
    ada: Visitor, store: str, tmp_path: Path
) -> None:
    image = delivered(store, tmp_path)
    page = ada.get(f"/images/{image}/view").text
    shown = (
        page.partition('name="shown"')[2].partition(" selected>Delivered file")[0].rpartition('value="')[2]
    )
    tile = pixels(ada.get(f"/images/{image}/pictures/{shown[:20]}/0/0-0"))
    assert np.abs(tile - np.array(BLUE)).mean() < 5
    assert np.abs(pixels(ada.get(f"{current(image)}/0/0-0")) - np.array(GREEN)).mean() > 50


def test_a_desk_removes_the_tiles_of_images_that_were_forgotten(
    ada: Visitor, store: str, records: Line
) -> None:
    image, other = huge_doubt(store, 600, 400), huge_doubt(store, 600, 400)
    for each in (image, other):
        assert ada.get(current(each)).status == 200
    cache = records.home / tile_cache.FOLDER
    (cache / "0123.zip").write_bytes(b"of an earlier version")
    assert {str(image), str(other)} <= {path.name for path in cache.iterdir()}
    db_builders.execute("DELETE FROM steps WHERE image_id = :id", id=image)
    db_builders.execute("DELETE FROM events WHERE image_id = :id", id=image)
    db_builders.execute("DELETE FROM images WHERE id = :id", id=image)
    tile_cache.clean(cache, database())
    assert not (cache / str(image)).exists()
    assert not (cache / "0123.zip").exists()
    assert ada.get(current(other)).status == 200
    (archive,) = (cache / str(other)).iterdir()
    os.utime(archive, (0, 0))
    tile_cache.clean(cache, database())
    assert not archive.exists(), "it was not opened for a week"
