"""Measures held against independent implementations and against what must be true of any measure."""

import cv2
import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio

from gates.metrics.fill.ghost import stroke_ghost
from gates.metrics.picture.channels import swap_gain
from gates.metrics.picture.colour_cast import colour_cast
from gates.metrics.picture.truncation import flat_tail
from gates.metrics.similarity.alignment import shift
from gates.metrics.similarity.ciede2000 import ciede2000, lab
from gates.metrics.similarity.identity import box_of, changed_outside
from gates.metrics.similarity.psnr import EQUAL, psnr
from gates.metrics.texture.grain import grain
from gates.metrics.texture.overshoot import overshoot
from gates.metrics.texture.sharpness import faint_detail_loss, sharpness_change
from gates.metrics.texture.spectrum import BANDS, bands, power
from gates.patch import find_patches, luma
from line.picture import Rgb
from tests.harness.pictures.opencv import as_rgb, blurred

RANDOM = np.random.default_rng(7)


def test_ciede2000_agrees_with_scikit_image() -> None:
    one, other = (RANDOM.uniform((0, -100, -100), (100, 100, 100), (5000, 3)) for _ in range(2))
    ours = ciede2000(one.astype(np.float32), other.astype(np.float32))
    theirs = deltaE_ciede2000(one, other)  # type: ignore[no-untyped-call]
    assert ours == pytest.approx(theirs, abs=2e-4)


def test_ciede2000_gives_the_published_values() -> None:
    # pairs 1, 7, 14 and 25 of Sharma, Wu and Dalal's test data
    pairs = [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ]
    for one, other, value in pairs:
        assert float(ciede2000(np.array(one), np.array(other))) == pytest.approx(value, abs=1e-4)


def test_lab_agrees_with_scikit_image(textured: Rgb) -> None:
    assert lab(textured.astype(np.float32)) == pytest.approx(rgb2lab(textured), abs=0.35)


def test_psnr_agrees_with_scikit_image(textured: Rgb) -> None:
    other = blurred(textured, 1)
    theirs = peak_signal_noise_ratio(textured, other)  # type: ignore[no-untyped-call]
    assert psnr(textured, other) == pytest.approx(theirs, abs=1e-6)


def test_psnr_of_equal_pictures_is_finite(textured: Rgb) -> None:
    assert psnr(textured, textured) == EQUAL


@pytest.mark.parametrize("sigma", [2.0, 5.0, 15.0])
def test_grain_is_the_noise_that_was_added_(sigma: float) -> None:
    noisy = (128 + RANDOM.normal(0, sigma, (400, 400))).astype(np.float32)
    assert float(grain(noisy).mean()) == pytest.approx(sigma, rel=0.02)


@pytest.mark.parametrize("moved", [(0.5, 0.0), (0.0, -0.5), (0.25, 0.4), (1.0, 0.0)])
def test_a_shift_is_found_to_a_tenth_of_a_pixel(textured: Rgb, moved: tuple[float, float]) -> None:
    plane = luma(blurred(textured, 1))
    across = np.array([[1, 0, moved[0]], [0, 1, moved[1]]], np.float32)
    size = plane.shape[1], plane.shape[0]
    other = cv2.warpAffine(plane, across, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    assert shift(plane, np.asarray(other, np.float32)) == pytest.approx(moved, abs=0.1)


def test_measures_of_equal_pictures_are_zero(textured: Rgb) -> None:
    plane = luma(textured)
    assert shift(plane, plane) == (0, 0)
    colours = textured.astype(np.float32)
    assert swap_gain(colours, colours) == 0
    assert not sharpness_change(plane, plane).any()
    assert not overshoot(plane, plane).any()
    result = colour_cast(textured, textured)
    assert (result.shift, result.worst, result.hue, result.chroma, result.contrast) == (0, 0, 0, 0, 0)


def test_sharpness_falls_with_blur(textured: Rgb) -> None:
    changes = [
        float(np.median(sharpness_change(luma(textured), luma(blurred(textured, sigma)))))
        for sigma in (0.5, 1, 2)
    ]
    assert 0 > changes[0] > changes[1] > changes[2]


def test_blur_takes_the_highest_bands_first(textured: Rgb) -> None:
    change = bands(power(luma(blurred(textured, 1)))) / bands(power(luma(textured)))
    assert change.shape == (BANDS,)
    assert change[0] > 0.8
    assert (np.diff(change[:6]) < 0).all()


def test_the_spectrum_of_white_noise_is_its_variance() -> None:
    noise = RANDOM.normal(0, 6, (512, 512)).astype(np.float32)
    assert bands(power(noise)) == pytest.approx(np.full(BANDS, 36), rel=0.15)


def test_hue_and_chroma_say_what_was_done_to_them(textured: Rgb) -> None:
    plane = lab(textured.astype(np.float32))
    turned = plane.copy()
    angle = np.radians(5)
    turned[..., 1] = 1.1 * (plane[..., 1] * np.cos(angle) - plane[..., 2] * np.sin(angle))
    turned[..., 2] = 1.1 * (plane[..., 1] * np.sin(angle) + plane[..., 2] * np.cos(angle))
    other = (cv2.cvtColor(turned, cv2.COLOR_Lab2RGB) * 255).round().clip(0, 255).astype(np.uint8)
    result = colour_cast(textured, other)
    assert result.hue == pytest.approx(5, abs=0.7)
    assert result.chroma == pytest.approx(np.log2(1.1), abs=0.05)


def test_the_ghost_is_the_opacity_that_was_left() -> None:
    ground = np.full((80, 200, 3), 120, np.uint8)
    white, font = (240, 240, 240), cv2.FONT_HERSHEY_SIMPLEX
    before = as_rgb(cv2.putText(ground.copy(), "GHOST", (20, 55), font, 1.5, white, 3))
    inside = np.ones((80, 200), bool)
    result = [
        stroke_ghost(before, as_rgb(cv2.addWeighted(ground, 1 - left, before, left, 0)), inside)
        for left in (0.0, 0.1, 0.3)
    ]
    assert [ghost.beyond_chance for ghost in result] == pytest.approx([0, 12, 36], abs=1.5)


def test_changes_outside_a_mask_are_counted_exactly() -> None:
    before = np.zeros((20, 30, 3), np.uint8)
    after = before.copy()
    mask = np.zeros((20, 30), np.uint8)
    mask[5:10, 5:10] = 1
    after[4:8, 5:7] = 9
    changed = changed_outside(before, after, mask)
    assert changed.sum() == 2
    assert box_of(changed) == (5, 4, 2, 1)
    assert changed_outside(before, after, None).sum() == 8


def test_patches_cover_every_masked_pixel_however_small() -> None:
    mask = np.zeros((301, 403), np.uint8)
    spots = [(0, 0), (300, 402), (150, 200), (155, 220), (20, 390)]
    for y, x in spots:
        mask[y, x] = 7
    picture = np.zeros((301, 403, 3), np.uint8)
    patches = find_patches(picture, picture, mask)
    covered = np.zeros_like(mask)
    for patch in patches:
        x, y, w, h = patch.box
        assert patch.mask.shape == (h, w)
        covered[y : y + h, x : x + w] |= patch.mask
    assert np.array_equal(covered, mask)


def test_a_page_full_of_letters_does_not_cost_a_patch_each() -> None:
    mask = np.zeros((1000, 1000), np.uint8)
    mask[::40, ::40] = 255
    picture = np.zeros((1000, 1000, 3), np.uint8)
    assert 1 <= len(find_patches(picture, picture, mask)) <= 48


def test_a_white_or_softly_ending_ground_is_no_missing_half() -> None:
    rows = np.arange(400, dtype=np.float32)[:, None, None]
    shaded = np.broadcast_to(np.clip(rows, 60, 200), (400, 300, 3)).astype(np.uint8)
    white = shaded.copy()
    white[250:] = 255
    assert flat_tail(shaded) == 0
    assert flat_tail(white) == 0


def test_bars_above_and_below_are_no_missing_half(textured: Rgb) -> None:
    border = cv2.copyMakeBorder(textured, 60, 60, 0, 0, cv2.BORDER_CONSTANT, value=(20, 20, 20))
    assert flat_tail(as_rgb(border)) == 0


def test_an_enlargement_of_an_odd_size_shifts_no_colour() -> None:
    """Shrinking must not leave a row out: that moves the picture against its enlargement."""
    stripes = np.indices((711, 401)).sum(0) // 6 % 2
    rgb = np.stack([60 + 140 * stripes, 90 + 60 * stripes, 200 - 150 * stripes], -1).astype(np.uint8)
    large = as_rgb(cv2.resize(rgb, (564, 1000), interpolation=cv2.INTER_CUBIC))
    assert colour_cast(rgb, large).shift < 0.4


def test_faint_detail_that_was_smoothed_away_is_found_beside_edges_that_stayed() -> None:
    weave = np.random.default_rng(6).normal(0, 2, (128, 128)).astype(np.float32)
    weave[:, ::16] += 120
    smooth = np.asarray(cv2.bilateralFilter(weave, 9, 40, 4), np.float32)
    assert faint_detail_loss(weave, smooth).min() > 0.4
    assert abs(faint_detail_loss(weave, weave[::-1])).max() < 0.3
    assert abs(sharpness_change(weave, smooth)).max() < faint_detail_loss(weave, smooth).min() / 2
