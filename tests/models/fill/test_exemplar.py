"""A deep hole in an even texture, and grounds that are none."""

import cv2
import numpy as np
import pytest

from gates.contract import judge
from gates.edit import Edit
from models.fill.exemplar import exemplar_fill
from models.fill.graph_cut import alpha_expansion
from models.fill.offsets import find_offsets
from models.fill.opponent_colour import opponent
from models.fill.poisson_blend import poisson_blend
from models.fill.texture_uniformity import uniform_texture
from models.surroundings import Surroundings


def dotted(period: int = 14) -> np.ndarray:
    """A dotted cloth [220, 300, 3] uint8 with some noise."""
    down, across = np.mgrid[:220, :300]
    middle = (period - 1) / 2
    dots = np.hypot(down % period - middle, across % period - middle) < period / 3.5
    noise = np.random.default_rng(4).normal(0, 3, dots.shape)
    luma = np.where(dots, 180, 90) + noise
    return np.repeat(np.clip(np.rint(luma), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def blotched() -> np.ndarray:
    """A ground [220, 300, 3] uint8 of blotches some six pixels large, nowhere twice the same."""
    noise = np.random.default_rng(8).standard_normal((220, 300)).astype(np.float32)
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2.0), noise.dtype)
    luma = np.clip(np.rint(128 + 28 * noise / noise.std()), 0, 255).astype(np.uint8)
    return np.repeat(luma[..., None], 3, axis=2)


def badge(truth: np.ndarray, radius: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """``truth`` with a red disc in its middle, and the disc's mask."""
    mask = np.zeros(truth.shape[:2], np.uint8)
    cv2.circle(mask, (150, 110), radius, 255, -1)
    before = truth.copy()
    before[mask > 0] = (220, 20, 30)
    return before, mask


def likeness(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    return float(np.corrcoef(one[where, 0].astype(float), other[where, 0].astype(float))[0, 1])


def test_a_repeating_pattern_runs_on_across_a_deep_hole() -> None:
    truth = dotted()
    before, mask = badge(truth)
    filled = Surroundings().fill(before, mask, seed=3)
    assert likeness(filled, truth, mask > 0) > 0.9


def test_a_deep_hole_has_blotches_as_large_and_strong_as_the_ground() -> None:
    truth = blotched()
    before, mask = badge(truth)
    inner = cv2.erode(mask, np.ones((9, 9), np.uint8)) > 0
    bands = [
        [float((cv2.GaussianBlur(one, (0, 0), 1.5) - cv2.GaussianBlur(one, (0, 0), 4))[inner].std())]
        for one in (
            rgb[..., 0].astype(np.float32) for rgb in (Surroundings().fill(before, mask, seed=3), truth)
        )
    ]
    assert bands[0] == pytest.approx(bands[1], rel=0.3)


def test_the_gate_finds_no_repeated_or_misplaced_piece() -> None:
    truth = blotched()
    before, mask = badge(truth)
    verdict = judge(Edit("erase_text", before, Surroundings().fill(before, mask, seed=3), mask))
    assert not [reason.code for reason in verdict.reasons if reason.gate == "repeated_texture"]


def test_the_same_seed_lays_the_same_pieces_and_another_seed_others() -> None:
    before, mask = badge(blotched())
    first, again, other = (Surroundings().fill(before, mask, seed=seed) for seed in (3, 3, 4))
    assert (first == again).all()
    assert (first != other).any()


def test_nothing_outside_the_hole_is_touched() -> None:
    before, mask = badge(dotted())
    filled = Surroundings().fill(before, mask, seed=3)
    assert (filled[mask == 0] == before[mask == 0]).all()


def test_another_hole_lends_nothing() -> None:
    before, mask = badge(blotched())
    cv2.circle(mask, (50, 110), 26, 255, -1)
    before[mask > 0] = (220, 20, 30)
    filled = Surroundings().fill(before, mask, seed=3).astype(int)
    assert (filled[..., 0] - filled[..., 1])[mask > 0].max() < 40


def test_an_object_near_by_is_not_laid_into_the_hole() -> None:
    truth = blotched()
    cv2.rectangle(truth, (200, 90), (260, 130), (20, 60, 230), -1)
    cv2.rectangle(truth, (40, 90), (100, 130), (20, 60, 230), -1)
    before, mask = badge(truth)
    filled = Surroundings().fill(before, mask, seed=3).astype(int)
    assert (filled[..., 2] - filled[..., 0])[mask > 0].max() < 40


@pytest.mark.parametrize("ground", ["flat", "edge", "letters", "bars"])
def test_a_ground_that_is_no_even_texture_is_left_to_the_cosines(ground: str) -> None:
    truth = np.full((220, 300, 3), 200, np.uint8)
    if ground == "edge":
        truth[110:] = 60
    if ground == "letters":
        cv2.putText(truth, "MODEL 35", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (20, 20, 20), 4)
    if ground == "bars":
        truth[:, np.random.default_rng(2).random(300) < 0.5] = 10
    before, mask = badge(truth)
    planes, hole = opponent(before), mask > 0
    even, _ = uniform_texture(planes, hole, hole)
    assert not even.any()
    assert exemplar_fill(planes, hole, hole, seed=1) is None


def test_only_the_part_of_a_hole_that_lies_in_the_texture_is_even() -> None:
    truth = blotched()
    truth[:, 150:] = (30, 60, 200)
    mask = np.zeros(truth.shape[:2], np.bool_)
    mask[95:125, 10:290] = True
    even, _ = uniform_texture(opponent(truth), mask, mask)
    assert even[95:125, 10:90].mean() > 0.9
    assert not even[:, 200:].any()


def test_the_period_of_a_pattern_is_among_its_offsets() -> None:
    before, mask = badge(dotted(period=14))
    result = find_offsets(opponent(before), mask > 0, mask > 0)
    assert len(result)
    assert (result[:8] % 14 == 0).all()


def test_neighbours_choose_alike_where_it_costs_less_than_the_choice_they_would_make_alone() -> None:
    costs = np.array([[0, 9, 0, 0], [5, 0, 50, 50]], np.float32)
    colours = np.zeros((2, 4, 3), np.float32)
    colours[1] = 100
    places = np.arange(4)
    assert alpha_expansion(costs, colours, places[:-1], places[1:]).tolist() == [0, 0, 0, 0]
    assert alpha_expansion(costs, 0 * colours, places[:-1], places[1:])[2:].tolist() == [0, 0]
    apart = np.array([[0, 90, 0, 0], [90, 0, 50, 50]], np.float32)
    assert alpha_expansion(apart, (colours / 100).astype(np.float32), places[:-1], places[1:]).tolist() == [
        0,
        1,
        0,
        0,
    ]


def test_a_darker_piece_meets_its_neighbours() -> None:
    planes = np.full((60, 120, 3), 200, np.float32)
    planes[:, 60:] = 180
    hole = np.zeros((60, 120), np.bool_)
    hole[20:40, 10:30] = True
    joined = poisson_blend(planes, hole, hole, np.array([[0, 70]]), np.zeros(400, np.intp))
    assert np.abs(joined[20, 10:30] - 200).max() < 3
    assert (joined[~hole] == planes[~hole]).all()
