"""The chunks of a PNG file (PNG specification, third edition, section 5)."""

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

_SIGNATURE_LENGTH: Final = 8
MAX_TEXT_BYTES: Final = 4_000_000
"""Bytes that one compressed text may unpack to."""


class Chunk(NamedTuple):
    """One chunk.

    Attributes:
        type: four letters, such as b"IDAT".
        body: its data.
        is_intact: whether its CRC is right.
    """

    type: bytes
    body: memoryview
    is_intact: bool


def chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks of a PNG up to IEND or to where the structure ends. Never raises."""
    view = memoryview(data)
    at = _SIGNATURE_LENGTH
    while at + 12 <= len(data):
        length = int.from_bytes(view[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(data):
            return
        crc = int.from_bytes(view[end : end + 4], "big")
        yield Chunk(bytes(view[at + 4 : at + 8]), view[at + 8 : end], zlib.crc32(view[at + 4 : end]) == crc)
        if bytes(view[at + 4 : at + 8]) == b"IEND":
            return
        at = end + 4


def first_damaged_chunk(data: bytes) -> str | None:
    """The type of the first chunk whose CRC is wrong; None where all are right."""
    return next((chunk.type.decode("latin-1") for chunk in chunks(data) if not chunk.is_intact), None)


def body_of(data: bytes, kind: bytes) -> bytes | None:
    """The body of the first intact chunk of a type before the pixels."""
    for chunk in chunks(data):
        if chunk.type == kind and chunk.is_intact:
            return bytes(chunk.body)
        if chunk.type == b"IDAT":
            return None
    return None


def texts(data: bytes) -> dict[str, bytes]:
    """The text chunks by keyword, unpacked; the first of a keyword counts. Damaged ones are left out."""
    entries: dict[str, bytes] = {}
    for chunk in chunks(data):
        if chunk.type not in (b"tEXt", b"zTXt", b"iTXt"):
            continue
        keyword, _, rest = bytes(chunk.body).partition(b"\0")
        try:
            value = _text(chunk.type, rest)
        except (zlib.error, ValueError, IndexError):
            continue
        entries.setdefault(keyword.decode("latin-1"), value)
    return entries


def _text(kind: bytes, rest: bytes) -> bytes:
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return _unpacked(rest[1:])
    _language, _translated_keyword, value = rest[2:].split(b"\0", 2)
    return _unpacked(value) if rest[0] else value


def _unpacked(packed: bytes) -> bytes:
    stream = zlib.decompressobj()
    value = stream.decompress(packed, MAX_TEXT_BYTES)
    if stream.unconsumed_tail:
        raise ValueError("a text of too many bytes")
    return value
