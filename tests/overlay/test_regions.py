"""Regions: what hangs together on the maps, and the figures that its probability and decision follow from."""

import numpy as np
import pytest

from models.contract import OverlayMaps
from overlay import policy
from overlay.regions import OverlayRegion, find_regions
from tests.harness.pictures.painted import PRINTED, STRONG, WEAK, Paint, Painted

SIZE = (240, 320)


def regions_of(*paints: Paint, rgb: np.ndarray | None = None) -> list[OverlayRegion]:
    photo = np.full((*SIZE, 3), 120, np.uint8) if rgb is None else rgb
    return find_regions(Painted(*paints).segment(photo, limit=640), photo)


def block(left: int, top: int, wide: int, high: int) -> np.ndarray:
    pixels = np.zeros(SIZE, bool)
    pixels[top : top + high, left : left + wide] = True
    return pixels


def letters(left: int, top: int, count: int = 6) -> np.ndarray:
    """Upright strokes, four pixels wide and eight apart."""
    pixels = np.zeros(SIZE, bool)
    for number in range(count):
        pixels[top : top + 24, left + 12 * number : left + 12 * number + 4] = True
    return pixels


def test_letters_that_stand_together_are_one_region_and_a_line_apart_another() -> None:
    both = regions_of(Paint(letters(20, 30) | letters(20, 140), ink=STRONG))
    assert len(both) == 2
    assert [float(region.quad[0, 1]) for region in both] == pytest.approx([30, 140], abs=2)


def test_corners_are_in_pixels_of_the_photo_clockwise_from_top_left() -> None:
    (region,) = regions_of(Paint(block(40, 60, 100, 30), ink=STRONG))
    assert region.quad == pytest.approx(np.array([(40, 60), (140, 60), (140, 90), (40, 90)]), abs=2)
    assert region.box((*SIZE, 3)) == pytest.approx((40 / 320, 60 / 240, 140 / 320, 90 / 240), abs=0.01)


def test_an_overlay_is_likelier_than_print_and_a_faint_sight_lies_between() -> None:
    strong, weak, printed = (
        regions_of(paint)[0].probability
        for paint in (
            Paint(letters(20, 30), ink=STRONG),
            Paint(letters(20, 30), ink=WEAK),
            Paint(letters(20, 30), ink=PRINTED, imprint=STRONG),
        )
    )
    assert printed < weak < strong


def test_what_is_both_is_told_once_as_an_overlay() -> None:
    (region,) = regions_of(Paint(letters(20, 30), ink=STRONG, imprint=STRONG))
    assert dict(zip(policy.FEATURES, region.features, strict=True))["ink"] > 0


def test_print_beside_an_overlay_is_a_region_of_its_own() -> None:
    regions = regions_of(Paint(letters(20, 30), ink=STRONG), Paint(letters(180, 150), imprint=STRONG))
    assert [region.probability > 0.5 for region in regions] == [True, False]


def test_a_few_pixels_and_what_is_certain_nowhere_are_no_region() -> None:
    assert regions_of(Paint(block(40, 60, 4, 4), ink=STRONG)) == []
    assert regions_of(Paint(block(40, 60, 80, 30), ink=(policy.REGION_FROM + policy.PEAK_FROM) / 2)) == []
    assert regions_of() == []


@pytest.mark.parametrize(("opacity", "ink", "faint"), [(1.0, 0, False), (0.3, 0, True), (1.0, 128, True)])
def test_see_through_ink_and_ink_like_its_ground_are_faint(opacity: float, ink: int, faint: bool) -> None:
    pixels = letters(20, 30)
    rgb = np.where(pixels[..., None], np.uint8(ink), np.full((*SIZE, 3), 120, np.uint8))
    (region,) = regions_of(Paint(pixels, ink=STRONG, opacity=opacity), rgb=rgb)
    assert region.is_faint is faint
    assert region.opacity == pytest.approx(opacity)


def test_solid_ink_is_a_graphic_and_letters_are_not() -> None:
    disc = np.hypot(*np.mgrid[-120:120, -160:160]) < 40
    assert regions_of(Paint(disc, ink=STRONG))[0].is_graphic
    assert not regions_of(Paint(letters(20, 30), ink=STRONG))[0].is_graphic


def test_the_colour_is_that_of_the_ink_and_the_area_that_of_the_box() -> None:
    pixels = block(40, 60, 100, 24)
    rgb = np.where(pixels[..., None], np.array([200, 30, 40], np.uint8), np.full((*SIZE, 3), 120, np.uint8))
    (region,) = regions_of(Paint(pixels, ink=STRONG), rgb=rgb)
    assert region.colour(rgb) == pytest.approx(np.array([200, 30, 40]), abs=4)
    assert region.area == pytest.approx(100 * 24 / (240 * 320), rel=0.1)


def test_a_record_has_shares_of_the_photo_and_the_template_that_decided() -> None:
    (region,) = regions_of(Paint(block(40, 60, 100, 30), ink=STRONG))
    record = region.to_record((*SIZE, 3), template=4)
    assert record.template == 4
    assert record.box == pytest.approx((0.125, 0.25, 0.4375, 0.375), abs=0.01)
    assert 0 <= record.score <= 1
    assert record.overlay == pytest.approx(region.probability, abs=1e-3)
    assert "template" not in region.to_record((*SIZE, 3)).to_json()


def test_maps_that_say_nothing_have_no_regions() -> None:
    empty = np.zeros((8, 8), np.float32)
    assert find_regions(OverlayMaps(empty, empty, empty, empty, 0.5), np.zeros((16, 16, 3), np.uint8)) == []
