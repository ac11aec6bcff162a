import numpy as np
import pytest

from line.facts import Facts
from line.picture import Edited, Flagged, FlagKind, Outcome, Picture
from models.back_projection import BackProjection
from tasks.upscale import target_size, upscale


def run(width: int, height: int, **params: int) -> Outcome:
    rgb = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    (outcome,) = upscale.function([Picture("a.jpg", rgb)], BackProjection(), **params)
    return outcome


def test_a_small_photo_is_enlarged_to_exactly_the_target() -> None:
    outcome = run(400, 300, target=1000)
    assert isinstance(outcome, Edited)
    assert (outcome.picture.width, outcome.picture.height) == (1000, 750)
    assert outcome.touched is None


def test_a_thumbnail_goes_to_a_person_as_policy() -> None:
    outcome = run(100, 80)
    assert isinstance(outcome, Flagged)
    assert (outcome.reason, outcome.kind) == ("thumbnail_too_small", FlagKind.POLICY)


def test_a_photo_at_the_target_is_left_alone() -> None:
    outcome = run(64, 50, target=64, floor=10)
    assert isinstance(outcome, Edited)
    assert outcome.picture.width == 64


@pytest.mark.parametrize(("width", "needed"), [(999, True), (1000, False), (4000, False)])
def test_only_photos_below_the_target_need_it(width: int, needed: bool) -> None:
    params = {"target": 1000, "floor": 320}
    assert upscale.is_needed(Facts(width=width, height=10), params) is needed


def test_proportions_are_kept_even_of_a_thread() -> None:
    assert target_size(3, 500, 1000) == (6, 1000)
    assert target_size(500, 1, 1000) == (1000, 2)
    assert target_size(2000, 1, 1000) == (1000, 1)


def test_an_enlargement_never_leaves_the_range_around_a_pixel() -> None:
    edge = np.zeros((40, 40, 3), np.uint8)
    edge[:, :20], edge[:, 20:] = 60, 180
    large = BackProjection().upscale(edge, (120, 120), seed=0)
    assert large.min() >= 60
    assert large.max() <= 180


def test_an_enlargement_shrinks_back_to_the_photo() -> None:
    y, x = np.mgrid[0:40, 0:60]
    photo = np.stack([100 + 80 * np.sin(x / 5), 100 + 80 * np.cos(y / 4), x + y], axis=-1).astype(np.uint8)
    large = BackProjection().upscale(photo, (120, 80), seed=0).astype(float)
    again = large.reshape(40, 2, 60, 2, 3).mean(axis=(1, 3))
    assert np.abs(again - photo).mean() < 0.5
