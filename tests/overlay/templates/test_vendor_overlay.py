"""What a vendor lays over all its photos is learnt from some of them, and found on others whatever the ground."""

import json

import cv2
import numpy as np
import pytest

from line.picture import Rgb
from overlay.templates.vendor_overlay import Mark, learn
from tests.harness.signed import ground, stamped


def learnt(**how: object) -> Mark | None:
    return learn([stamped(seed, **how)[:2] for seed in range(7)])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def mark() -> Mark:
    found = learnt()
    assert found is not None
    return Mark.of_fact(json.loads(json.dumps(found.as_fact())))


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
    found = covered(mark, rgb)
    assert found[truth].mean() > 0.97
    near = cv2.dilate(truth.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    assert not found[~near].any()


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


def test_opaque_ink_is_no_watermark_and_a_veil_is(mark: Mark) -> None:
    assert mark.through is not None
    assert mark.through < 0.2
    veil = learnt(solid=110, ink=(255, 255, 255))
    assert veil is not None
    assert veil.through is not None
    assert veil.through > 0.4
    rgb = stamped(99, solid=110, ink=(255, 255, 255))[0]
    place = veil.find(rgb, [])
    assert place is not None
    assert veil.sighted(3, rgb, place).is_faint


def test_photos_that_have_nothing_in_common_teach_nothing() -> None:
    box = (0.5, 0.8, 0.9, 0.9)
    assert learn([(ground(seed), box) for seed in range(7)]) is None


def test_where_all_photos_are_alike_nobody_can_say_what_shows_through() -> None:
    rgb, box, _ = stamped(5)
    found = learn([(rgb, box)] * 6)
    assert found is None or found.through is None


def test_a_picture_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture"):
        Mark.of_fact({"outline": "AAAA", "colours": "AAAA"})


def test_the_inside_of_a_large_sign_is_covered_with_its_rim(mark: Mark) -> None:
    rgb, _, truth = stamped(99)
    sign = cv2.erode(truth.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    assert sign.any()
    assert covered(mark, rgb)[sign].all()
