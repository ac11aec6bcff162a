"""The pixels of an opened file, at the depth that it has, and what its decoder reported on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import imagecodecs
import numpy as np
import pillow_heif
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from imaging.containers import isobmff, png, tiff
from imaging.containers.jpeg_padding import without_padding
from imaging.damage import Damage, break_row
from imaging.formats import Kind

Deep = NDArray[np.uint16]
"""[H, W, C] uint16 over the full range 0..65535; C is 1 (grey), 3 (RGB) or 4 (RGB and alpha)."""

_JPEG_COLOURS: Final = {1: "GRAY", 3: "RGB", 4: "CMYK"}
_BITS_PER_SAMPLE, _PHOTOMETRIC, _SAMPLES, _EXTRA_SAMPLES = 258, 262, 277, 338
_TIFF_RGB, _UNASSOCIATED_ALPHA = 2, 2
_PNG_RGB, _PNG_RGBA = 2, 6


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Decoded pixels as stored, before colour conversion and turning.

    Attributes:
        image: the file as Pillow opened it; loaded, with CMYK as amounts of ink, unless ``pixels`` or ``deep``
            hold the picture.
        pixels: [H, W, C] uint8 of a JPEG; C is 1 (grey), 3 (RGB) or 4 (amounts of ink).
        deep: the picture where it has more than 8 bits and they can be had.
        damage: what the decoder complained about, though it made a picture.
        is_negative: whether white is at zero in ``image``.
    """

    image: Image.Image
    pixels: NDArray[np.uint8] | None = None
    deep: Deep | None = None
    damage: Damage | None = None
    is_negative: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what was decoded."""
        held = self.deep if self.deep is not None else self.pixels
        return self.image.size if held is None else (held.shape[1], held.shape[0])

    def as_image(self) -> Image.Image:
        """The picture at 8 bits, in Pillow's hands."""
        if self.pixels is None:
            return self.image
        held = self.pixels[..., 0] if self.pixels.shape[2] == 1 else self.pixels
        loaded = Image.fromarray(held, mode=self.image.mode)
        loaded.info = self.image.info
        return loaded


def load(data: bytes, kind: Kind, image: Image.Image, page: int = 0) -> Raster:
    """Decode the opened ``image`` of ``data``; ``page`` counts the directories of a TIFF.

    Raises:
        Exception: whatever the decoder raises on data that it cannot read.
    """
    if kind is Kind.JPEG:
        return _load_jpeg(data, image)
    deep = _deep(data, kind, image, page)
    if deep is None:
        image.load()
    damage = None
    if kind is Kind.PNG and (chunk := png.first_damaged_chunk(data)):
        damage = Damage(f"wrong checksum of the chunk {chunk}")
    if kind is Kind.TIFF:
        damage = _tiff_damage(data, page)
    return Raster(image, None, deep, damage)


def _load_jpeg(data: bytes, image: Image.Image) -> Raster:
    """Decoded strictly; where that fails, tolerantly by Pillow, with the complaint of the strict decoder."""
    colours = _JPEG_COLOURS[len(image.getbands())]
    try:
        pixels = _strictly_decoded(data, colours)
    except ValueError as error:
        image.load()
        return Raster(_with_ink(image), damage=Damage(str(error), break_row(np.asarray(image))))
    if pixels.shape[1::-1] != image.size:
        image.load()
        return Raster(_with_ink(image), damage=Damage("its headers announce two sizes"))
    if colours == "CMYK" and "adobe" in image.info:
        pixels = 255 - pixels
    return Raster(image, pixels)


def _strictly_decoded(data: bytes, colours: str) -> NDArray[np.uint8]:
    """The pixels of a JPEG in which at most padding and header fields are unusual.

    Raises:
        ValueError: the decoder complains of the picture data.
    """
    try:
        return np.asarray(simplejpeg.decode_jpeg(data, colours, strict=True))
    except ValueError:
        return np.asarray(simplejpeg.decode_jpeg(without_padding(data), colours, strict=True))


def _with_ink(image: Image.Image) -> Image.Image:
    """Amounts of ink: Pillow inverts every CMYK JPEG, which is right only where Adobe's marker stands."""
    if image.mode != "CMYK" or "adobe" in image.info:
        return image
    inverted = Image.fromarray(255 - np.asarray(image), mode="CMYK")
    inverted.info = image.info
    return inverted


def _tiff_damage(data: bytes, page: int) -> Damage | None:
    """The first complaint about strips that are JPEGs: libtiff passes over libjpeg's warnings."""
    for stream in tiff.jpeg_streams(data, page):
        try:
            _strictly_decoded(stream, "RGB")
        except ValueError as error:
            if "subsampling" not in str(error):  # an unusual sampling, not damage
                return Damage(str(error))
    return None


def _deep(data: bytes, kind: Kind, image: Image.Image, page: int) -> Deep | None:
    """The picture at its own depth; None where it has 8 bits or is read no better than by Pillow."""
    readers: dict[Kind, Callable[..., Deep | None]] = {
        Kind.PNG: _deep_png,
        Kind.TIFF: _deep_tiff,
        Kind.AVIF: _deep_avif,
        Kind.HEIC: _deep_heic,
    }
    reader = readers.get(kind)
    if reader is None:
        return None
    try:
        pixels = reader(data, image, page)
    except (ValueError, RuntimeError, OSError, TypeError, SyntaxError, IndexError):
        return None  # Pillow reads it or says what is wrong
    if pixels is None or pixels.shape[1::-1] != image.size:
        return None
    return pixels


def _deep_png(data: bytes, image: Image.Image, page: int) -> Deep | None:
    header = png.body_of(data, b"IHDR") or b""
    if len(header) < 13 or header[8] != 16 or header[9] not in (_PNG_RGB, _PNG_RGBA):
        return None
    if "transparency" in image.info:
        return None
    return _checked(imagecodecs.png_decode(data))


def _deep_tiff(data: bytes, image: Image.Image, page: int) -> Deep | None:
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    samples = tags.get(_SAMPLES, 1)
    extra = tags.get(_EXTRA_SAMPLES, ())
    extra = extra if isinstance(extra, tuple) else (extra,)
    if set(tags.get(_BITS_PER_SAMPLE, ())) != {16} or tags.get(_PHOTOMETRIC) != _TIFF_RGB:
        return None
    if samples != 3 and not (samples == 4 and extra == (_UNASSOCIATED_ALPHA,)):
        return None
    pixels = imagecodecs.tiff_decode(data, index=page)
    if pixels.ndim == 3 and pixels.shape[0] == samples and pixels.shape[2] != samples:
        pixels = np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    return _checked(pixels)


def _deep_avif(data: bytes, image: Image.Image, page: int) -> Deep | None:
    bits = isobmff.properties(data).bits
    if bits not in (10, 12):
        return None
    pixels = imagecodecs.avif_decode(data, index=0, numthreads=1)
    return None if pixels.dtype != np.uint16 else _checked(_full_range(pixels, bits))


def _deep_heic(data: bytes, image: Image.Image, page: int) -> Deep | None:
    if isobmff.properties(data).bits not in (10, 12):
        return None
    heif = pillow_heif.open_heif(data, convert_hdr_to_8bit=False)
    frame = heif[heif.primary_index]
    if not frame.mode.endswith(";16"):
        return None
    bits: Any = frame.info.get("bit_depth", 16)
    pixels = np.asarray(frame, np.uint16)
    return _checked(_full_range(pixels >> (16 - bits), bits) if bits < 16 else pixels)


def _checked(pixels: NDArray[Any]) -> Deep | None:
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    is_usable = pixels.dtype == np.uint16 and pixels.ndim == 3 and pixels.shape[2] in (1, 3, 4)
    return pixels if is_usable else None


def _full_range(pixels: NDArray[np.uint16], bits: int) -> NDArray[np.uint16]:
    """Values of ``bits`` stretched to 0..65535 by repeating the high bits."""
    return np.asarray((pixels << (16 - bits)) | (pixels >> (2 * bits - 16)), np.uint16)


def deep_grey(raster: Raster) -> Deep | None:
    """A loaded grey picture of 9 to 16 bits over the full range, black at zero; None for other modes."""
    image = raster.image
    if not image.mode.startswith("I;16") or "transparency" in image.info:
        return None
    values = np.asarray(image).astype(np.uint16)
    tags: Any = getattr(image, "tag_v2", {})
    bits = min(int(tags.get(_BITS_PER_SAMPLE, (16,))[0]), 16)
    if 8 <= bits < 16:
        values = _full_range(values, bits)
    if raster.is_negative:
        values = np.uint16(65535) - values
    return np.asarray(values[..., None], np.uint16)
