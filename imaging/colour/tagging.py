"""What a file says of its colours, in the order of precedence that its format gives."""

import struct
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from imaging.colour.encoding import ADOBE_RGB, Encoding, from_cicp, from_png
from imaging.containers import isobmff, png
from imaging.formats import Kind

_EXIF_IFD, _INTEROP_IFD = 0x8769, 0xA005
_COLOUR_SPACE, _INTEROP_INDEX = 0xA001, 0x0001
_UNCALIBRATED, _ADOBE_RGB_VALUE = 65535, 2
_ICC_TAG_COUNT_AT: Final = 128
_MAX_ICC_TAGS: Final = 100


@dataclass(frozen=True, slots=True)
class ColourTag:
    """One statement about colour.

    Attributes:
        icc: an ICC profile, or None.
        encoding: primaries and transfer, where they are stated otherwise.
        name: where it was found: ``icc``, ``cicp``, ``nclx``, ``chrm``, ``gamma``, ``dcf``; ``none``.
    """

    icc: bytes | None = None
    encoding: Encoding | None = None
    name: str = "none"


def colour_tag(data: bytes, kind: Kind, image: Image.Image) -> ColourTag:
    """The statement that counts; broken ones are passed over."""
    icc = image.info.get("icc_profile")
    if kind is Kind.PNG:
        return _of_png(data, image, icc)
    if icc:
        encoding = _cicp_in(icc)
        return ColourTag(encoding=encoding, name="cicp") if encoding else ColourTag(icc=icc, name="icc")
    if kind in (Kind.AVIF, Kind.HEIC):
        code_points = isobmff.properties(data).cicp
        return _tagged(from_cicp(*code_points) if code_points else None, "nclx")
    if kind is Kind.JPEG and _is_dcf_adobe_rgb(image):
        return ColourTag(encoding=ADOBE_RGB, name="dcf")
    return ColourTag()


def _of_png(data: bytes, image: Image.Image, icc: bytes | None) -> ColourTag:
    """Third edition, 4.3: cICP before iCCP before sRGB before cHRM and gAMA."""
    code_points = png.body_of(data, b"cICP")
    if code_points and len(code_points) == 4 and (encoding := from_cicp(code_points[0], code_points[1])):
        return _tagged(encoding, "cicp")
    if icc:
        return ColourTag(icc=icc, name="icc")
    if "srgb" in image.info:
        return ColourTag()
    chromaticity = image.info.get("chromaticity")
    encoding = from_png(chromaticity, image.info.get("gamma"))
    return _tagged(encoding, "chrm" if chromaticity else "gamma")


def _tagged(encoding: Encoding | None, name: str) -> ColourTag:
    return ColourTag(encoding=encoding, name=name) if encoding and not encoding.is_srgb else ColourTag()


def _cicp_in(icc: bytes) -> Encoding | None:
    """PQ or HLG of a profile's ``cicp`` tag (ICC.1:2022, 9.2.17); such a profile is only a sketch of the curve."""
    if len(icc) < _ICC_TAG_COUNT_AT + 4:
        return None
    (count,) = struct.unpack_from(">I", icc, _ICC_TAG_COUNT_AT)
    for at in range(_ICC_TAG_COUNT_AT + 4, _ICC_TAG_COUNT_AT + 4 + 12 * min(count, _MAX_ICC_TAGS), 12):
        if icc[at : at + 4] == b"cicp" and at + 12 <= len(icc):
            (offset,) = struct.unpack_from(">I", icc, at + 4)
            body = icc[offset + 8 : offset + 12]
            encoding = from_cicp(body[0], body[1]) if len(body) == 4 else None
            return encoding if encoding and encoding.is_hdr else None
    return None


def _is_dcf_adobe_rgb(image: Image.Image) -> bool:
    """The DCF option file for Adobe RGB: interoperability R03, or the value that some cameras write."""
    try:
        exif = Image.Exif()
        exif.load(image.info.get("exif") or b"")
        space: Any = exif.get_ifd(_EXIF_IFD).get(_COLOUR_SPACE)
        index: Any = exif.get_ifd(_INTEROP_IFD).get(_INTEROP_INDEX, "")
    except Exception:  # broken metadata is no reason to lose the picture
        return False
    if isinstance(index, bytes):
        index = index.decode("latin-1")
    is_r03 = str(index).strip("\0 ") == "R03"
    return bool(space == _ADOBE_RGB_VALUE or (space == _UNCALIBRATED and is_r03))
