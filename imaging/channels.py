"""Any mode that Pillow decodes to, as 8-bit channels and a separate alpha."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.refusal import RefusedError

_BITS_PER_SAMPLE = 258  # TIFF tag


class Channels(NamedTuple):
    """Colour in mode RGB, L, CMYK or LAB, 8 bit, not yet sRGB; alpha in mode L, or None."""

    colour: Image.Image
    alpha: Image.Image | None


def split(image: Image.Image) -> Channels:
    """Channels of a loaded ``image``.

    Raises:
        RefusedError: ``unsupported_mode`` or ``unknown_range``.
    """
    mode = image.mode
    if mode in ("CMYK", "LAB") or (mode in ("RGB", "L") and "transparency" not in image.info):
        return Channels(image, None)  # a conversion would copy up to 250 MB
    if mode in ("I", "F") or mode.startswith("I;16"):
        return _deep(image)
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        grey = mode in ("LA", "La", "L", "1")
        whole = image.convert("LA" if mode == "La" else "RGBA")  # "La" and "RGBa" are premultiplied
        return Channels(whole.convert("L" if grey else "RGB"), whole.getchannel("A"))
    if mode == "1":
        return Channels(image.convert("L"), None)
    if mode in ("P", "RGBX", "YCbCr", "HSV"):
        if mode == "P" and image.has_transparency_data:  # a palette that carries alpha itself
            whole = image.convert("RGBA")
            return Channels(whole.convert("RGB"), whole.getchannel("A"))
        return Channels(image.convert("RGB"), None)
    raise RefusedError("unsupported_mode", f"Pictures of colour mode {mode} are not taken; please send RGB.")


def _deep(image: Image.Image) -> Channels:
    """Grey of more than 8 bits; the level of white is not always stated in the file."""
    values = np.asarray(image)
    if values.dtype.byteorder == ">":
        values = values.astype(values.dtype.newbyteorder("="))
    grey = Image.fromarray(_to_8_bit(values, _white(image, values)))
    key = image.info.get("transparency")
    if isinstance(key, int):
        return Channels(grey, Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    return Channels(grey, None)


def _white(image: Image.Image, values: NDArray[np.generic]) -> float:
    """The value of white.

    Raises:
        RefusedError: ``unknown_range``: the file does not state it and the values do not show it.
    """
    bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))[0]
    if image.mode.startswith("I;16"):
        return float(2 ** min(int(bits), 16) - 1)
    if not np.isfinite(values).all():
        raise RefusedError("unknown_range", "The picture holds values that are no numbers; send 8 bit.")
    low, high = float(values.min()), float(values.max())
    whites = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    if low >= 0:
        for white in whites:
            if high <= white:
                return white
    raise RefusedError(
        "unknown_range",
        f"The picture's values run from {low:g} to {high:g}, so its white is not known; send 8 bit.",
    )


def _to_8_bit(values: NDArray[np.generic], white: float) -> NDArray[np.uint8]:
    scaled = values.astype(np.float32) * np.float32(255.0 / white)
    return np.asarray(np.rint(np.clip(scaled, 0, 255)), np.uint8)
