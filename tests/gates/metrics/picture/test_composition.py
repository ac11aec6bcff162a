"""A subject on a plain ground is found, and so is what was done to it."""

import cv2
import numpy as np
import pytest

from gates.contract import Limit, judge
from gates.edit import Edit
from gates.metrics.picture.composition import (
    composition_of,
    compositions,
    content_shift,
    cropped_share,
    greyed_share,
    lost_share,
)
from line.picture import FlagKind, Rgb


def product(ground: int = 255, left: int = 200, wide: int = 240) -> Rgb:
    """[400, 640, 3] a striped box with a white label, from row 80 to row 320."""
    picture = np.full((400, 640, 3), ground, np.uint8)
    picture[80:320, left : left + wide] = (40, 90, 160)
    picture[80:320:12, left : left + wide] = (180, 60, 40)
    picture[150:220, left + 60 : left + 140] = 255
    return picture


def test_the_subject_is_found_with_its_white_label() -> None:
    composition, _ = compositions(product(), product())
    assert composition.subject.sum() == pytest.approx(240 * 240 / 100, rel=0.15)
    assert composition.subject_fill == pytest.approx(0.6, abs=0.04)
    assert composition.border_touched == composition.sides_cut == 0
    assert composition.margins == pytest.approx((200 / 640, 0.2, 200 / 640, 0.2), abs=0.03)
    assert composition.white_ground == 1


def test_a_picture_without_a_plain_ground_is_all_subject(textured: Rgb) -> None:
    composition, _ = compositions(textured, textured)
    assert (composition.subject_fill, composition.border_touched) == (1, 1)
    assert composition.white_ground == 0


def box_finder(rgb: Rgb) -> np.ndarray:
    """A finder that takes saturated blue and red for the subject, on any ground."""
    return np.asarray(np.ptp(rgb.astype(int), axis=2) > 60, np.float32)


def test_a_finder_tells_the_subject_from_a_ground_that_is_not_plain() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (400, 640, 1), np.uint8).repeat(3, axis=2)
    noise[80:400, 0:240] = (40, 90, 200)
    composition = composition_of(noise, box_finder)
    assert composition.margins == pytest.approx((0, 0.2, 400 / 640, 0), abs=0.03)
    assert composition.subject_share == pytest.approx(240 * 320 / (400 * 640), abs=0.03)
    assert composition.sides_cut == 2
    assert composition_of(noise).subject_share == 1


def test_a_finder_that_changes_its_mind_about_equal_pictures_loses_and_cuts_nothing() -> None:
    picture, other = product(), product()
    other[380:, 600:] = 200  # a change in a corner, so that the finder is asked again
    answers = iter((box_finder(picture[::2, ::2]), np.zeros((200, 320), np.float32)))
    scenes = compositions(picture, other, lambda _: next(answers))
    assert scenes[0].subject.any()
    assert not scenes[1].subject.any()
    assert lost_share(*scenes) == cropped_share(*scenes) == 0


def test_the_finder_is_asked_once_for_two_nearly_equal_pictures() -> None:
    pictures = []
    compositions(product(), product(ground=252), lambda rgb: pictures.append(rgb) or box_finder(rgb))  # type: ignore[func-returns-value]
    assert len(pictures) == 1


def test_shadows_on_a_white_ground_are_ground_that_is_not_white() -> None:
    picture = product()
    picture[320:360] = 225
    whole = composition_of(picture, lambda rgb: box_finder(rgb))
    assert whole.white_ground == pytest.approx(0.87, abs=0.04)


@pytest.mark.parametrize("by", [2, 8, 20])
def test_a_moved_subject_is_found_by_how_far(by: int) -> None:
    result = content_shift(*compositions(product(), product(left=200 + by)))
    assert result == pytest.approx(by / 640, rel=0.25)


@pytest.mark.parametrize("size", [(400, 640), (401, 533), (639, 427), (90, 301)])
def test_an_unchanged_picture_of_any_size_has_not_moved(textured: Rgb, size: tuple[int, int]) -> None:
    picture = np.asarray(cv2.resize(textured, size[::-1]), np.uint8)
    assert content_shift(*compositions(picture, picture)) < 1e-4


def test_a_cut_subject_a_lost_part_and_a_greyed_ground_are_told_apart() -> None:
    before = product()
    scenes = compositions(before, product(left=400, wide=240))
    assert cropped_share(*scenes) > 0.1
    part = before.copy()
    part[80:320, 380:] = 255
    scenes = compositions(before, part)
    assert lost_share(*scenes) == pytest.approx(0.25, abs=0.06)
    assert cropped_share(*scenes) == greyed_share(*scenes) == 0
    assert greyed_share(*compositions(before, product(ground=246))) == 1


@pytest.mark.parametrize("transform", ["upscale", "deliver", "denoise", "restore"])
def test_a_lost_part_is_flagged_where_it_was(transform: str) -> None:
    part = product()
    part[80:320, 380:] = 255
    result = {reason.code: reason for reason in judge(Edit(transform, product(), part)).reasons}
    x, y, wide, tall = result["composition.subject_lost"].where or (0, 0, 0, 0)
    assert 360 <= x <= 380
    assert x + wide == pytest.approx(440, abs=10)
    assert (y, y + tall) == pytest.approx((80, 320), abs=10)


def test_a_market_asks_for_its_frame_in_a_recipe_and_a_person_decides() -> None:
    edit = Edit("deliver", product(), product())
    assert judge(edit).passed
    assert judge(edit, {"subject_fill": Limit(at_least=0.5), "white_ground": Limit(at_least=0.95)}).passed
    verdict = judge(edit, {"subject_fill": Limit(at_least=0.85)})
    assert [reason.code for reason in verdict.reasons] == ["frame.subject_fill"]
    assert verdict.kind == FlagKind.POLICY
