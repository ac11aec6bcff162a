import numpy as np
import pytest

from line.picture import Rgb
from overlay.mask.translucent_panel import find_band

TEXT = np.array([[160, 262], [320, 262], [320, 284], [160, 284]], np.float32)


def cloth() -> Rgb:
    """Broad soft stripes, [300, 480, 3]."""
    y, x = np.mgrid[:300, :480]
    light = 130 + 50 * np.sin(x / 23 + y / 31)
    return np.repeat(light[..., None], 3, axis=2).astype(np.uint8)


def veiled(rgb: Rgb, rows: slice, columns: slice, opacity: float) -> Rgb:
    result = rgb.astype(np.float32)
    result[rows, columns] = (1 - opacity) * result[rows, columns] + opacity * np.array([20, 40, 230])
    return result.astype(np.uint8)


@pytest.mark.parametrize("columns", [slice(0, 480), slice(150, 330)])
@pytest.mark.parametrize("opacity", [0.6, 0.8])
def test_a_see_through_strip_or_box_is_found_by_its_edges(columns: slice, opacity: float) -> None:
    rows = slice(255, 300) if columns.stop == 480 else slice(254, 292)
    band = find_band(veiled(cloth(), rows, columns, opacity), 1.0, TEXT)
    assert band is not None
    assert band.is_drawn
    truth = np.zeros((300, 480), bool)
    truth[rows, columns] = True
    assert (band.view & truth).sum() > 0.95 * truth.sum()
    assert (band.view & ~truth).sum() < 0.1 * truth.sum()


def test_text_straight_on_a_photo_has_no_band() -> None:
    assert find_band(cloth(), 1.0, TEXT) is None


def test_the_edge_of_a_table_is_no_band() -> None:
    rgb = cloth()
    rgb[256:] = rgb[256:][:, ::-1] // 2
    assert find_band(rgb, 1.0, TEXT) is None
