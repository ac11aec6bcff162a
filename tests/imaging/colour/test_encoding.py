from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imaging.colour import hdr
from imaging.colour.encoding import ADOBE_RGB, BT709, Encoding, from_cicp, from_png, to_bt709, to_srgb
from imaging.colour.icc import to_srgb as through_profile
from tests.imaging.colour.test_icc import ADOBE, coded

WIDE = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)


@pytest.fixture
def colours() -> Any:
    return np.random.default_rng(7).integers(0, 256, (40, 50, 3)).astype(np.uint8)


def linear_of(srgb: Any) -> NDArray[Any]:
    share = srgb / 255
    return np.asarray(np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4))


def pq(light: Any) -> Any:
    """PQ signal of light in multiples of 203 cd/m² (ST 2084, inverse)."""
    power = (light * 203 / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def deep(signal: Any) -> NDArray[Any]:
    return np.asarray(np.rint(np.clip(signal, 0, 1) * 65535), np.uint16)


def in_wide_primaries(srgb: Any) -> NDArray[Any]:
    return np.asarray(np.clip(linear_of(srgb) @ np.linalg.inv(to_bt709(WIDE)).T, 0, None))


def given(encoding: Encoding | None) -> Encoding:
    """An encoding that differs from sRGB."""
    assert encoding is not None
    return encoding


def test_adobe_rgb_without_a_profile_looks_as_lcms_shows_it_with_one(
    colours: Any, matrix_profile: Callable[..., bytes]
) -> None:
    profiled = np.asarray(through_profile(Image.fromarray(colours), matrix_profile(ADOBE, 563 / 256)).image)
    assert np.abs(to_srgb(colours, ADOBE_RGB).astype(int) - profiled).mean() < 0.5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_srgb_itself_stays_as_it_is_at_any_depth(dtype: Any, colours: Any) -> None:
    scale = np.iinfo(dtype).max // 255
    assert np.array_equal(to_srgb(colours.astype(dtype) * dtype(scale), Encoding(BT709)), colours)


def test_p3_by_code_points_is_converted_as_the_formulas_say(colours: Any) -> None:
    encoding = given(from_cicp(12, 13))
    by_hand = coded(linear_of(colours) @ to_bt709(encoding.primaries).T)
    assert np.abs(to_srgb(colours, encoding) - by_hand).max() <= 1
    assert np.abs(colours - by_hand).max() > 20, "the test must be able to fail"


def test_p3_red_is_outside_srgb_and_white_is_white() -> None:
    patches = np.array([[[255, 0, 0], [255, 255, 255], [0, 0, 0]]], np.uint8)
    assert to_srgb(patches, given(from_cicp(12, 13))).tolist() == [[[255, 0, 0], [255, 255, 255], [0, 0, 0]]]


def test_linear_light_of_sixteen_bits_keeps_its_dark_tones() -> None:
    ramp = np.arange(0, 3000, 5, dtype=np.uint16)[None, :, None].repeat(3, 2)
    shown = to_srgb(ramp, given(from_png(None, 1.0)))[0, :, 0]
    assert len(np.unique(shown)) == shown.max() + 1, "no level is skipped"
    assert np.abs(shown - coded(ramp[0, :, 0] / 65535)).max() <= 0.51


def test_pq_up_to_sdr_white_comes_back_as_it_was(colours: Any) -> None:
    encoded = deep(pq(in_wide_primaries(colours)))
    assert np.abs(to_srgb(encoded, given(from_cicp(9, 16))).astype(int) - colours).max() <= 2


def test_pq_above_sdr_white_is_rolled_off_and_only_there() -> None:
    light = np.geomspace(0.01, 4, 400)
    shown = to_srgb(deep(pq(light))[None, :, None].repeat(3, 2), given(from_cicp(9, 16)))[0, :, 0].astype(int)
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] >= 253
    dark = light < 0.1
    assert np.abs(shown[dark] - coded(light[dark])).max() <= 1
    assert len(np.unique(shown[light > 1])) > 10, "highlights keep their drawing"


def test_a_single_bright_pixel_does_not_darken_a_picture(colours: Any) -> None:
    encoded = deep(pq(in_wide_primaries(np.tile(colours, (4, 4, 1)))))
    plain = to_srgb(encoded, given(from_cicp(9, 16)))
    encoded[0, 0] = 65535
    assert np.array_equal(to_srgb(encoded, given(from_cicp(9, 16)))[1:], plain[1:])


def test_hlg_reference_white_is_white_and_black_is_black() -> None:
    signal = np.array([0.0, 0.75])  # BT.2408: HDR reference white
    shown = to_srgb(deep(signal)[None, :, None].repeat(3, 2), given(from_cicp(9, 18)))[0, :, 0]
    assert shown[0] == 0
    assert shown[1] >= 253


def test_hlg_and_pq_of_one_scene_look_alike(colours: Any) -> None:
    display = in_wide_primaries(colours) * 203 / 1000  # of a screen of 1,000 cd/m²
    luminance = np.maximum(display @ [0.2627, 0.6780, 0.0593], 1e-9)
    scene = display * (luminance ** (1 / 1.2 - 1))[..., None]
    hlg = np.where(
        scene <= 1 / 12,
        np.sqrt(3 * scene),
        0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073,
    )
    assert np.abs(to_srgb(deep(hlg), given(from_cicp(9, 18))).astype(int) - colours).max() <= 3


def test_roll_off_is_the_identity_without_headroom() -> None:
    light = np.linspace(0, 1, 30, dtype=np.float32).reshape(1, 10, 3)
    assert hdr.roll_off(1.0)(light) is light


@pytest.mark.parametrize("points", [(2, 2), (1, 13), (3, 1), (1, 99)])
def test_code_points_that_say_nothing_new_or_nothing_known_change_nothing(points: Any) -> None:
    encoding = from_cicp(*points)
    assert encoding is None or encoding.is_srgb


def test_png_gamma_and_chromaticities_are_used_where_they_differ_from_srgb() -> None:
    srgb = (0.3127, 0.329, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
    assert from_png(srgb, 0.45455) is None
    assert from_png(None, None) is None
    assert from_png(srgb, 1.0) == Encoding(BT709, "gamma", 1.0)
    wide_green = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
    assert given(from_png(wide_green, 0.45455)).primaries[2:4] == (0.21, 0.71)


@pytest.mark.parametrize("broken", [(0.0,) * 8, (0.3, 0.3) * 4, (float("nan"),) * 8, (0.3127,)])
def test_broken_chromaticities_are_ignored(broken: Any) -> None:
    assert from_png(broken, None) is None
