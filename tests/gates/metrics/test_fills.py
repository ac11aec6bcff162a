"""Measures of a fill against its surroundings."""

import cv2
import numpy as np
import pytest

from gates.metrics.fill.boundary_sampling import Planes, Probe, planes_around, probe_of
from gates.metrics.fill.boundary_tone_metrics import tones
from gates.metrics.fill.copies import copied
from gates.metrics.fill.fill_boundary_metrics import Figures, beyond_usual, edge_figures, pair_figures
from gates.metrics.fill.low_grain_metrics import stillness
from gates.metrics.fill.seam import seam_map
from gates.metrics.fill.strokes import swallowed, unerased, untouched
from gates.metrics.texture.repetition import repetition
from gates.patch import Patch, find_patches
from line.picture import Rgb
from tests.harness.pictures.opencv import as_rgb, blurred

HEIGHT, WIDTH = 140, 220
RANDOM = np.random.default_rng(3)


def ground(noise: float, seed: int = 3) -> Rgb:
    random = np.random.default_rng(seed)
    return (150 + random.normal(0, noise, (HEIGHT, WIDTH, 1))).repeat(3, axis=2).clip(0, 255).astype(np.uint8)


def patch_of(after: Rgb, before: Rgb | None = None) -> Patch:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[45:95, 50:170] = 255
    (patch,) = find_patches(after if before is None else before, after, mask)
    return patch


def with_fill(after: Rgb, fill: np.ndarray) -> Rgb:
    changed = after.copy()
    changed[45:95, 50:170] = np.clip(np.rint(fill), 0, 255)[45:95, 50:170]
    return changed


def place_of(after: Rgb) -> tuple[Planes, Probe]:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[45:95, 50:170] = 255
    patch = patch_of(after)
    planes = planes_around(patch, after, mask)
    return planes, probe_of(patch, planes)


def figures_of(after: Rgb) -> Figures:
    place = place_of(after)
    return edge_figures(*place) | pair_figures(*place)


@pytest.mark.parametrize(("retained", "expected"), [(1.0, 0.0), (0.5, -0.8), (2.0, 0.8)])
def test_grain_counts_halvings_and_doublings(retained: float, expected: float) -> None:
    rough = ground(12)
    fill = 150 + (rough.astype(np.float32) - 150) * retained
    result = figures_of(with_fill(rough, fill))
    assert result["grain"] == pytest.approx(expected, abs=0.2)
    assert result["-grain"] == pytest.approx(-expected, abs=0.2)


@pytest.mark.parametrize("step", [0, 3, 6, 12])
def test_a_step_is_in_grey_levels(step: int) -> None:
    calm = ground(1.0)
    stepped = with_fill(calm, calm.astype(np.float32) + step)
    assert figures_of(stepped)["step"] == pytest.approx(step, abs=1.0)
    assert seam_map(patch_of(stepped)).max() >= step


def test_a_line_along_the_edge_is_a_rim_and_no_step_of_the_whole() -> None:
    calm = ground(1.0)
    lined = calm.copy()
    lined[45:95, 50:170] += 10
    lined[48:92, 53:167] -= 10
    assert figures_of(lined)["rim"] > 5


def test_lines_that_end_at_the_mask_are_ragged_and_unlinked_and_lines_that_run_on_are_neither() -> None:
    whole, moved = figures_of(veined()), figures_of(with_fill(veined(), np.roll(veined(), 31, axis=1)))
    assert whole["ragged"] < 0.4
    assert moved["ragged"] > 1
    assert moved["unlinked"] > whole["unlinked"] + 0.3


def veined() -> Rgb:
    veins = cv2.GaussianBlur(
        np.random.default_rng(9).normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 5
    )
    return (130 + 700 * veins).clip(0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)


def test_a_cloth_whose_stripes_end_along_lines_is_no_bad_fill() -> None:
    rows = np.repeat(np.random.default_rng(4).normal(0, 25, (HEIGHT // 7 + 1, WIDTH)), 7, axis=0)[:HEIGHT]
    cloth = np.clip(140 + rows, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[60:85, 80:150] = 255
    (patch,) = find_patches(cloth, cloth, mask)
    planes = planes_around(patch, cloth, mask)
    excess = beyond_usual(planes, probe_of(patch, planes))
    assert max(excess.values()) < 0.6


def coloured(seed: int = 5) -> Rgb:
    """Soft patches of colour, as a print on cloth has them."""
    spots = np.random.default_rng(seed).integers(30, 226, (7, 11, 3), dtype=np.uint8)
    return as_rgb(cv2.resize(spots, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6])
def test_contrast_that_a_fill_lost_shows_in_its_slope_on_the_outside(share: float) -> None:
    printed = coloured()
    mean = printed.reshape(-1, 3).mean(axis=0)
    result = tones(*place_of(with_fill(printed, mean + (printed - mean) * (1 - share))))
    whole = tones(*place_of(printed))
    assert result["slope"] == pytest.approx((1 - share) * whole["slope"], rel=0.05)
    assert result["slope_usual"] == whole["slope_usual"]


@pytest.mark.parametrize("degrees", [0, 20, -40])
def test_a_turned_hue_is_in_degrees(degrees: float) -> None:
    cloth = np.full((HEIGHT, WIDTH, 3), (170, 110, 80), np.uint8)
    plane = cv2.cvtColor(cloth, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    colour = (plane[..., 1] - 128 + 1j * (plane[..., 2] - 128)) * np.exp(1j * np.radians(degrees))
    turned = np.dstack([plane[..., 0], colour.real + 128, colour.imag + 128]).round().astype(np.uint8)
    result = tones(*place_of(with_fill(cloth, cv2.cvtColor(turned, cv2.COLOR_YCrCb2RGB))))
    assert result["turned_hue"] == pytest.approx(abs(degrees), abs=2.5)
    assert result["turned_usual"] == pytest.approx(0, abs=0.1)


def test_grain_that_is_gone_leaves_a_still_fill() -> None:
    fine = ground(1.2)
    smooth = with_fill(fine, blurred(fine, 4))
    retained, gone = (stillness(patch_of(rgb), *place_of(rgb)) for rgb in (fine, smooth))
    assert abs(retained["still_2"]) < 0.1 < 0.3 < gone["still_2"]
    assert gone["calm_fine"] < -1.5 < -0.3 < retained["calm_fine"]
    assert gone["pair_fine"] < -1.5


def test_nothing_to_see_gives_no_figures() -> None:
    mask = np.zeros((40, 40), np.uint8)
    mask[10:14, 10:14] = 255
    blank = np.full((40, 40, 3), 99, np.uint8)
    (patch,) = find_patches(blank, blank, mask)
    planes = planes_around(patch, blank, mask)
    probe = probe_of(patch, planes)
    assert beyond_usual(planes, probe) == tones(planes, probe) == stillness(patch, planes, probe) == {}


@pytest.mark.parametrize("away", [(0, 0), (9, 31)])
def test_a_piece_from_another_place_is_known_and_the_truth_is_no_copy(away: tuple[int, int]) -> None:
    rough = blurred(ground(40, seed=8), 1.2)
    moved = with_fill(rough, np.roll(rough, away, axis=(0, 1)))
    before = cv2.cvtColor(rough, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[45:95, 50:170] = 255
    assert (copied(patch_of(moved, rough), before, mask) > 0.97) == (away != (0, 0))


def test_a_stamped_tile_repeats_itself_and_honest_noise_does_not() -> None:
    rough = ground(12)
    sheet = np.tile(rough[:15, :15], (HEIGHT // 15 + 1, WIDTH // 15 + 1, 1))[:HEIGHT, :WIDTH]
    assert repetition(patch_of(with_fill(rough, sheet))) > 0.8
    assert repetition(patch_of(rough)) < 0.2


def test_a_pattern_that_the_ring_has_too_is_no_repetition() -> None:
    checked = ground(2)
    checked[::10] = checked[:, ::10] = 90
    assert repetition(patch_of(checked)) < 0.2


def test_the_share_of_unerased_strokes_is_found() -> None:
    calm = ground(1.0)
    before = as_rgb(
        cv2.putText(calm.copy(), "LEFT", (60, 82), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (20, 20, 20), 3)
    )
    half = before.copy()
    half[:, :100] = calm[:, :100]
    assert unerased(patch_of(calm, before)) == 0
    assert 0.3 < unerased(patch_of(half, before)) < 0.95
    assert unerased(patch_of(before, before)) == 1


def test_detail_away_from_the_strokes_is_swallowed_only_when_it_is_lost() -> None:
    calm = ground(1.0)
    detailed = calm.copy()
    detailed[55:85, 130:160] = RANDOM.integers(60, 220, (30, 30, 1))
    before = as_rgb(
        cv2.putText(detailed.copy(), "A", (60, 82), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (230, 20, 20), 3)
    )
    assert swallowed(patch_of(detailed, before)) < 0.2
    assert swallowed(patch_of(calm, before)) > 1.5


def test_a_second_ink_is_no_detail_unless_its_colour_goes_on_outside_the_mask() -> None:
    calm = ground(1.0)
    letter = as_rgb(cv2.putText(calm.copy(), "A", (60, 82), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (230, 20, 20), 3))
    priced = as_rgb(
        cv2.putText(letter.copy(), "$ 9", (105, 82), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (90, 90, 90), 3)
    )
    assert swallowed(patch_of(calm, priced)) < 0.2
    bars = letter.copy()
    for left in range(115, 165, 10):
        bars[20:120, left : left + 4] = (90, 90, 90)
    assert swallowed(patch_of(with_fill(bars, calm), bars)) > 1.5


def test_text_left_whole_on_a_busy_ground_is_untouched_and_a_fill_is_not() -> None:
    busy = blurred(ground(90, seed=8), 1.2)
    before = as_rgb(
        cv2.putText(busy.copy(), "LEFT", (60, 82), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (200, 30, 30), 3)
    )
    assert untouched(patch_of(before, before)) == 1.0
    assert untouched(patch_of(with_fill(before, np.roll(busy, 40, axis=1)), before)) < 0.3
