"""The format of a file by its first bytes; the name is only compared with it."""

from enum import StrEnum
from pathlib import PurePosixPath

from imaging.containers.jpeg import Frame
from imaging.refusal import RefusedError

_JPEG_PRECISION = 8
"""Bits per sample."""


class Kind(StrEnum):
    """The accepted formats. Each has a well-maintained decoder; any other would only add attack surface."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    TIFF = "tiff"
    BMP = "bmp"
    GIF = "gif"
    HEIC = "heic"
    AVIF = "avif"


EXTENSIONS = {
    Kind.JPEG: {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"},
    Kind.PNG: {".png", ".apng"},
    Kind.WEBP: {".webp"},
    Kind.TIFF: {".tif", ".tiff"},
    Kind.BMP: {".bmp", ".dib"},
    Kind.GIF: {".gif"},
    Kind.HEIC: {".heic", ".heif", ".hif"},
    Kind.AVIF: {".avif"},
}

_PREFIXES = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"II*\0", Kind.TIFF),
    (b"MM\0*", Kind.TIFF),
    (b"II+\0\x08\0\0\0", Kind.TIFF),  # BigTIFF
    (b"MM\0+\0\x08\0\0", Kind.TIFF),
)
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}  # sizes of the info header that exist

# Files that vendors send by mistake; the refusal names them.
_FOREIGN = (
    (b"FUJIFILMCCD-RAW", "a camera raw (RAF)"),
    (b"IIU\0", "a camera raw (RW2)"),
    (b"IIRO", "a camera raw (ORF)"),
    (b"IIRS", "a camera raw (ORF)"),
    (b"MMOR", "a camera raw (ORF)"),
    (b"FOVb", "a camera raw (X3F)"),
    (b"II\x1a\0\0\0HEAPCCDR", "a camera raw (CRW)"),
    (b"\0MRM", "a camera raw (MRW)"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "an EPS document"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 file"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 file"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL file"),
    (b"\xff\x0a", "a JPEG XL file"),
    (b"\0\0\x01\0", "an icon file"),
    (b"\0\0\x02\0", "a cursor or Targa file"),
    (b"DDS ", "a texture file"),
    (b"RIFF", "a sound or video file"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)


def sniff(data: bytes) -> Kind:
    """The format of ``data`` by its signature.

    Raises:
        RefusedError: ``empty``, ``not_an_image`` or ``unsupported_type``.
    """
    if not data:
        raise RefusedError("empty", "The file is empty (0 bytes); please upload it again.")
    for prefix, kind in _PREFIXES:
        if data.startswith(prefix):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Kind.WEBP
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return Kind.BMP
    if data[4:8] == b"ftyp":
        # an AVIF may name the general brand "mif1" first, so look through all of them
        length = min(int.from_bytes(data[:4], "big"), 256)
        brands = {data[at : at + 4] for at in range(8, length, 4) if at != 12}  # 12 is the version
        if brands & _AVIF_BRANDS:
            return Kind.AVIF
        if brands & _HEIC_BRANDS:
            return Kind.HEIC
        if data[8:12] == b"crx ":
            raise raw_refusal("CR3")
        raise RefusedError("unsupported_type", _taken("a video or another media file"))
    raise _foreign(data)


def extension_agrees(name: str, kind: Kind) -> bool | None:
    """Whether the name's extension claims ``kind``; None where there is no extension."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix in EXTENSIONS[kind] if suffix else None


def unusual_coding(frame: Frame) -> RefusedError | None:
    """Why a JPEG of this coding is not taken, by its true name; None where it is taken."""
    if frame.coding:
        return RefusedError("unsupported_coding", _taken(f"a {frame.coding}", "baseline or progressive JPEG"))
    if frame.precision != _JPEG_PRECISION:
        what = f"a JPEG with {frame.precision} bits per sample"
        return RefusedError("unsupported_coding", _taken(what, "8 bits per sample"))
    return None


def raw_refusal(name: str) -> RefusedError:
    """The refusal of a camera raw, by its name."""
    what = "a camera raw" if name == "camera raw" else f"a camera raw ({name})"
    return RefusedError(
        "camera_raw", f"The file is {what}; please develop it and send JPEG, PNG, TIFF or HEIC."
    )


def _foreign(data: bytes) -> RefusedError:
    for prefix, what in _FOREIGN:
        if data.startswith(prefix):
            if what.startswith("a camera raw"):
                return raw_refusal(what.removeprefix("a camera raw (").rstrip(")"))
            return RefusedError("unsupported_type", _taken(what))
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start:
        return RefusedError("unsupported_type", _taken("an SVG drawing"))
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return RefusedError(
            "not_an_image", "The file is a web page, not a picture: probably a download that failed."
        )
    if not data.strip(b"\0"):
        return RefusedError("not_an_image", "The file holds nothing but zeros; please upload it again.")
    return RefusedError("not_an_image", _taken("not a picture of a known format"))


def _taken(what: str, wanted: str = "JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC or AVIF") -> str:
    return f"The file is {what}; please send {wanted}."
