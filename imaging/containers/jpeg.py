"""The segments of a JPEG file (ITU-T T.81, annex B): its frame, its scans and its application data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SOI: Final = 0xD8
EOI: Final = 0xD9
SOS: Final = 0xDA
COM: Final = 0xFE
APP0: Final = 0xE0
_SOF: Final = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_ARITHMETIC: Final = frozenset(range(0xC9, 0xD0)) - {0xCC}
_LOSSLESS: Final = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_HIERARCHICAL: Final = frozenset({0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF})
_JPEG_LS: Final = 0xF7
_NEXT_MARKER: Final = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
"""A marker after entropy-coded data: neither a stuffed byte nor a restart marker."""
_COEFFICIENTS: Final = 64


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment.

    Attributes:
        marker: second byte of the marker code, such as 0xE1 for APP1.
        start, end: offsets of the 0xFF and of the first byte after the segment. A scan ends with its
            entropy-coded data.
        payload: the bytes after the two length bytes; of a scan, its header.
    """

    marker: int
    start: int
    end: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """What the frame header (SOF) says.

    Attributes:
        marker: which SOF; it names the coding.
        precision: bits per sample.
        components: identifiers of the colour components.
    """

    marker: int
    precision: int
    width: int
    height: int
    components: tuple[int, ...]

    @property
    def is_progressive(self) -> bool:
        return self.marker in _PROGRESSIVE

    @property
    def is_arithmetic(self) -> bool:
        return self.marker in _ARITHMETIC

    @property
    def coding(self) -> str | None:
        """The name of a coding that the line does not decode; None where it does."""
        if self.marker == _JPEG_LS:
            return "JPEG-LS"
        if self.marker in _HIERARCHICAL:
            return "hierarchical JPEG"
        if self.marker in _LOSSLESS:
            return "lossless JPEG (process 14)"
        return None


def segments(data: bytes, *, head: bool = False) -> Iterator[Segment]:
    """The segments of a JPEG, from SOI to EOI (with ``head`` to the first scan) or to where the structure ends.

    Bytes between segments are passed over, as decoders do. Never raises.
    """
    at = 0
    while (match := _NEXT_MARKER.search(data, at)) is not None:
        start, marker = match.end() - 2, data[match.end() - 1]
        at = match.end()
        if marker in (SOI, EOI, 0x01):
            yield Segment(marker, start, at, b"")
            if marker == EOI:
                return
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2 or at + length > len(data):
            return
        payload = data[at + 2 : at + length]
        at += length
        if marker == SOS:
            if head:
                return
            following = _NEXT_MARKER.search(data, at)
            at = following.start() if following else len(data)
        yield Segment(marker, start, at, payload)


def frame_of(data: bytes) -> Frame | None:
    """The first frame header; None where there is none."""
    for segment in segments(data, head=True):
        if segment.marker in _SOF and len(segment.payload) >= 6:
            body = segment.payload
            return Frame(
                segment.marker,
                precision=body[0],
                height=int.from_bytes(body[1:3], "big"),
                width=int.from_bytes(body[3:5], "big"),
                components=tuple(body[6 : 6 + 3 * body[5] : 3]),
            )
    return None


def is_progression_complete(data: bytes, frame: Frame) -> bool:
    """Whether the scans of a progressive JPEG bring every coefficient to its last bit (T.81, G.1.1.1).

    A file that was cut between two scans and closed by an EOI is formally whole, and only blurred.
    """
    missing = {(component, k) for component in frame.components for k in range(_COEFFICIENTS)}
    for segment in segments(data):
        if segment.marker != SOS or len(segment.payload) < 4:
            continue
        body = segment.payload
        count = body[0]
        if len(body) < 4 + 2 * count:
            continue
        first, last, low = body[1 + 2 * count], body[2 + 2 * count], body[3 + 2 * count] & 0x0F
        if low == 0:
            missing -= {(c, k) for c in body[1 : 1 + 2 * count : 2] for k in range(first, last + 1)}
    return not missing


def scan_count(data: bytes) -> int:
    """Number of scans in the file."""
    return sum(segment.marker == SOS for segment in segments(data))
