"""Which masked pixels are invented, and which are kept."""

import cv2
import numpy as np

from models.fill.mask_refinement import refine_mask, ringing_pixels
from models.fill.opponent_colour import Planes, opponent


def cloth(strength: float = 10.0) -> np.ndarray:
    """A grey woven ground [120, 200, 3] uint8."""
    noise = np.random.default_rng(2).standard_normal((120, 200)).astype(np.float32)
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.2), np.float32)
    ground = 128 + strength * noise / noise.std()
    return np.repeat(np.clip(np.rint(ground), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def struck(rgb: np.ndarray, colour: tuple[int, int, int]) -> tuple[Planes, np.ndarray, np.ndarray]:
    """Planes of ``rgb`` with a stroke over it, a mask six pixels wider, and the stroke itself."""
    ink = np.zeros(rgb.shape[:2], np.uint8)
    cv2.line(ink, (40, 60), (160, 60), 1, 6)
    painted = rgb.copy()
    painted[ink > 0] = colour
    mask = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))) > 0
    return opponent(painted), mask, ink > 0


def test_every_painted_pixel_is_invented_and_most_of_the_rim_is_kept() -> None:
    planes, mask, ink = struck(cloth(), (230, 30, 30))
    invent, _ = refine_mask(planes, mask)
    assert invent[ink].all()
    assert not (invent & ~mask).any()
    assert invent[mask & ~ink].mean() < 0.6


def test_a_faint_fringe_of_colour_does_not_stay_in_grey_texture() -> None:
    rgb = cloth()
    planes, mask, ink = struck(rgb, (230, 30, 30))
    fringe = mask & ~ink
    tinted = planes.copy()
    tinted[fringe, 1] += 12
    invent, _ = refine_mask(tinted, mask)
    assert invent[fringe].all()


def test_a_stroke_that_the_mask_holds_only_narrowly_is_invented_whole() -> None:
    planes, mask, ink = struck(cloth(), (250, 250, 250))
    narrow = cv2.erode(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert (narrow & ink).sum() > 0.9 * ink.sum()
    invent, _ = refine_mask(planes, narrow)
    assert invent[ink & narrow].mean() > 0.98


def test_on_a_wholly_flat_ground_everything_masked_is_invented() -> None:
    planes, mask, _ = struck(np.full((120, 200, 3), 200, np.uint8), (20, 20, 20))
    tinted = planes.copy()
    tinted[mask, 0] += 1.5
    invent, unknown = refine_mask(tinted, mask)
    assert (invent == mask).all()
    assert (unknown == mask).all()


def test_the_fill_does_not_lean_on_rings_beside_the_mask() -> None:
    planes, mask, _ = struck(np.full((120, 200, 3), 200, np.uint8), (20, 20, 20))
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    rings = (away > 0) & (away <= 3)
    noise = np.random.default_rng(1).normal(0, 3, planes.shape)
    planes = np.where(rings[..., None], planes + noise, planes).astype(np.float32)
    _, unknown = refine_mask(planes, mask)
    assert unknown[rings].all()
    assert not unknown[away > 3.5].any()


def captioned(ground: np.ndarray, quality: int | None) -> tuple[np.ndarray, np.ndarray]:
    """``ground`` with dark letters, through JPEG of that quality, and the letters."""
    ink = np.zeros(ground.shape[:2], np.uint8)
    cv2.putText(ink, "SALE", (40, 75), cv2.FONT_HERSHEY_SIMPLEX, 1.4, 255, 4)
    written = ground.copy()
    written[ink > 0] = (40, 20, 20)
    if quality is not None:
        packed = cv2.imencode(".jpg", written, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        written = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return written, ink > 0


def test_jpeg_rings_on_quiet_ground_are_seen_within_the_blocks_that_hold_ink() -> None:
    rgb, ink = captioned(np.full((120, 200, 3), 215, np.uint8), quality=75)
    rings = ringing_pixels(rgb, ink)
    off = np.abs(rgb.astype(int) - 215).max(axis=-1) > 4
    beyond = cv2.dilate(ink.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    assert (off & beyond).sum() > 20
    assert rings[off & beyond].mean() > 0.9
    rows, columns = np.nonzero(rings)
    held = {(row // 8, column // 8) for row, column in np.argwhere(ink).tolist()}
    assert {
        (row // 8, column // 8) for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    } <= held


def test_where_nothing_rings_and_in_texture_no_mask_is_widened() -> None:
    for rgb, ink in (
        captioned(np.full((120, 200, 3), 215, np.uint8), quality=None),
        captioned(cloth(), quality=75),
    ):
        assert not ringing_pixels(rgb, ink).any()
