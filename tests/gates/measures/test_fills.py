"""Measures of a fill against its surroundings."""

import cv2
import numpy as np
import pytest

from gates.measures.grain import texture_change
from gates.measures.repetition import repetition
from gates.measures.seam import seam
from gates.measures.strokes import swallowed, unerased
from gates.patch import Patch, find_patches
from line.picture import Rgb

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


@pytest.mark.parametrize(("kept", "expected"), [(1.0, 0.0), (0.5, -0.8), (2.0, 0.8)])
def test_texture_change_counts_halvings_and_doublings(kept: float, expected: float) -> None:
    rough = ground(12)
    fill = 150 + (rough.astype(np.float32) - 150) * kept
    fine, _ = texture_change(patch_of(with_fill(rough, fill)))
    assert fine == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize("step", [0, 3, 6, 12])
def test_a_seam_is_the_step_in_grey_levels(step: int) -> None:
    calm = ground(1.0)
    found = seam(patch_of(with_fill(calm, calm.astype(np.float32) + step)))
    assert found.common == pytest.approx(step, abs=0.8)
    assert found.step.shape == patch_of(calm).mask.shape


def test_lines_that_end_at_the_mask_are_ragged_and_lines_that_run_on_are_not() -> None:
    veins = cv2.GaussianBlur(RANDOM.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 5)
    veined = (130 + 700 * veins).clip(0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    assert abs(seam(patch_of(veined)).ragged) < 0.4
    assert seam(patch_of(with_fill(veined, np.roll(veined, 31, axis=1)))).ragged > 1


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
    before = cv2.putText(calm.copy(), "LEFT", (60, 82), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (20, 20, 20), 3)
    half = before.copy()
    half[:, :100] = calm[:, :100]
    assert unerased(patch_of(calm, before)) == 0
    assert 0.3 < unerased(patch_of(half, before)) < 0.95
    assert unerased(patch_of(before, before)) == 1


def test_detail_away_from_the_strokes_is_swallowed_only_when_it_is_lost() -> None:
    calm = ground(1.0)
    detailed = calm.copy()
    detailed[55:85, 130:160] = RANDOM.integers(60, 220, (30, 30, 1))
    before = cv2.putText(detailed.copy(), "A", (60, 82), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (230, 20, 20), 3)
    assert swallowed(patch_of(detailed, before)) < 0.2
    assert swallowed(patch_of(calm, before)) > 1.5
