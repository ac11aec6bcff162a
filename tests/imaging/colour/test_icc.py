import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imaging.colour.cmyk import print_to_srgb
from imaging.colour.icc import to_srgb
from imaging.encode import srgb_profile
from line.picture import Rgb

# XYZ (D50) of the primaries in rows: Adobe RGB (1998), 4.3.4, and sRGB adapted to D50 by Bradford
ADOBE = np.array([[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]])
SRGB = np.array([[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]])


def coded(linear: Any) -> NDArray[Any]:
    linear = np.clip(linear, 0, 1)
    levels: NDArray[Any] = 255 * np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return levels


def test_a_wide_profile_is_converted_as_the_formulas_say(matrix_profile: Callable[..., bytes]) -> None:
    gamma = 563 / 256
    inside = np.random.default_rng(1).integers(90, 170, (30, 30, 3)).astype(np.uint8)  # within sRGB's gamut
    done = to_srgb(Image.fromarray(inside), matrix_profile(ADOBE, gamma))
    by_hand = coded((inside / 255) ** gamma @ ADOBE @ np.linalg.inv(SRGB))
    assert done.how == "converted"
    assert np.abs(np.asarray(done.image) - by_hand).max() <= 1.5
    assert np.abs(inside.astype(int) - by_hand).max() > 10, "the test must be able to fail"


def test_a_grey_profile_is_followed(matrix_profile: Callable[..., bytes]) -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    done = to_srgb(Image.fromarray(ramp), matrix_profile(None, 1.0))
    assert done.how == "converted"
    assert np.abs(np.asarray(done.image)[..., 1] - coded(ramp / 255)).max() <= 1.5


def test_a_profile_that_is_srgb_leaves_every_pixel_as_it_is(
    photo: Rgb, matrix_profile: Callable[..., bytes]
) -> None:
    done = to_srgb(Image.fromarray(photo), srgb_profile())
    assert done.how == "srgb"
    assert np.array_equal(np.asarray(done.image), photo)


@pytest.mark.parametrize(
    ("icc", "how"), [(b"nonsense", "invalid"), (b"\0" * 5_000_000, "invalid"), (b"", "assumed")]
)
def test_a_broken_profile_is_noted_and_ignored(icc: bytes, how: Any, photo: Rgb) -> None:
    done = to_srgb(Image.fromarray(photo), icc)
    assert done.how == how
    assert np.array_equal(np.asarray(done.image), photo)


def test_a_profile_of_another_colour_space_is_noted_and_ignored(
    photo: Rgb, matrix_profile: Callable[..., bytes]
) -> None:
    assert to_srgb(Image.fromarray(photo), matrix_profile(None, 2.2)).how == "mismatch"
    grey = Image.fromarray(photo[..., 0])
    assert to_srgb(grey, srgb_profile()).how == "mismatch"


def test_lab_is_converted_as_the_formulas_say() -> None:
    lab = np.array([[[255, 0, 0], [128, 0, 0], [0, 0, 0]]], np.uint8)  # a and b are signed bytes in Pillow
    done = to_srgb(Image.frombytes("LAB", (3, 1), lab.tobytes()), None)
    lightness = lab[0, :, 0] / 255 * 100
    linear = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)
    assert np.abs(np.asarray(done.image)[0] - coded(linear)[:, None]).max() <= 1.5


def test_printing_inks_look_as_on_coated_paper() -> None:
    solids = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 255, 255, 0], [0, 0, 0, 255]]], np.uint8)
    assert print_to_srgb(solids).tolist() == [[[255, 255, 255], [0, 174, 239], [237, 28, 36], [35, 31, 32]]]


def test_more_ink_is_never_lighter() -> None:
    ramp = np.zeros((4, 256, 4), np.uint8)
    for ink in range(4):
        ramp[ink, :, ink] = np.arange(256)
    luma = print_to_srgb(ramp).astype(float) @ (0.299, 0.587, 0.114)
    assert (np.diff(luma, axis=1) <= 0.51).all()


def test_stripes_do_not_show_in_a_large_print() -> None:
    inks = np.random.default_rng(0).integers(0, 256, (3, 140_000, 4)).astype(np.uint8)
    assert np.array_equal(print_to_srgb(inks)[2:], print_to_srgb(inks[2:]))


def test_inks_without_a_profile_are_close_to_a_real_press_profile(odd: Path) -> None:
    from PIL import ImageCms

    with Image.open(odd / "thumbor" / "cmyk-icc.jpg") as image:
        press = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    steps = np.array([0, 64, 128, 192, 255], np.uint8)
    grid = np.stack(np.meshgrid(*[steps] * 4), axis=-1).reshape(25, 25, 4)
    chart = Image.fromarray(grid, mode="CMYK")
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    transform = ImageCms.buildTransform(
        press, ImageCms.createProfile("sRGB"), "CMYK", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC, flags
    )
    real = np.asarray(ImageCms.applyTransform(chart, transform), float)
    model = np.abs(print_to_srgb(grid) - real).mean()
    naive = np.abs(np.asarray(chart.convert("RGB"), float) - real).mean()
    assert model < 10
    assert model < naive / 2
