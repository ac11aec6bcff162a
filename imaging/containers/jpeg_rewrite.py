"""A JPEG with its own compressed pixels and new metadata: nothing of the picture is encoded a second time."""

from typing import Final

from imaging.containers import jpeg
from imaging.containers.jpeg_padding import without_padding

_ADOBE: Final = 0xEE
_ICC_SIGNATURE: Final = b"ICC_PROFILE\0"
_XMP_SIGNATURE: Final = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF_SIGNATURE: Final = b"Exif\0\0"
_MAX_PAYLOAD: Final = 65_533
_DOTS_PER_INCH: Final = 1


def rewrite(
    data: bytes, *, dpi: int, icc: bytes, xmp: bytes | None = None, exif: bytes | None = None
) -> bytes:
    """``data`` with JFIF, Exif, XMP and ICC segments of ours and no other application data or comment.

    What decodes the pixels stays byte for byte: tables, frame, scans and Adobe's marker. Padding between segments and
    what follows the end of the image (a second picture, a gain map, hidden data) are left out.

    Raises:
        ValueError: there is no scan in it, or a segment would be too long.
    """
    data = without_padding(data, within_scans=False)
    head = [_app(0, b"JFIF\0\1\2" + bytes([_DOTS_PER_INCH]) + dpi.to_bytes(2, "big") * 2 + b"\0\0")]
    if exif:
        head.append(_app(1, exif if exif.startswith(_EXIF_SIGNATURE) else _EXIF_SIGNATURE + exif))
    if xmp:
        head.append(_app(1, _XMP_SIGNATURE + xmp))
    head.append(_app(2, _ICC_SIGNATURE + b"\1\1" + icc))
    body: list[bytes] = []
    has_scan = False
    for segment in jpeg.segments(data):
        if segment.marker == jpeg.SOI or _is_metadata(segment.marker):
            continue
        body.append(data[segment.start : segment.end])
        has_scan = has_scan or segment.marker == jpeg.SOS
    if not has_scan:
        raise ValueError("the JPEG has no scan")
    return b"\xff\xd8" + b"".join(head + body)


def _is_metadata(marker: int) -> bool:
    return (jpeg.APP0 <= marker <= jpeg.APP0 + 15 and marker != _ADOBE) or marker == jpeg.COM


def _app(number: int, payload: bytes) -> bytes:
    if len(payload) > _MAX_PAYLOAD:
        raise ValueError(f"a segment of {len(payload)} bytes")
    return bytes([0xFF, jpeg.APP0 + number]) + (len(payload) + 2).to_bytes(2, "big") + payload
