from collections.abc import Mapping

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from line.picture import Rgb
from overlay.classify.features import describe
from overlay.detect.candidate import Candidate, Source
from overlay.mask.panel import find_shape
from overlay.mask.strokes import find_strokes
from overlay.segment.scene import look

QUAD = np.array([[30, 40], [300, 40], [300, 90], [30, 90]], np.float32)


def shaded() -> Rgb:
    """[130, 340, 3] uint8, brighter to the right."""
    row = np.linspace(90, 170, 340, dtype=np.float32)
    return np.repeat(np.repeat(row[None, :, None], 130, axis=0), 3, axis=2).astype(np.uint8)


def written(opacity: float = 1.0, contour: bool = False, photographed: bool = False) -> Rgb:
    """A word in orange, blended in with soft rims; photographed: blurred, each channel a little aside."""
    rgb = shaded().astype(np.float32)
    page = np.zeros(rgb.shape[:2], np.uint8)
    cv2.putText(page, "Caption", (40, 82), cv2.FONT_HERSHEY_SIMPLEX, 1.8, 255, 5, cv2.LINE_AA)
    around = cv2.dilate(page, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)))
    for layer, tone in ((around * np.uint8(contour), (0, 40, 160)), (page, (250, 140, 20))):
        alpha = layer[..., None].astype(np.float32) / 255 * opacity
        rgb = rgb * (1 - alpha) + np.float32(tone) * alpha
    if photographed:
        rgb = cv2.GaussianBlur(rgb, (0, 0), 1.2)
        rgb = np.stack(
            [np.roll(rgb[..., 0], 1, axis=1), rgb[..., 1], np.roll(rgb[..., 2], -1, axis=1)], axis=-1
        )
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)


NOTHING = np.zeros((1, 1), np.float32)
"""A map of a photo over which nothing was laid."""


def features(
    rgb: Rgb, source: Source = Source.DETECTOR, laid: NDArray[np.float32] = NOTHING
) -> Mapping[str, float]:
    scene, region = look(rgb), Candidate(QUAD, 0.8, source)
    strokes = find_strokes(rgb, QUAD)
    shape = find_shape(scene.view, scene.scale, QUAD, strokes)
    return describe(rgb, region, strokes, shape, scene, [region], laid)


def test_letters_with_a_contour_are_of_two_inks() -> None:
    found = features(written(contour=True))
    assert found["two_inks_common"] > 0.6
    assert found["two_inks_apart"] > 100
    assert found["ink_common"] < found["two_inks_common"]


def test_the_rim_of_drawn_letters_is_a_blend_of_ink_and_ground() -> None:
    drawn, printed = features(written()), features(written(photographed=True))
    assert 0 <= drawn["rim_off"] < 0.06
    assert printed["rim_off"] > 2 * drawn["rim_off"]


def test_the_ground_is_seen_through_a_see_through_caption_alone() -> None:
    assert features(written(opacity=0.5))["veil_through"] > 0.35
    assert abs(features(written())["veil_through"]) < 0.15


def test_each_finder_is_known_to_the_decision() -> None:
    rgb = written()
    assert features(rgb, Source.CLOSER)["source"] != features(rgb)["source"]


def test_letters_look_more_like_ink_than_a_bare_ground_does() -> None:
    assert features(written())["likeness"] > 0.5
    assert features(shaded())["likeness"] < 0.2


def test_the_map_is_read_on_the_letters_and_beside_them() -> None:
    rgb = written()
    laid = np.zeros((-(-rgb.shape[0] // 4), -(-rgb.shape[1] // 4)), np.float32)
    left, top = (QUAD.min(axis=0) / 4).astype(int)
    right, bottom = np.ceil(QUAD.max(axis=0) / 4).astype(int)
    laid[top : bottom + 1, left : right + 1] = 0.9
    found = features(rgb, laid=laid)
    assert found["laid_ink"] == pytest.approx(0.9)
    assert found["laid_around"] < 0.3
    assert 0 < found["laid_photo"] < 1
