"""What a fill's edge shows in means over cells."""

import cv2
import numpy as np
import pytest

from gates.metrics.fill.edge_cells import edge_cells
from gates.metrics.fill.fill_boundary_metrics import Figures
from gates.patch import find_patches
from line.picture import Rgb

HEIGHT, WIDTH = 140, 220
FILL = np.s_[45:95, 50:170]


def rough_cloth() -> Rgb:
    """Brown, with threads far stronger than any fault that is looked for here."""
    threads = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 40, (HEIGHT, WIDTH)), (0, 0), 1.0)
    return np.asarray(np.clip(np.rint(np.array((150, 105, 80)) + threads[..., None]), 0, 255), np.uint8)


def figures_of(fill: np.ndarray) -> Figures:
    after = rough_cloth()
    after[FILL] = np.clip(np.rint(fill), 0, 255)[FILL]
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[FILL] = 255
    (patch,) = find_patches(rough_cloth(), after, mask)
    return edge_cells(patch)


def test_what_was_there_shows_nothing() -> None:
    figures = figures_of(rough_cloth())
    assert figures["cell_line_mid"] < 3
    assert figures["cell_shift_mid"] < 3
    assert figures["cell_hue_mid"] < 1
    assert figures["cell_shift_sure"] < 3


@pytest.mark.parametrize("levels", [8, 20])
def test_a_fill_a_shade_off_is_seen_through_strong_texture(levels: int) -> None:
    figures = figures_of(rough_cloth().astype(float) + levels)
    assert figures["cell_shift_mid"] == pytest.approx(levels, abs=3)
    assert figures["cell_shift"] > levels / 3
    assert figures["cell_shift_sure"] > 5


@pytest.mark.parametrize("levels", [-20, 10])
def test_a_line_along_the_edge_is_seen_through_strong_texture(levels: int) -> None:
    rim = np.zeros((HEIGHT, WIDTH, 1))
    rim[FILL] = levels
    rim[47:93, 52:168] = 0
    figures = figures_of(rough_cloth() + rim)
    assert figures["cell_line_mid"] == pytest.approx(abs(levels), abs=3)
    assert figures["cell_line_sure"] > 5


@pytest.mark.parametrize("degrees", [-25, 15])
def test_a_turned_hue_is_told_in_degrees_and_levels(degrees: float) -> None:
    plane = cv2.cvtColor(rough_cloth(), cv2.COLOR_RGB2YCrCb).astype(np.float32)
    turned = (plane[..., 1] - 128 + 1j * (plane[..., 2] - 128)) * np.exp(1j * np.radians(degrees))
    chroma = float(np.abs(turned).mean())
    plane[..., 1], plane[..., 2] = turned.real + 128, turned.imag + 128
    figures = figures_of(cv2.cvtColor(np.clip(np.rint(plane), 0, 255).astype(np.uint8), cv2.COLOR_YCrCb2RGB))
    assert figures["cell_hue_turn"] == pytest.approx(abs(degrees), abs=4)
    assert figures["cell_hue_mid"] == pytest.approx(chroma * np.radians(abs(degrees)), rel=0.2)


def test_a_flat_fill_follows_nothing_beside_it() -> None:
    striped = rough_cloth().astype(float) + 60 * (np.arange(WIDTH) // 30 % 2)[None, :, None]
    after = np.clip(np.rint(striped), 0, 255).astype(np.uint8)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[FILL] = 255
    slopes = []
    for fill in (after, np.full_like(after, 150)):
        filled = after.copy()
        filled[FILL] = fill[FILL]
        (patch,) = find_patches(after, filled, mask)
        slopes.append(edge_cells(patch)["cell_slope"])
    assert slopes[0] > 0.6
    assert slopes[1] < 0.2


def test_a_small_area_says_nothing() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[60:66, 60:66] = 255
    (patch,) = find_patches(rough_cloth(), rough_cloth(), mask)
    assert edge_cells(patch) == {}
