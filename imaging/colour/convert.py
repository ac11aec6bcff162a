"""One picture of any depth and colour to 8-bit sRGB."""

from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.colour import encoding, icc
from imaging.colour.tagging import ColourTag
from line.picture import Rgb

_RELATIVE, _BLACK_POINT_COMPENSATION = 1, 0x2000
_STRIPE_PIXELS: Final = 1 << 19
_Levels = TypeVar("_Levels", bound=np.unsignedinteger)


class Converted(NamedTuple):
    """[H, W, 3] uint8 sRGB, and how it came about: see :func:`imaging.colour.icc.to_srgb`, or the tag's name."""

    rgb: Rgb
    how: str


def is_srgb(tag: ColourTag) -> bool:
    """Whether an RGB picture with this statement needs no conversion."""
    return tag.encoding is None and (tag.icc is None or icc.usability(tag.icc, "RGB") == "srgb")


def to_srgb(image: Image.Image, tag: ColourTag) -> Converted:
    """An 8-bit picture (mode RGB, L, CMYK or LAB) in sRGB."""
    if tag.encoding is not None and image.mode in ("RGB", "L"):
        pixels = np.asarray(image.convert("RGB"))
        return Converted(encoding.to_srgb(pixels, tag.encoding), _name(tag))
    converted = icc.to_srgb(image, tag.icc)
    return Converted(np.asarray(converted.image), converted.how)


def deep_to_srgb(pixels: NDArray[np.uint16], tag: ColourTag) -> Converted:
    """[H, W, 1 or 3] uint16, converted before it is cut to 8 bits."""
    if tag.encoding is not None:
        return Converted(encoding.to_srgb(_as_rgb(pixels), tag.encoding), _name(tag))
    if tag.icc is not None:
        state = icc.usability(tag.icc, "L" if pixels.shape[2] == 1 else "RGB")
        if state == "converted":
            return Converted(_through_profile(pixels, tag.icc), state)
        return Converted(_as_rgb(_to_8_bit(pixels)), state)
    return Converted(_as_rgb(_to_8_bit(pixels)), "assumed")


def _name(tag: ColourTag) -> str:
    return tag.encoding.transfer if tag.encoding and tag.encoding.is_hdr else tag.name


def _through_profile(pixels: NDArray[np.uint16], profile: bytes) -> Rgb:
    if pixels.shape[2] == 1:
        return np.asarray(_grey_table(profile)[pixels[..., 0]])
    height, width = pixels.shape[:2]
    rgb = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIPE_PIXELS // max(width, 1))
    for top in range(0, height, rows):
        stripe = np.ascontiguousarray(pixels[top : top + rows])
        rgb[top : top + rows] = _to_8_bit(_cms(stripe, profile, "rgb"))
    return rgb


@lru_cache(maxsize=4)
def _grey_table(profile: bytes) -> NDArray[np.uint8]:
    """[65536, 3] uint8: what each grey becomes."""
    ramp = np.arange(1 << 16, dtype=np.uint16)[None, :, None]
    return np.asarray(_to_8_bit(_cms(ramp, profile, "gray"))[0])


def _cms(pixels: NDArray[np.uint16], profile: bytes, space: str) -> NDArray[np.uint16]:
    return np.asarray(
        imagecodecs.cms_transform(
            pixels,
            profile,
            _srgb_profile(),
            colorspace=space,
            outcolorspace="rgb",
            outdtype=np.uint16,
            intent=_RELATIVE,
            flags=_BLACK_POINT_COMPENSATION,
        )
    )


@lru_cache(maxsize=1)
def _srgb_profile() -> bytes:
    return bytes(imagecodecs.cms_profile("srgb"))


def _to_8_bit(pixels: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Rounded, not cut: 65535 is 255 times 257."""
    return np.asarray((pixels.astype(np.uint32) + 128) // 257, np.uint8)


def _as_rgb(pixels: NDArray[_Levels]) -> NDArray[_Levels]:
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
