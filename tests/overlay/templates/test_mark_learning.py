"""A vendor's overlay is learnt from some photos that bear it, and from no others."""

import numpy as np
import pytest

from overlay.templates.mark_learning import Example, learn
from tests.harness.pictures.signed import example, ground, learnt, stamped


def test_sign_and_letters_are_learnt_with_their_place_and_colour() -> None:
    mark = learnt()
    left, top, right, bottom = stamped(0)[1]
    assert mark.extent[0] < left - 0.05  # the disc stands beside the letters
    assert mark.extent[1:] == pytest.approx((top, right, bottom), abs=0.1)
    assert mark.rgb is not None
    assert np.median(mark.rgb[mark.covered], axis=0) == pytest.approx((200, 30, 40), abs=25)
    assert mark.through == 0
    assert mark.habits


def test_a_see_through_overlay_is_learnt_as_one() -> None:
    watermark = learnt(solid=110, ink=(255, 255, 255))
    assert watermark.through == pytest.approx(1 - 110 / 255)
    assert watermark.is_faint


def test_photos_that_have_nothing_in_common_teach_nothing() -> None:
    mask = np.zeros((360, 480), np.uint8)
    assert learn([Example(ground(seed), (0.5, 0.8, 0.9, 0.9), mask, 1.0) for seed in range(7)]) is None


def test_one_photo_in_four_without_it_does_no_harm() -> None:
    plain = [Example(ground(seed), stamped(0)[1], np.zeros((360, 480), np.uint8), 1.0) for seed in (50, 51)]
    mark = learn([*(example(seed) for seed in range(6)), *plain])
    assert mark is not None
    assert mark.find(stamped(99)[0], []) is not None


def test_where_the_network_saw_little_the_common_outline_helps() -> None:
    blind = [Example(one.rgb, one.box, one.mask * 0, 1.0) for one in (example(seed) for seed in range(7))]
    mark = learn(blind)
    assert mark is not None
    assert mark.covered.any()


def test_too_few_photos_prove_nothing() -> None:
    assert learn([example(seed) for seed in range(3)]) is None
