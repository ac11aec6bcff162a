"""The colours of a fill against their kin beside it."""

import cv2
import numpy as np
import pytest

from gates.metrics.fill.boundary_sampling import planes_around, probe_of
from gates.metrics.fill.fill_boundary_metrics import Figures
from gates.metrics.fill.nearest_texture_residuals import nearest_texture_residuals
from gates.patch import find_patches
from line.picture import Rgb

HEIGHT, WIDTH = 140, 220
FILL = np.s_[45:95, 50:170]


def two_surfaces() -> Rgb:
    """A red product on a light grey ground, an oblique outline between them, and grain on both."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    product = (columns - 90 > 0.5 * (rows - 70))[..., None]
    colours = np.where(product, (170, 60, 50), (205, 205, 200))
    grain = np.random.default_rng(3).normal(0, 3, (HEIGHT, WIDTH, 1))
    return np.clip(np.rint(colours + grain), 0, 255).astype(np.uint8)


def figures_of(fill: np.ndarray, before: Rgb | None = None) -> Figures:
    """The figures of ``fill`` laid into the scene."""
    after = two_surfaces()
    after[FILL] = np.clip(np.rint(fill), 0, 255)[FILL]
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[FILL] = 255
    (patch,) = find_patches(lettered() if before is None else before, after, mask)
    planes = planes_around(patch, after, mask)
    return nearest_texture_residuals(patch, planes, probe_of(patch, planes))


def lettered() -> Rgb:
    ink = (20, 40, 220)
    font = cv2.FONT_HERSHEY_SIMPLEX
    return np.asarray(cv2.putText(two_surfaces(), "SALE", (58, 85), font, 1.2, ink, 4), np.uint8)


def test_what_was_there_has_its_kin() -> None:
    figures = figures_of(two_surfaces())
    assert figures["kin_hue"] < 2
    assert figures["kin_drift"] < 1.5
    assert figures["kin_light"] < 1
    assert abs(figures["inked"]) < 0.02
    assert abs(figures["kin_grain"]) < 0.2
    assert figures["moved"] < 0.4


@pytest.mark.parametrize("degrees", [12, 30])
def test_a_turned_hue_is_told_from_the_one_surface_that_has_any(degrees: float) -> None:
    plane = cv2.cvtColor(two_surfaces(), cv2.COLOR_RGB2YCrCb).astype(np.float32)
    turned = (plane[..., 1] - 128 + 1j * (plane[..., 2] - 128)) * np.exp(1j * np.radians(degrees))
    plane[..., 1], plane[..., 2] = turned.real + 128, turned.imag + 128
    figures = figures_of(cv2.cvtColor(np.clip(np.rint(plane), 0, 255).astype(np.uint8), cv2.COLOR_YCrCb2RGB))
    assert figures["kin_hue"] == pytest.approx(degrees, abs=4)
    assert figures["kin_hue_usual"] < 2
    assert 0.3 < figures["kin_coloured"] < 0.9


def test_a_shade_off_is_in_levels_on_every_surface() -> None:
    assert figures_of(two_surfaces().astype(np.float32) + 5)["kin_light"] == pytest.approx(5, abs=1)


def test_smeared_ink_is_the_share_of_it_that_is_left() -> None:
    smeared = 0.9 * two_surfaces() + 0.1 * np.array((20, 40, 220))
    assert figures_of(smeared)["inked"] == pytest.approx(0.1, abs=0.03)


def test_grain_is_held_against_the_same_surface() -> None:
    smooth = cv2.bilateralFilter(two_surfaces(), 9, 60, 5)
    assert figures_of(smooth)["kin_grain"] > 0.6


def test_a_fill_laid_amiss_would_fit_better_elsewhere() -> None:
    assert figures_of(np.roll(two_surfaces(), 12, axis=1))["moved"] > 0.7


def test_too_little_to_see_says_nothing() -> None:
    scene = two_surfaces()
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[60:64, 60:64] = 255
    (patch,) = find_patches(scene, scene, mask)
    planes = planes_around(patch, scene, mask)
    assert nearest_texture_residuals(patch, planes, probe_of(patch, planes)) == {}
