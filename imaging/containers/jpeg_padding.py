"""Oddities of JPEG files that make decoders warn though no picture data is missing."""

from typing import Final

from imaging.containers.jpeg import APP0, COM, EOI, SOI, SOS, Segment, segments

_ADOBE: Final = APP0 + 14
_SEQUENTIAL: Final = frozenset({0xC0, 0xC1})
_EOI_MARKER: Final = bytes([0xFF, EOI])
_WHOLE_SPECTRUM: Final = bytes([0, 63, 0])
_JFIF: Final = b"JFIF\0"
_JFIF_REVISION: Final = b"\1\2"
_MIN_PADDING_BYTES: Final = 2
"""Minimum run of zeros that is padding: entropy-coded data may end in one zero byte."""


def without_padding(data: bytes, *, within_scans: bool = True) -> bytes:
    """What decodes the pixels of a JPEG: without padding and metadata, with an end marker.

    Zeros and 0xFF fill bytes count as padding, between segments and at the end of a scan. After metadata whatever is
    no segment is left out too. Other surplus bytes stay, because they are lost parts of a table, or picture data
    where bytes were inserted before them. A scan that was cut short stays short. So a decoder that still complains
    about the result complains about lost data.

    Corrected fields: the revision of JFIF, and the spectral selection of sequential scans (T.81, B.2.3).

    Args:
        within_scans: whether zeros at the end of a scan are left out. They may be picture data: of flat areas, and of
            the refinement scans of a progressive JPEG.
    """
    parts, end = [], 0
    is_sequential, is_ended, is_after_metadata = False, False, True
    for segment in segments(data):
        gap = data[end : segment.start]
        if not is_after_metadata and gap.strip(b"\0\xff"):
            parts.append(gap)
        is_sequential = is_sequential or segment.marker in _SEQUENTIAL
        is_ended = segment.marker == EOI
        is_after_metadata = segment.marker == SOI or _is_metadata(segment)
        if not _is_dispensable(segment):
            parts.append(_corrected(data[segment.start : segment.end], segment, is_sequential, within_scans))
        end = segment.end
    return b"".join(parts) + (b"" if is_ended else _EOI_MARKER)


def _is_metadata(segment: Segment) -> bool:
    return APP0 <= segment.marker <= APP0 + 15 or segment.marker == COM


def _is_dispensable(segment: Segment) -> bool:
    """Whether it is metadata that does not say how colours are stored."""
    return _is_metadata(segment) and segment.marker not in (APP0, _ADOBE)


def _corrected(raw: bytes, segment: Segment, is_sequential: bool, within_scans: bool) -> bytes:
    if segment.marker == APP0 and segment.payload.startswith(_JFIF):
        at = 4 + len(_JFIF)
        return raw[:at] + _JFIF_REVISION + raw[at + 2 :]
    if segment.marker != SOS:
        return raw
    header, scan = raw[: 4 + len(segment.payload)], raw[4 + len(segment.payload) :]
    if is_sequential:
        header = header[:-3] + _WHOLE_SPECTRUM
    return header + (_without_tail(scan) if within_scans else scan)


def _without_tail(scan: bytes) -> bytes:
    """Entropy-coded data without the padding after it; a stuffed zero after 0xFF stays."""
    scan = scan.rstrip(b"\xff")
    stripped = scan.rstrip(b"\0")
    if len(scan) - len(stripped) < _MIN_PADDING_BYTES:
        return scan
    return stripped + b"\0" if stripped.endswith(b"\xff") else stripped
