"""The mask: letters, panels and see-through ink, exact at the photo's own scale."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from line.picture import Rgb
from models.contract import OverlayMaps, OverlaySegmenter, Region
from overlay.erasure_mask import draw_mask
from overlay.regions import find_regions

RED = (220, 20, 30)
GROUND = 150


class RedSegmenter(OverlaySegmenter):
    """Takes red for ink, and cyan for a panel, at half the scale at which it looks; notes what it looked at."""

    name, licence, source, revision = "red", "MIT", "test", "1"

    def __init__(self, *, is_blind_closely: bool = False) -> None:
        super().__init__()
        self.is_blind_closely = is_blind_closely
        self.looked_at: list[tuple[int, ...]] = []

    def segment(self, rgb: Rgb, *, limit: int) -> OverlayMaps:
        scale = min(1.0, limit / max(rgb.shape[:2]))
        size = tuple(-(-round(side * scale) // 2) for side in rgb.shape[1::-1])
        red, green, blue = (rgb[..., channel].astype(np.float32) for channel in range(3))
        ink = np.clip((red - np.maximum(green, blue)) / 40, 0, 1)
        panel = np.clip((np.minimum(green, blue) - red) / 40, 0, 1)
        if self.looked_at and self.is_blind_closely:
            ink, panel = 0 * ink, 0 * panel
        self.looked_at.append(rgb.shape[:2])
        small = [
            np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
            for plane in (ink, panel)
        ]
        return OverlayMaps(small[0], small[1], np.zeros_like(small[0]), np.ones_like(small[0]), scale / 2)

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        return []


def photo(long_side: int, opacity: float = 1.0) -> tuple[Rgb, np.ndarray]:
    """Red letters of 3 % of the long side on grey, and their pixels."""
    size = (long_side, long_side * 3 // 4)
    page = Image.new("L", size)
    at = (long_side // 10, long_side // 10)
    ImageDraw.Draw(page).text(at, "SALE -50%", font=ImageFont.load_default(long_side * 0.03), fill=255)
    cover = np.asarray(page, np.float32)[..., None] / 255 * opacity
    rgb = np.rint(GROUND * (1 - cover) + np.array(RED) * cover).astype(np.uint8)
    return rgb, np.asarray(page) > 128


def mask_of(rgb: Rgb, segmenter: RedSegmenter, limit: int = 640) -> np.ndarray:
    maps = segmenter.segment(rgb, limit=limit)
    return draw_mask(rgb, maps, find_regions(maps, rgb), segmenter)


def iou(mask: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sum((mask > 0) & truth) / np.sum((mask > 0) | truth))


def test_letters_are_covered_and_the_ground_beside_them_is_not() -> None:
    rgb, letters = photo(600)
    mask = mask_of(rgb, RedSegmenter())
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 255}
    assert (mask > 0)[letters].mean() > 0.95
    surroundings = cv2.dilate(letters.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert not mask[~surroundings].any()


def test_of_a_large_photo_the_mask_is_as_exact_as_the_photos_own_scale() -> None:
    rgb, letters = photo(3000)
    segmenter = RedSegmenter()
    mask = mask_of(rgb, segmenter)
    assert len(segmenter.looked_at) > 1
    assert all(max(size) < 1500 for size in segmenter.looked_at[1:])
    coarse = mask_of(rgb, RedSegmenter(is_blind_closely=True))
    assert iou(mask, letters) > 0.85
    assert iou(mask, letters) > iou(coarse, letters) + 0.1


def test_where_a_close_look_sees_nothing_the_region_stays_as_it_was_seen() -> None:
    rgb, letters = photo(3000)
    mask = mask_of(rgb, RedSegmenter(is_blind_closely=True))
    assert (mask > 0)[letters].mean() > 0.7


def test_a_small_photo_is_looked_at_once() -> None:
    segmenter = RedSegmenter()
    mask_of(photo(600)[0], segmenter)
    assert len(segmenter.looked_at) == 1


def test_only_the_largest_regions_of_a_mark_all_over_a_photo_are_looked_at_again() -> None:
    rgb = np.full((1800, 2400, 3), GROUND, np.uint8)
    for top in range(100, 1700, 300):
        for left in range(100, 2200, 400):
            rgb[top : top + 60, left : left + 160] = RED
    segmenter = RedSegmenter()
    mask = mask_of(rgb, segmenter)
    assert 2 <= len(segmenter.looked_at) <= 9
    assert (mask > 0)[rgb[..., 1] < 100].mean() > 0.95


@pytest.mark.parametrize("opacity", [0.5, 0.7])
def test_see_through_letters_are_covered_as_far_as_they_are_seen(opacity: float) -> None:
    rgb, letters = photo(600, opacity)
    assert (mask_of(rgb, RedSegmenter()) > 0)[letters].mean() > 0.9


def test_a_panel_is_covered_with_what_stands_on_it() -> None:
    rgb, letters = photo(600)
    panel = np.zeros(letters.shape, bool)
    panel[50:90, 50:220] = True
    rgb = np.where((panel & ~letters)[..., None], np.array([20, 120, 120], np.uint8), rgb)
    mask = mask_of(rgb, RedSegmenter())
    assert (mask > 0)[panel].mean() > 0.97
    assert not mask[110:].any()


def test_regions_that_are_kept_are_not_in_the_mask() -> None:
    rgb, letters = photo(600)
    rgb[300:330, 100:300] = RED
    segmenter = RedSegmenter()
    maps = segmenter.segment(rgb, limit=640)
    first, *_ = find_regions(maps, rgb)
    mask = draw_mask(rgb, maps, [first], segmenter)
    assert (mask > 0)[letters].mean() > 0.9
    assert not mask[290:].any()
    assert not draw_mask(rgb, maps, [], segmenter).any()
