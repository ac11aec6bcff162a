"""An outline is found where it lies, at its scale, and drawn parts of a photo keep their place."""

import numpy as np
import pytest

from overlay.templates.edges import edges
from overlay.templates.outline import SCALES, fit, rendered
from tests.harness.pictures.signed import ground, stamped


def test_a_part_at_the_photos_own_scale_is_the_photos_pixels() -> None:
    rgb = ground(3)
    assert np.array_equal(rendered(rgb, np.array([40.0, 30.0]), 1.0, (100, 50)), rgb[30:80, 40:140])


@pytest.mark.parametrize("scale", [0.24, 0.5, 2.0])
def test_a_part_at_another_scale_shows_the_same_place(scale: float) -> None:
    ramp = np.tile(np.linspace(0, 250, 480)[None, :, None], (360, 1, 3)).astype(np.uint8)
    part = rendered(ramp, np.array([100.0, 20.0]), scale, (50, 20)).astype(float)
    expected = np.linspace(0, 250, 480)[
        np.clip((100 + (np.arange(50) + 0.5) / scale - 0.5).round(), 0, 479).astype(int)
    ]
    assert np.abs(part[10, :, 0] - expected).max() < 3


def test_beyond_the_photo_its_edge_goes_on_without_an_outline() -> None:
    part = rendered(ground(3), np.array([-500.0, -500.0]), 1.0, (60, 40))
    assert np.abs(edges(part)).max() < 0.05


@pytest.mark.parametrize("factor", [0.9, 1.0, 1.12])
def test_an_outline_is_found_at_its_place_and_scale(factor: float) -> None:
    rgb, box, _ = stamped(99)
    place = np.array(box) * (480, 360, 480, 360)
    size = (int(place[2] - place[0]), int(place[3] - place[1]))
    wanted = edges(rendered(stamped(4)[0], place[:2], 1.0, size))
    middle, half = (place[:2] + place[2:]) / 2 + 6, (place[2:] - place[:2]) / 2 * factor
    place_found = fit(rgb, np.concatenate([middle - half, middle + half]), wanted, SCALES, 14)
    assert place_found.agreement > 0.4
    assert place_found.box(size) == pytest.approx(place, abs=4)
