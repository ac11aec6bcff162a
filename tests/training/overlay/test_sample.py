"""What is drawn over a photo, and whether its labels say so."""

import cv2
import numpy as np
import pytest

from training.overlay.drawing.blend import Labelled, resized
from training.overlay.drawing.imprint import imprint
from training.overlay.sample import KINDS, draw


def photo(seed: int = 0, size: tuple[int, int] = (360, 300)) -> Labelled:
    """A soft busy photo without an overlay."""
    small = np.random.default_rng(seed).integers(60, 190, (6, 8, 3), np.uint8)
    return Labelled.of(np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)))


def changed(before: Labelled, after: Labelled) -> np.ndarray:
    """[H, W] bool, pixels that plainly differ."""
    return np.asarray(np.abs(after.rgb.astype(int) - before.rgb).max(axis=-1) > 12)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_pixel_that_an_overlay_plainly_changed_is_labelled_and_no_other(kind: str) -> None:
    before, after = photo(3), photo(3)
    draw(after, np.random.default_rng(5), kind=kind)
    labelled = np.maximum(after.ink, after.panel) > 0
    assert labelled.any()
    assert labelled[changed(before, after)].all()
    assert (after.rgb[~labelled] == before.rgb[~labelled]).mean() > 0.9
    assert after.opacity[labelled].mean() > 0.1
    assert not after.opacity[~labelled].any()


def test_the_same_random_numbers_give_the_same_sample() -> None:
    one, other = photo(), photo()
    draw(one, np.random.default_rng(9))
    draw(other, np.random.default_rng(9))
    assert (one.rgb == other.rgb).all()
    assert (one.ink == other.ink).all()


def test_print_is_labelled_as_print_and_never_as_an_overlay() -> None:
    before, after = photo(1), photo(1)
    for seed in range(4):
        imprint(after, np.random.default_rng(seed))
    assert after.imprint[changed(before, after)].mean() > 0.9
    assert not after.ink.any()
    assert not after.panel.any()


def test_labels_shrink_with_their_photo() -> None:
    after = photo()
    draw(after, np.random.default_rng(2), kind="banner")
    half = resized(after, 0.5)
    assert half.panel.shape == half.rgb.shape[:2] == (150, 180)
    assert half.panel.mean() == pytest.approx(after.panel.mean(), rel=0.05)
