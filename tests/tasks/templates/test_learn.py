"""What recurs on a vendor's photos is proposed, once, however many schedulers look."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from imaging import intermediate
from line.errors import ServiceError
from line.facts import Box
from line.states import TemplateState
from records import templates
from tasks.templates.previews import side_by_side
from tests.harness import db_builders
from tests.harness.context import bucket, context, transact
from tests.harness.line import Line
from tests.harness.scenes.templates import propose

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

CORNER: Box = (0.6, 0.85, 0.95, 0.95)
STEPS = ("admit", "find_text", "deliver")


@pytest.fixture
def vendor() -> str:
    """A vendor of the test's own."""
    return f"vendor-{uuid4().hex[:8]}"


def photo(seed: int, box: Box = CORNER) -> np.ndarray:
    ground = np.random.default_rng(seed).integers(40, 150, (3, 4, 3), np.uint8)
    rgb = cv2.resize(ground, (400, 300), interpolation=cv2.INTER_CUBIC)
    at = (round(box[0] * 400) + 6, round(box[3] * 300) - 8)
    return cv2.putText(rgb, "ACME.COM", at, cv2.FONT_HERSHEY_DUPLEX, 0.7, (250, 250, 250), 2, cv2.LINE_AA)


def searched(vendor: str, texts: Sequence[Sequence[tuple[Box, float]]], store: str = "") -> int:
    """A batch searched for text and not yet delivered, whose images bear these (box and probability)."""
    batch = db_builders.batch(len(texts), db_builders.recipe_of(STEPS))
    db_builders.execute("UPDATE batches SET vendor = :vendor WHERE id = :id", vendor=vendor, id=batch)
    db_builders.through(db_builders.shard(batch, steps=STEPS), 2)
    statement = sa.text("UPDATE images SET facts = :facts WHERE id = :id")
    statement = statement.bindparams(sa.bindparam("facts", type_=JSONB))
    for row, regions in zip(db_builders.rows(batch), texts, strict=True):
        facts = {"regions": [{"box": list(box), "overlay": overlay} for box, overlay in regions]}
        transact(
            lambda connection, facts=facts, row=row: connection.execute(  # type: ignore[misc]
                statement, {"facts": facts, "id": row.id}
            )
        )
        if store:
            bucket(store).put(f"objects/{row.id}-0", intermediate.encode_rgb(photo(row.id)))
    return batch


def listed(vendor: str) -> list[dict[str, Any]]:
    return transact(lambda connection: templates.listed(connection, vendor))


def jittered(number: int, box: Box = CORNER) -> Box:
    x, y = np.random.default_rng(number).normal(0, 0.004, 2)
    return (box[0] + x, box[1] + y, box[2] + x, box[3] + y)


def test_what_recurs_is_proposed_with_its_counts_outline_ink_and_crops(vendor: str, records: Line) -> None:
    texts = [[(jittered(number), 0.9)] for number in range(9)] + [[], [], []]
    searched(vendor, texts, records.env["SLUICE_BUCKET_URL"])
    propose()
    (template,) = listed(vendor)
    assert template["box"] == pytest.approx(CORNER, abs=0.01)
    assert (template["images"], template["photos"], template["overlay"]) == (9, 12, pytest.approx(0.9))
    assert len(template["examples"]) == 3
    recorded = transact(
        lambda connection: templates.vendor_of(
            connection, connection.scalar(sa.text("SELECT max(id) FROM batches")) or 0
        )
    ).templates
    assert recorded[0].ink is not None
    assert np.linalg.norm(np.array(recorded[0].ink) - 250) < 40
    picture = side_by_side(context().bucket, template["examples"])
    assert picture.shape[0] == 2 * 240 + 12  # the crops, and below them what would be erased
    assert picture.shape[1] > 3 * 240
    assert (picture[252:] == (255, 0, 255)).all(axis=2).sum() > 3 * 300
    assert recorded[0].mark is not None
    assert recorded[0].mark["through"] < 0.3


def test_the_second_line_of_an_overlay_is_no_template_of_its_own(vendor: str, records: Line) -> None:
    # the detector takes the name for two texts
    _, top, _, bottom = CORNER
    halves = [(0.6, top, 0.74, bottom), (0.74, top, 0.88, bottom)]
    texts = [[(half, 0.9) for half in halves] for _ in range(9)]
    searched(vendor, texts, records.env["SLUICE_BUCKET_URL"])
    propose()
    assert len(listed(vendor)) == 1
    propose()
    searched(vendor, texts, records.env["SLUICE_BUCKET_URL"])
    propose()
    assert len(listed(vendor)) == 1


def test_photos_with_but_the_place_of_their_text_in_common_have_no_template(
    vendor: str, records: Line
) -> None:
    def drawn(number: int) -> np.ndarray:
        ground = np.random.default_rng(number).integers(40, 150, (3, 4, 3), np.uint8)
        rgb = cv2.resize(ground, (400, 300), interpolation=cv2.INTER_CUBIC)
        word = ("IIIIIII", "WMWM", "8-3-21", "LOT 77", "ooooooo", "/////", "HALF OFF", "~~~~", "x.x.x")[
            number
        ]
        ink = [int(value) for value in np.random.default_rng(100 + number).integers(0, 255, 3)]
        return cv2.putText(rgb, word, (250, 280), cv2.FONT_HERSHEY_DUPLEX, 0.9, ink, 2, cv2.LINE_AA)

    batch = searched(vendor, [[(CORNER, 0.9)]] * 9, records.env["SLUICE_BUCKET_URL"])
    for number, row in enumerate(db_builders.rows(batch)):
        bucket(records.env["SLUICE_BUCKET_URL"]).put(
            f"objects/{row.id}-0", intermediate.encode_rgb(drawn(number))
        )
    propose()
    assert listed(vendor) == []


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ([[(CORNER, 0.9)]] * 4, "too few photos"),
        ([[(CORNER, 0.9)]] * 5 + [[]] * 60, "too small a share"),
        ([[(CORNER, 0.1)]] * 12, "print, as far as the line can tell"),
        ([[((n / 20, n / 20, n / 20 + 0.1, n / 20 + 0.04), 0.9)] for n in range(12)], "never the same place"),
        ([[((0.0, 0.0, 1.0, 1.0), 0.9)]] * 12, "all over the photo"),
        ([[]] * 12, "no text at all"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_proves_nothing_is_not_proposed(
    vendor: str, texts: Sequence[Sequence[tuple[Box, float]]], why: str
) -> None:
    batch = searched(vendor, texts)
    propose()
    assert listed(vendor) == [], why
    assert batch not in [row.id for row in transact(templates.due)]


def test_texts_of_doubtful_probability_count_where_most_are_likely(vendor: str) -> None:
    searched(vendor, [[(CORNER, 0.9)]] * 8 + [[(CORNER, 0.2)]] * 3)
    propose()
    (template,) = listed(vendor)
    assert template["images"] == 11


def test_few_photos_in_each_of_several_batches_are_enough_together(vendor: str) -> None:
    for count in (2, 2):
        searched(vendor, [[(CORNER, 0.9)]] * count)
        propose()
        assert listed(vendor) == []
    searched(vendor, [[(CORNER, 0.9)]] * 2)
    propose()
    assert [(template["images"], template["photos"]) for template in listed(vendor)] == [(6, 6)]


def test_a_stamp_of_the_newest_batch_is_seen_although_the_vendor_had_many_photos_before(vendor: str) -> None:
    searched(vendor, [[]] * 80)
    searched(vendor, [[(CORNER, 0.9)]] * 6)
    propose()
    assert [(template["images"], template["photos"]) for template in listed(vendor)] == [(6, 6)]


def test_another_vendors_photos_do_not_count(vendor: str) -> None:
    searched(vendor, [[(CORNER, 0.9)]] * 3)
    searched(f"{vendor}-other", [[(CORNER, 0.9)]] * 3)
    propose()
    assert listed(vendor) == listed(f"{vendor}-other") == []


def test_nothing_is_proposed_before_every_image_was_searched(vendor: str) -> None:
    batch = searched(vendor, [[(CORNER, 0.9)]] * 8)
    (shard,) = db_builders.open_shards(batch)
    db_builders.execute("UPDATE shards SET at = 1 WHERE id = :id", id=shard.id)
    propose()
    assert listed(vendor) == []
    db_builders.execute("UPDATE shards SET at = 2 WHERE id = :id", id=shard.id)
    propose()
    assert len(listed(vendor)) == 1


def test_looking_again_proposes_nothing_twice_and_counts_anew(vendor: str) -> None:
    batch = searched(vendor, [[(jittered(number), 0.9)] for number in range(8)])
    propose()
    (first,) = listed(vendor)
    db_builders.execute("UPDATE batches SET surveyed_at = NULL WHERE id = :id", id=batch)
    searched(vendor, [[(jittered(number), 0.9)] for number in range(20, 28)])
    propose()
    (second,) = listed(vendor)
    assert second["template"] == first["template"]
    assert (second["images"], second["photos"]) == (16, 16)


def test_schedulers_that_look_at_once_propose_once(vendor: str) -> None:
    searched(vendor, [[(jittered(number), 0.9), ((0.1, 0.1, 0.3, 0.15), 0.8)] for number in range(8)])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: propose(), range(4)))
    assert len(listed(vendor)) == 2


def test_what_was_dismissed_is_not_proposed_again_by_later_uploads(vendor: str) -> None:
    searched(vendor, [[(CORNER, 0.9)]] * 6)
    propose()
    (template,) = listed(vendor)
    transact(
        lambda connection: templates.decide(
            connection, template["template"], TemplateState.DISMISSED, "person:ada"
        )
    )
    searched(vendor, [[(jittered(number), 0.9)] for number in range(9)])
    propose()
    assert [one["state"] for one in listed(vendor)] == ["dismissed"]


def test_without_the_pictures_a_template_is_proposed_without_an_outline(vendor: str) -> None:
    searched(vendor, [[(CORNER, 0.9)]] * 6)
    propose()
    (template,) = listed(vendor)
    assert template["examples"] == []
    assert side_by_side(context().bucket, []).shape[2] == 3


def test_while_the_bucket_is_away_nothing_is_concluded(
    vendor: str, records: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched(vendor, [[(CORNER, 0.9)]] * 6, records.env["SLUICE_BUCKET_URL"])

    def away(*_: object) -> bytes:
        raise ServiceError("the bucket is away")

    with monkeypatch.context() as patched:
        patched.setattr(type(bucket(records.env["SLUICE_BUCKET_URL"])), "get", away)
        with pytest.raises(ServiceError):
            propose()
    assert listed(vendor) == []
    propose()
    assert len(listed(vendor)) == 1


def test_a_recipe_that_never_looks_for_text_leaves_nothing_to_look_through() -> None:
    batch = db_builders.batch(2)
    assert batch in [row.id for row in transact(templates.due)]
    propose()
    assert batch not in [row.id for row in transact(templates.due)]
