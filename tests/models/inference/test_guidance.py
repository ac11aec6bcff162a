import numpy as np

from models.inference.guidance import away_from, edges, guided

SIZE = (200, 160)


def photo() -> np.ndarray:
    """Flat on the left, stripes on the right."""
    rgb = np.full((80, 100, 3), 128, np.uint8)
    rgb[:, 50:] = np.where(np.arange(50) % 6 < 3, 60, 200)[None, :, None]
    return rgb


def test_edges_are_let_in_and_smooth_grounds_are_not() -> None:
    weights = edges(photo(), SIZE)
    assert weights.shape == (160, 200)
    assert weights[:, :80].max() < 0.01
    assert weights[20:-20, 130:180].min() > 0.9


def test_a_fill_and_its_seam_are_kept_out_and_the_rest_is_let_in() -> None:
    weights = away_from([[20, 30, 60, 50]], photo(), SIZE)
    assert weights[56:104, 36:124].max() < 0.01
    assert weights[:24].min() == 1
    assert weights[:, 160:].min() == 1


def test_fills_at_the_border_and_beyond_it_are_taken_as_they_are() -> None:
    weights = away_from([[0, 0, 100, 80]], photo(), SIZE)
    assert weights.max() == 0


def test_the_plain_picture_stands_where_nothing_may_be_invented() -> None:
    invented, plain = np.full((2, 2, 3), 200, np.uint8), np.full((2, 2, 3), 100, np.uint8)
    weights = np.array([[0, 1], [0.5, 0.25]], np.float32)
    assert guided(invented, plain, weights)[..., 0].tolist() == [[100, 200], [150, 125]]
