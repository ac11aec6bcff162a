"""One photo file of unknown origin, decoded to upright 8-bit sRGB, or refused with a reason."""

import io
import math
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image
from pillow_heif import HeifImageFile

from imaging.channels import split
from imaging.colour.convert import Converted, deep_to_srgb, is_srgb, to_srgb
from imaging.colour.tagging import ColourTag, colour_tag
from imaging.containers import isobmff, jpeg, tiff
from imaging.damage import grey_rows
from imaging.formats import Kind, extension_agrees, raw_refusal, sniff, unusual_coding
from imaging.limits import Limits
from imaging.metadata.read import read_metadata
from imaging.orientation import orientation_of, upright
from imaging.raster import Raster, deep_grey, load
from imaging.refusal import RefusedError
from line.facts import Facts
from line.picture import Rgb

_DEFAULT_LIMITS = Limits()
_BOXED = (Kind.HEIC, Kind.AVIF)
_STILL = (Kind.JPEG, Kind.HEIC)
"""Formats in which a further picture is a preview, a depth map or the other eye, and the first is the photo."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What a file shows.

    Attributes:
        rgb: [H, W, 3] uint8 sRGB, upright, C-contiguous.
        facts: the fields of :class:`line.facts.Facts` from ``width`` to ``synthetic``.
    """

    rgb: Rgb
    facts: Facts


def decode(
    name: str,
    data: bytes | bytearray,
    *,
    limits: Limits = _DEFAULT_LIMITS,
    background: str = "#ffffff",
    on_size: Callable[[int, int], None] | None = None,
) -> Decoded:
    """Decode ``data``; its true type counts, ``name`` is only compared with it.

    In this process: what comes from a vendor goes through :func:`imaging.codec.Codec.decode`.
    Transparent pixels are laid on ``background`` (#rrggbb, sRGB). ``on_size`` gets width and height once
    the header is known to be within ``limits``. Not for several threads at once: Python's warning filters
    belong to the process.

    Raises:
        RefusedError: whatever the bytes made a decoder do.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # broken metadata warns, and is no reason to refuse
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _decode(name, bytes(data), limits, background, on_size)
    except RefusedError:
        raise
    except MemoryError as error:
        raise _too_much_memory() from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise RefusedError("too_many_pixels", "The picture unpacks to far too many pixels.") from error
    except Exception as error:  # decoders of hostile bytes raise nearly anything
        if "truncated" in str(error).lower():
            raise _truncated() from error
        if "memory" in str(error).lower():
            raise _too_much_memory() from error
        raise RefusedError(
            "damaged", "The file is damaged and cannot be read; please export and upload it again."
        ) from error


def _truncated() -> RefusedError:
    return RefusedError("truncated", "The file ends before its picture does; please upload it again.")


def _too_much_memory() -> RefusedError:
    return RefusedError(
        "decoder_memory",
        "Decoding the picture takes more memory than one of its size may; please export it anew.",
    )


def _decode(
    name: str,
    data: bytes,
    limits: Limits,
    background: str,
    on_size: Callable[[int, int], None] | None,
) -> Decoded:
    limits.check_bytes(len(data))
    kind = sniff(data)
    frame = jpeg.frame_of(data) if kind is Kind.JPEG else None
    pages = _pages(data, kind, frame)
    agrees = extension_agrees(name, kind)
    readable = tiff.with_black_at_zero(data, pages[0]) if pages else data
    with _open(readable, kind) as image:
        if pages[:1] > [0]:
            image.seek(pages[0])
        limits.check_size(*image.size)
        frames = _frame_count(image, kind, pages)
        limits.check_frames(frames)
        facts: dict[str, Any] = {
            "format": kind.value,
            "extension": {True: "agrees", False: "differs", None: "absent"}[agrees],
            "bytes": len(data),
            "mode": image.mode,
            "frames": frames,
            "dpi": _dpi(image.info.get("dpi")),
            "orientation": orientation_of(image, kind),
        } | _metadata(data, kind, image)
        if kind in _BOXED and not isobmff.is_complete(data):
            raise _truncated()
        if on_size:
            on_size(*image.size)
        raster = load(data, kind, image, pages[0] if pages else 0)
        raster = replace(raster, is_negative=readable is not data)
        limits.check_size(*raster.size)  # a HEIF header may promise another size than is decoded
        rgb = _pixels(raster, colour_tag(data, kind, image), kind, background, facts)
    facts |= _soundness(data, frame, raster, facts)
    turned = kind is Kind.TIFF and raster.deep is None  # Pillow turns TIFF while loading it
    rgb = upright(rgb, 1 if turned else facts["orientation"])
    facts["height"], facts["width"] = rgb.shape[:2]
    return Decoded(rgb, Facts.from_json(facts))


def _pages(data: bytes, kind: Kind, frame: jpeg.Frame | None) -> list[int]:
    """Directories of a TIFF that are pictures; empty for other formats.

    Raises:
        RefusedError: ``camera_raw`` or ``unsupported_coding``: by its true name.
    """
    if frame is not None and (refusal := unusual_coding(frame)):
        raise refusal
    if kind is not Kind.TIFF:
        return []
    if raw := tiff.raw_name(data):
        raise raw_refusal(raw)
    return tiff.pages(data)


def _frame_count(image: Image.Image, kind: Kind, pages: list[int]) -> int:
    """1, or 2 for several."""
    if pages:
        return min(len(pages), 2)
    return 1 if kind in _STILL or not getattr(image, "is_animated", False) else 2


def _metadata(data: bytes, kind: Kind, image: Image.Image) -> dict[str, Any]:
    metadata = read_metadata(data, kind, image)
    return {
        "source_types": list(metadata.source_types),
        "aigc": metadata.aigc,
        "rights": metadata.rights.to_dict(),
        "c2pa": metadata.has_c2pa,
        "gain_map": metadata.gain_map,
    }


def _soundness(
    data: bytes, frame: jpeg.Frame | None, raster: Raster, facts: dict[str, Any]
) -> dict[str, Any]:
    """Facts about what is broken or missing, and whether the stream can be delivered as it is."""
    missing = bool(frame and frame.is_progressive and not jpeg.is_progression_complete(data, frame))
    is_sound = frame is not None and not missing and raster.damage is None and not facts.get("grey_rows")
    return {
        "damage": asdict(raster.damage) if raster.damage else None,
        "scans_missing": missing,
        "publishable_stream": bool(
            is_sound
            and frame
            and not frame.is_arithmetic
            and facts["orientation"] == 1
            and facts["icc"] in ("assumed", "srgb")
            and simplejpeg.decode_jpeg_header(data, strict=False)[2] == "YCbCr"
        ),
    }


def _open(data: bytes, kind: Kind) -> Image.Image:
    if kind is Kind.HEIC:  # the class itself: registering an opener would be global
        heif: Image.Image = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]
        return heif
    return Image.open(io.BytesIO(data), formats=[kind.value.upper()])


def _pixels(raster: Raster, tag: ColourTag, kind: Kind, background: str, facts: dict[str, Any]) -> Rgb:
    """[H, W, 3] uint8 sRGB as stored, before turning; adds what is seen on the way to ``facts``."""
    if raster.pixels is not None and raster.pixels.shape[2] == 3 and is_srgb(tag):
        facts["grey_rows"] = grey_rows(raster.pixels)
        facts["icc"], facts["alpha"], facts["transparent"] = "srgb" if tag.icc else "assumed", False, 0.0
        return raster.pixels
    deep = raster.deep if raster.deep is not None else deep_grey(raster)
    if deep is None:
        colour, alpha = split(raster.as_image())
        if kind is Kind.JPEG:
            facts["grey_rows"] = grey_rows(np.asarray(colour))
        converted = to_srgb(colour, tag)
    else:
        channels = 1 if deep.shape[2] == 1 else 3
        alpha = Image.fromarray((deep[..., 3] >> 8).astype(np.uint8)) if deep.shape[2] == 4 else None
        converted = deep_to_srgb(deep[..., :channels], tag)
    facts["icc"] = converted.how
    return _flattened(converted, alpha, kind, background, facts)


def _flattened(
    converted: Converted, alpha: Image.Image | None, kind: Kind, background: str, facts: dict[str, Any]
) -> Rgb:
    """The picture on its background."""
    facts["alpha"], facts["transparent"] = False, 0.0
    if alpha is None:
        return converted.rgb
    lowest, highest = alpha.getextrema()
    if highest == 0 and kind is Kind.BMP:  # an unused fourth byte, not transparency
        return converted.rgb
    if highest == 0:
        raise RefusedError("fully_transparent", "Every pixel of the picture is transparent.")
    if lowest == 255:
        return converted.rgb
    share = 1 - alpha.histogram()[255] / (alpha.width * alpha.height)
    facts["alpha"], facts["transparent"] = True, round(share, 4)
    ground = Image.new("RGB", alpha.size, background)
    return np.asarray(Image.composite(Image.fromarray(converted.rgb), ground, alpha))


def _dpi(value: Any) -> list[float] | None:
    try:
        x, y = (round(float(number), 2) for number in value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return [x, y] if all(math.isfinite(number) and 0 < number < 1e6 for number in (x, y)) else None
