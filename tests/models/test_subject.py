"""Subjects on plain grounds, found without a network."""

import cv2
import numpy as np
import pytest

from line.picture import Rgb
from models.subject import PlainGround

BOX = np.s_[100:300, 150:400]


def on_ground(ground: Rgb, colour: tuple[int, int, int] = (150, 60, 40)) -> Rgb:
    """[400, 600, 3] a box on that ground, slightly blurred as by a lens, with grain."""
    picture = ground.copy()
    picture[BOX] = colour
    soft = cv2.GaussianBlur(picture, (0, 0), 1.0).astype(np.float32)
    grain = np.random.default_rng(3).normal(0, 1.5, soft.shape)
    return np.asarray(np.clip(soft + grain, 0, 255), np.uint8)


def plain(level: int) -> Rgb:
    return np.full((400, 600, 3), level, np.uint8)


def falling_light() -> Rgb:
    """Grey from 225 at the left to 120 at the right."""
    return np.linspace(225, 120, 600).astype(np.uint8)[None, :, None].repeat(400, 0).repeat(3, 2)


def soft_shadow() -> Rgb:
    """White with a wide soft shadow below the box."""
    shade = np.zeros((400, 600), np.float32)
    shade[300:330, 150:400] = 60
    return np.asarray(255 - cv2.GaussianBlur(shade, (0, 0), 25), np.uint8)[..., None].repeat(3, 2)


def overlap(saliency: np.ndarray) -> float:
    """Intersection over union with the box."""
    truth = np.zeros((400, 600), bool)
    truth[BOX] = True
    return float((truth & (saliency > 0.5)).sum() / (truth | (saliency > 0.5)).sum())


@pytest.mark.parametrize(
    ("ground", "least"),
    [(plain(255), 0.93), (plain(128), 0.93), (falling_light(), 0.93), (soft_shadow(), 0.85)],
    ids=["white", "grey", "light", "shadow"],
)
def test_a_box_is_found_on_every_plain_ground(ground: Rgb, least: float) -> None:
    assert overlap(PlainGround().saliency(on_ground(ground))) > least


def test_a_nearly_white_subject_is_found_on_white() -> None:
    assert overlap(PlainGround().saliency(on_ground(plain(255), (244, 244, 246)))) > 0.9


def test_a_photo_without_a_plain_ground_is_all_subject() -> None:
    busy = np.random.default_rng(1).integers(0, 256, (25, 38, 3), np.uint8)
    picture = np.asarray(cv2.resize(busy, (600, 400), interpolation=cv2.INTER_NEAREST), np.uint8)
    assert PlainGround().saliency(picture).min() == 1


def test_an_empty_ground_has_no_subject() -> None:
    assert PlainGround().saliency(plain(250)).max() == 0
