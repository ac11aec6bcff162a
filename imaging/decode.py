"""One photo file of unknown origin, decoded to upright 8-bit sRGB, or refused with a reason."""

import io
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from pillow_heif import HeifImageFile

from imaging.channels import split
from imaging.colour import to_srgb
from imaging.formats import Kind, extension_agrees, kind_of
from imaging.limits import Limits
from imaging.orientation import orientation_of, upright
from imaging.refusal import RefusedError
from imaging.truncation import boxes_complete, grey_rows
from line.picture import Facts, Rgb

_DEFAULT_LIMITS = Limits()
_BOXED = (Kind.HEIC, Kind.AVIF)
_STILL = (Kind.JPEG, Kind.HEIC)
"""Where a further picture is a preview, a depth map or the other eye, and the first is the photo."""
_SYNTHETIC = (b"compositeWithTrainedAlgorithmicMedia", b"trainedAlgorithmicMedia")
"""IPTC digital source types that say a picture was made by a model; shops must keep them."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What a file showed.

    Attributes:
        rgb: [H, W, 3] uint8 sRGB, upright, C-contiguous.
        facts: JSON values: ``width``, ``height`` (upright), ``format``, ``extension`` (``agrees``,
            ``differs``, ``absent``), ``bytes``, ``mode``, ``frames`` (1, or 2 for several), ``dpi``
            ([x, y] or null), ``orientation`` (1..8), ``icc`` (see ``colour.Converted``), ``alpha``
            (had transparent pixels), ``transparent`` (their share), ``grey_rows`` (of a JPEG,
            see ``complete.grey_rows``), ``synthetic`` (IPTC source type or null).
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

    In this process: what comes from a vendor goes through :func:`imaging.sandbox.photo_client.decode_apart`.
    Transparent pixels are laid on ``background`` (#rrggbb, sRGB). Metadata does not come along.
    ``on_size`` is told width and height once the header is known to be within ``limits``.
    Not for several threads at once: Python's warning filters belong to the process.

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
    kind = kind_of(data)
    agrees = extension_agrees(name, kind)
    with _open(data, kind) as image:
        limits.check_size(*image.size)
        frames = 1 if kind in _STILL or not getattr(image, "is_animated", False) else 2
        limits.check_frames(frames)
        orientation = orientation_of(image, kind)
        facts: dict[str, Any] = {
            "format": kind.value,
            "extension": {True: "agrees", False: "differs", None: "absent"}[agrees],
            "bytes": len(data),
            "mode": image.mode,
            "frames": frames,
            "dpi": _dpi(image.info.get("dpi")),
            "orientation": orientation,
            "synthetic": next((mark.decode() for mark in _SYNTHETIC if mark in data), None),
        }
        if kind in _BOXED and not boxes_complete(data):
            raise _truncated()
        if on_size:
            on_size(*image.size)
        image.load()
        limits.check_size(*image.size)  # a HEIF header may promise another size than is decoded
        rgb = _pixels(image, kind, background, facts)
    rgb = upright(rgb, 1 if kind is Kind.TIFF else orientation)  # Pillow turns TIFF while loading it
    facts["height"], facts["width"] = rgb.shape[:2]
    return Decoded(rgb, facts)


def _open(data: bytes, kind: Kind) -> Image.Image:
    if kind is Kind.HEIC:  # the class itself: registering an opener would be global
        heif: Image.Image = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]
        return heif
    return Image.open(io.BytesIO(data), formats=[kind.value.upper()])


def _pixels(image: Image.Image, kind: Kind, background: str, facts: dict[str, Any]) -> Rgb:
    """[H, W, 3] uint8 sRGB as stored, before turning; adds what is seen on the way to ``facts``."""
    if image.mode == "CMYK" and kind is Kind.JPEG and "adobe" not in image.info:
        # Pillow inverts every CMYK JPEG as Adobe writes them; without its marker nothing is inverted
        image = _inverted(image)
    icc = image.info.get("icc_profile")
    gamma = image.info.get("gamma") if kind is Kind.PNG and "srgb" not in image.info else None
    colour, alpha = split(image)
    if kind is Kind.JPEG:
        facts["grey_rows"] = grey_rows(colour)
    colour, facts["icc"] = to_srgb(colour, icc, gamma)
    facts["alpha"], facts["transparent"] = False, 0.0
    if alpha is not None:
        lowest, highest = alpha.getextrema()
        if highest == 0 and kind is Kind.BMP:  # an unused fourth byte, not transparency
            return np.asarray(colour)
        if highest == 0:
            raise RefusedError("fully_transparent", "Every pixel of the picture is transparent.")
        if lowest != 255:
            share = 1 - alpha.histogram()[255] / (alpha.width * alpha.height)
            facts["alpha"], facts["transparent"] = True, round(share, 4)
            colour = Image.composite(colour, Image.new("RGB", colour.size, background), alpha)
    return np.asarray(colour)


def _inverted(image: Image.Image) -> Image.Image:
    inverted = Image.fromarray(255 - np.asarray(image), mode="CMYK")
    inverted.info = image.info
    return inverted


def _dpi(found: Any) -> list[float] | None:
    try:
        x, y = (round(float(value), 2) for value in found)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return [x, y] if all(math.isfinite(value) and 0 < value < 1e6 for value in (x, y)) else None
