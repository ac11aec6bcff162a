"""What a vendor lays over all its photos is found on others whatever the ground, and kept in the records."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from line.picture import Rgb
from overlay.templates.vendor_overlay import Mark
from tests.harness.pictures.signed import ground, learnt, stamped


@pytest.fixture(scope="module", params=["learnt", "earlier"])
def mark(request: pytest.FixtureRequest) -> Mark:
    """Learnt now, and by the version before the overlay network; both as the records keep them."""
    if request.param == "earlier":
        records = json.loads((Path(__file__).parent / "earlier_records.json").read_text("utf-8"))
        return Mark.of_fact(records["mark"]["mark"])
    return Mark.of_fact(json.loads(json.dumps(learnt().as_fact())))


def covered(mark: Mark, rgb: Rgb) -> np.ndarray:
    place = mark.find(rgb, [])
    assert place is not None
    sighting = mark.sighted(3, rgb, place)
    whole = np.zeros(rgb.shape[:2], bool)
    whole[sighting.window] = sighting.cover > 0
    return whole


@pytest.mark.parametrize("size", [(480, 360), (960, 720), (480, 600)])
def test_sign_and_letters_are_covered_on_a_photo_that_was_not_learnt_from(
    mark: Mark, size: tuple[int, int]
) -> None:
    rgb, _, truth = stamped(99, size)
    mask = covered(mark, rgb)
    assert mask[truth].mean() > 0.97
    surroundings = cv2.dilate(truth.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    assert not mask[~surroundings].any()


def test_what_the_letters_enclose_is_the_photos_own(mark: Mark) -> None:
    rgb, _, truth = stamped(99)
    assert covered(mark, rgb).sum() < 1.8 * truth.sum()  # with rims of two pixels around thin letters


@pytest.mark.parametrize("seed", range(40, 52))
def test_a_photo_without_it_bears_none(mark: Mark, seed: int) -> None:
    assert mark.find(ground(seed), [np.array([300.0, 310.0, 460.0, 345.0])]) is None


def test_a_text_at_another_place_leads_to_it_too(mark: Mark) -> None:
    rgb, box, _ = stamped(99)
    moved = np.roll(rgb, (-90, -60), axis=(0, 1))
    assert mark.find(moved, []) is None
    text = np.array(box) * (480, 360, 480, 360) - (60, 90, 60, 90)
    place = mark.find(moved, [text])
    assert place is not None
    assert mark.sighted(3, moved, place).cover.any()


@pytest.mark.parametrize(("through", "faint"), [(0.1, False), (0.6, True), (None, None)])
def test_what_shows_through_makes_it_a_watermark(
    mark: Mark, through: float | None, faint: bool | None
) -> None:
    rgb = stamped(99)[0]
    place = mark.find(rgb, [])
    assert place is not None
    assert replace(mark, through=through).sighted(3, rgb, place).is_faint is faint


def test_a_record_names_the_template_and_the_place_of_its_text(mark: Mark) -> None:
    rgb, box, _ = stamped(99)
    place = mark.find(rgb, [])
    assert place is not None
    record = mark.sighted(3, rgb, place).to_record(rgb.shape)
    assert (record.template, record.overlay) == (3, 1.0)
    assert record.box == pytest.approx(box, abs=0.02)


def test_letters_of_earlier_templates_are_found_by_their_outline() -> None:
    records = json.loads((Path(__file__).parent / "earlier_records.json").read_text("utf-8"))
    box = tuple(records["look"]["box"])
    for size in ((400, 300), (800, 600)):
        rgb, letters = acme(size)
        look = Mark.of_look(records["look"]["look"], box, rgb.shape)
        text = np.array(box) * np.tile(size, 2)
        place = look.find(rgb, [text])
        assert place is not None
        sighting = look.sighted(7, rgb, place)
        whole = np.zeros(letters.shape, bool)
        whole[sighting.window] = sighting.cover > 0
        assert whole[letters].mean() > 0.7
        assert look.find(np.full_like(rgb, 150), [text]) is None
        assert look.find(ground(5, size), [text]) is None


def acme(size: tuple[int, int]) -> tuple[Rgb, np.ndarray]:
    """The photo that the earlier record was made from, at a size of (width, height), and the pixels of its letters."""
    unit = size[0] / 400
    image = Image.fromarray(np.full((size[1], size[0], 3), 175, np.uint8))
    at, font = (228 * unit, 235 * unit), ImageFont.load_default(24 * unit)
    ImageDraw.Draw(image).text(at, "ACME.COM", font=font, fill=(230, 0, 18))
    rgb = np.asarray(image)
    return rgb, rgb[..., 1] < 90


def test_a_picture_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture"):
        Mark.of_fact({"outline": "AAAA", "colours": "AAAA"})


def test_the_inside_of_a_large_sign_is_covered_with_its_rim(mark: Mark) -> None:
    rgb, _, truth = stamped(99)
    sign = cv2.erode(truth.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    assert sign.any()
    assert covered(mark, rgb)[sign].all()
