"""The boxes of HEIC and AVIF files (ISO/IEC 14496-12, 23008-12): the primary item's colour and depth."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

_CONTAINERS: Final = {b"meta": 4, b"iprp": 0, b"ipco": 0}
"""Box types that hold boxes, with the bytes before the first one."""
_MAX_BOXES: Final = 10_000


class Box(NamedTuple):
    """One box: its type and its body."""

    type: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Properties:
    """What the primary item's properties say.

    Attributes:
        cicp: code points of primaries and transfer (colr of type nclx), where there are any.
        has_icc: whether a colr box holds an ICC profile.
        bits: per channel (pixi); 8 where it is not said.
    """

    cicp: tuple[int, int] | None = None
    has_icc: bool = False
    bits: int = 8


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes of one level, to where the structure ends. Never raises."""
    at = 0
    for _ in range(_MAX_BOXES):
        if at + 8 > len(data):
            return
        length, header = int.from_bytes(data[at : at + 4], "big"), 8
        if length == 1:
            length, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        if length == 0:
            length = len(data) - at
        if length < header or at + length > len(data):
            return
        yield Box(data[at + 4 : at + 8], data[at + header : at + length])
        at += length


def is_complete(data: bytes) -> bool:
    """Whether every top-level box ends inside the file (ISO/IEC 14496-12, 4.2).

    libheif decodes what is there of a file that breaks off and makes up the rest.
    """
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length == 0:  # to the end of the file
            return True
        if length < 8 or at + length > len(data):
            return False
        at += length
    return True


def properties(data: bytes) -> Properties:
    """The properties of the primary item; defaults where the boxes are broken."""
    meta = _find(data, b"meta")
    if meta is None:
        return Properties()
    try:
        primary = _primary(meta[_CONTAINERS[b"meta"] :])
        iprp = _find(meta[_CONTAINERS[b"meta"] :], b"iprp") or b""
        items = list(boxes(_find(iprp, b"ipco") or b""))
        wanted = _associated(_find(iprp, b"ipma") or b"", primary)
    except (IndexError, ValueError):
        return Properties()
    chosen = [items[number - 1] for number in wanted if 0 < number <= len(items)]
    return _properties(chosen)


def _properties(chosen: list[Box]) -> Properties:
    cicp, has_icc, bits = None, False, 8
    for box in chosen:
        if box.type == b"colr" and box.body[:4] == b"nclx" and len(box.body) >= 8:
            cicp = (int.from_bytes(box.body[4:6], "big"), int.from_bytes(box.body[6:8], "big"))
        elif box.type == b"colr" and box.body[:4] in (b"prof", b"rICC"):
            has_icc = True
        elif box.type == b"pixi" and len(box.body) > 5:
            bits = max(box.body[5 : 5 + box.body[4]])
    return Properties(cicp, has_icc, bits)


def _find(data: bytes, kind: bytes) -> bytes | None:
    return next((box.body for box in boxes(data) if box.type == kind), None)


def _primary(meta: bytes) -> int:
    body = _find(meta, b"pitm") or b""
    return int.from_bytes(body[4:6] if body[:1] == b"\0" else body[4:8], "big")


def _associated(body: bytes, item: int) -> list[int]:
    """Numbers of the properties of ``item`` (ItemPropertyAssociationBox, 23008-12, 9.3)."""
    version, has_wide_index = body[0], bool(body[3] & 1)
    at = 8
    for _ in range(int.from_bytes(body[4:8], "big")):
        size = 2 if version < 1 else 4
        number = int.from_bytes(body[at : at + size], "big")
        count = body[at + size]
        at += size + 1
        width = 2 if has_wide_index else 1
        if number == item:
            entries = (
                int.from_bytes(body[at + k * width : at + (k + 1) * width], "big") for k in range(count)
            )
            return [entry & (0x7FFF if has_wide_index else 0x7F) for entry in entries]
        at += count * width
    return []
