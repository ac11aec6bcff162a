"""Edges by direction: the same on any ground, and by chance never."""

import cv2
import numpy as np

from overlay.templates.edges import agreement, edges, strength


def lettered(ground: int, ink: int) -> np.ndarray:
    picture = np.full((60, 160, 3), ground, np.uint8)
    return cv2.putText(picture, "ACME", (20, 42), cv2.FONT_HERSHEY_DUPLEX, 1.2, (ink,) * 3, 2, cv2.LINE_AA)


def test_light_letters_have_the_edges_of_dark_ones() -> None:
    light, dark = edges(lettered(60, 220)), edges(lettered(200, 40))
    assert agreement(light, dark).max() > 0.9 * agreement(dark, dark).max()


def test_noise_agrees_with_nothing() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 160, 3), np.uint8)
    assert abs(agreement(edges(noise), edges(lettered(60, 220))).max()) < 0.15


def test_a_plain_ground_has_none() -> None:
    assert strength(edges(np.full((20, 30, 3), 120, np.uint8))).max() == 0
