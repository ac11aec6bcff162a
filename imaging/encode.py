"""The file that is shipped: sRGB and says so, no metadata but the marks that are due, the same bytes each time."""

import io
from enum import StrEnum
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from imaging.metadata.marks import Marks
from line.picture import Rgb

_PROFILE_DATE: Final = slice(24, 36)  # of an ICC header (ICC.1:2022, 7.2)
_AVIF_SPEED: Final = 6
_NO_MARKS: Final = Marks()


class Format(StrEnum):
    """What can be shipped; the value is also the file's extension, except for jpeg's shorter one."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"

    @property
    def media_type(self) -> str:
        return f"image/{self.value}"

    @property
    def extension(self) -> str:
        return ".jpg" if self is Format.JPEG else f".{self.value}"


def encode(rgb: Rgb, form: Format, *, quality: int, dpi: int, marks: Marks = _NO_MARKS) -> bytes:
    """``rgb`` [H, W, 3] uint8 sRGB as a file that bears ``marks``.

    JPEG is baseline, 4:4:4 (thin red print on white is what half colour resolution ruins) and
    optimised. ``quality`` is 1..100, unused for PNG.
    """
    options: dict[str, Any] = {"icc_profile": srgb_profile()}
    if form is Format.JPEG:
        options |= {"quality": quality, "subsampling": "4:4:4", "optimize": True, "dpi": (dpi, dpi)}
    elif form is Format.WEBP:
        options |= {"quality": quality, "method": 4}
    elif form is Format.AVIF:
        options |= {"quality": quality, "subsampling": "4:4:4", "speed": _AVIF_SPEED, "max_threads": 1}
    else:
        options |= {"compress_level": 6, "dpi": (dpi, dpi)}
    if exif := marks.exif():
        options["exif"] = exif
    if xmp := marks.xmp():
        if form is Format.PNG:
            chunks = PngImagePlugin.PngInfo()
            chunks.add_itxt("XML:com.adobe.xmp", xmp.decode())
            options["pnginfo"] = chunks
        else:
            options["xmp"] = xmp
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, form.value.upper(), **options)
    return out.getvalue()


def decode(data: bytes) -> Rgb:
    """What a viewer sees of bytes made by :func:`encode`, [H, W, 3] uint8."""
    if data.startswith(b"\xff\xd8"):  # the same pixels as Pillow's, in two thirds of the time
        return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


@cache
def srgb_profile() -> bytes:
    """A small sRGB profile (ICC version 4), the same bytes every day: lcms writes today's date into it."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    year, month, day = (2024).to_bytes(2, "big"), b"\0\1", b"\0\1"
    profile[_PROFILE_DATE] = year + month + day + bytes(6)
    return bytes(profile)
