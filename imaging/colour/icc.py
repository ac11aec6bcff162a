"""8-bit colour to sRGB: ICC profiles, CMYK, Lab."""

import io
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from PIL import Image, ImageCms

from imaging.colour.cmyk import print_to_srgb

_SPACES: Final = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}
"""The colour space that a profile must describe to fit a Pillow mode."""
_MAX_PROFILE_BYTES = 4_000_000
"""Twice the size of the largest press profiles."""
_MAX_SRGB_DIFFERENCE = 2
"""Maximum levels by which an sRGB profile may move any colour."""


class Converted(NamedTuple):
    """A picture in sRGB (mode RGB) and how it got there.

    ``how``: ``assumed`` (no profile: taken as sRGB), ``srgb`` (a profile that is sRGB), ``converted``,
    ``invalid`` or ``mismatch`` (a broken profile, or one of another colour space: ignored), ``press``
    (CMYK without a usable profile: coated offset print).
    """

    image: Image.Image
    how: str


def to_srgb(image: Image.Image, icc: bytes | None) -> Converted:
    """``image`` (mode RGB, L, CMYK or LAB, 8 bit) as mode RGB in sRGB.

    Profiles are followed with relative colorimetric intent and black point compensation, as browsers
    and design programs do.
    """
    state = usability(icc, image.mode) if icc and image.mode != "LAB" else "assumed"
    if icc and state == "converted":
        transform = _transform(icc, image.mode)
        if transform is not None and image.mode == "L":
            return Converted(image.convert("RGB").point(_grey_table(transform)), state)
        if transform is not None:
            return Converted(_apply(transform, image), state)
    if image.mode == "CMYK":
        return Converted(
            Image.fromarray(print_to_srgb(np.asarray(image))), "press" if state == "assumed" else state
        )
    if image.mode == "LAB":
        return Converted(_apply(_from_lab(), image), "converted")
    return Converted(image if image.mode == "RGB" else image.convert("RGB"), state)


def usability(icc: bytes, mode: str) -> str:
    """How a profile serves a picture of a Pillow mode: ``converted``, ``srgb``, ``mismatch`` or ``invalid``."""
    try:
        if _space(icc) != _SPACES[mode]:
            return "mismatch"
        return "srgb" if _transform(icc, mode) is None else "converted"
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, OverflowError):
        return "invalid"


def _space(icc: bytes) -> str:
    if len(icc) > _MAX_PROFILE_BYTES:
        raise ValueError(f"a profile of {len(icc)} bytes")
    return ImageCms.ImageCmsProfile(io.BytesIO(icc)).profile.xcolor_space.strip()


@lru_cache(maxsize=8)  # one vendor's photos share a profile, and a press profile takes 20 ms to prepare
def _transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform from ``icc`` to sRGB; None where the profile is sRGB."""
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(icc)),
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        # a grey profile is evaluated at 256 levels only, so exactly: lcms's usual grid is 10 levels off for linear grey
        ImageCms.Flags.BLACKPOINTCOMPENSATION
        | (ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.HIGHRESPRECALC),
    )
    if mode != "RGB":
        return transform
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    converted = np.asarray(_apply(transform, Image.fromarray(grid)), np.int16)
    return None if np.abs(converted - grid).max() <= _MAX_SRGB_DIFFERENCE else transform


@lru_cache(maxsize=1)
def _from_lab() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        ImageCms.createProfile("LAB"),
        ImageCms.createProfile("sRGB"),
        "LAB",
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )


def _apply(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:  # only calls in place return None
        raise ImageCms.PyCMSError("the transform returned no picture")
    return converted


def _grey_table(transform: ImageCms.ImageCmsTransform) -> list[int]:
    """sRGB of each of 256 greys, channel after channel."""
    levels = _apply(transform, Image.frombytes("L", (256, 1), bytes(range(256))))
    return [int(level) for level in np.asarray(levels)[0].T.ravel()]
