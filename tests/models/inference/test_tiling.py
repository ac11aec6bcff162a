"""Padding, tiles and crops: what surrounds a network so that it may take any picture."""

from itertools import pairwise

import numpy as np
import pytest

from models.inference.crop import windows
from models.inference.padding import Sizes, padded
from models.inference.tiling import OVERLAP, in_tiles, spans


@pytest.mark.parametrize(
    ("sizes", "given", "expected"),
    [
        (Sizes(), (7, 9), (7, 9)),
        (Sizes(minimum=16), (7, 90), (16, 90)),
        (Sizes(multiple_of=8), (8, 9), (8, 16)),
        (Sizes(minimum=20, multiple_of=8), (1, 25), (24, 32)),
        (Sizes(multiple_of=8, square=True), (8, 30), (32, 32)),
    ],
)
def test_the_least_size_taken_that_holds_the_picture(
    sizes: Sizes, given: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert sizes.fitting(*given) == expected


@pytest.mark.parametrize("shape", [(5, 7, 3), (1, 1, 3), (5, 7)])
def test_padding_mirrors_the_border_and_keeps_the_picture(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(1).random(shape, dtype=np.float32)
    output = padded(picture, (23, 16))
    assert output.shape == (16, 23, *shape[2:])
    assert np.array_equal(output[: shape[0], : shape[1]], picture)
    assert np.array_equal(output[shape[0]], output[shape[0] - 1])
    assert set(np.unique(output)) == set(np.unique(picture))


@pytest.mark.parametrize("length", [1, 63, 64, 65, 100, 641])
def test_spans_cover_everything_and_share_what_they_must(length: int) -> None:
    result = spans(length, 64, 16)
    assert result[0][0] == 0
    assert result[-1][1] == length
    assert {end - begin for begin, end in result} == {min(length, 64)}
    assert all(one[1] - other[0] >= 16 for one, other in pairwise(result))


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_what_every_tile_agrees_on_comes_out_as_it_is(scale: int) -> None:
    picture = np.random.default_rng(1).random((150, 201, 3), dtype=np.float32)

    def enlarge(part: np.ndarray) -> np.ndarray:
        assert max(part.shape[:2]) <= 70
        return part.repeat(scale, axis=0).repeat(scale, axis=1)

    output = in_tiles(picture, enlarge, 70)
    assert np.abs(output - enlarge_whole(picture, scale)).max() < 1e-6


def enlarge_whole(picture: np.ndarray, scale: int) -> np.ndarray:
    return picture.repeat(scale, axis=0).repeat(scale, axis=1)


def test_tiles_that_disagree_fade_into_each_other_without_a_step() -> None:
    """A network whose every tile is lighter or darker as a whole: the worst that a seam comes from."""
    random, apart = np.random.default_rng(3), 20 / 255

    def shifted(part: np.ndarray) -> np.ndarray:
        return part + np.float32(random.choice([-1, 1]) * apart / 2)

    output = in_tiles(np.full((200, 300, 3), 0.5, np.float32), shifted, 96)
    assert output.max() - output.min() > apart / 2, "the tiles did disagree"
    # the steepest slope of a raised cosine over what is left of the overlap, not a jump of 20 levels
    steepest = apart * np.pi / 2 / (OVERLAP - 16)
    for axis in (0, 1):
        assert np.abs(np.diff(output, axis=axis)).max() <= steepest * 1.05


def test_what_a_network_does_at_its_borders_is_thrown_away_inside_the_picture() -> None:
    def edged(part: np.ndarray) -> np.ndarray:
        output = part.copy()
        output[:6], output[-6:], output[:, :6], output[:, -6:] = 1, 1, 1, 1
        return output

    output = in_tiles(np.zeros((200, 300, 3), np.float32), edged, 96)
    assert output[6:-6, 6:-6].max() < 1e-4


def test_a_window_holds_a_hole_and_its_surroundings_and_ends_at_the_photo() -> None:
    hole = np.zeros((200, 300), bool)
    hole[10:20, 280:290] = True
    ((rows, columns),) = windows(hole, 16)
    assert (rows, columns) == (slice(0, 36), slice(264, 300))


def test_holes_whose_surroundings_meet_are_looked_at_together() -> None:
    hole = np.zeros((200, 300), bool)
    hole[50:60, 20:30] = hole[50:60, 60:70] = hole[50:60, 96:106] = hole[180:190, 280:290] = True
    result = windows(hole, 16)
    assert [(part[0].start, part[1].start, part[1].stop) for part in result] == [
        (34, 4, 122),
        (164, 264, 300),
    ]
    covered = np.zeros_like(hole)
    for part in result:
        covered[part] = True
    assert covered[hole].all()


def test_no_hole_has_no_window() -> None:
    assert windows(np.zeros((20, 30), bool), 16) == []
