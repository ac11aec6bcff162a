"""File names that are no UTF-8, as text that every database and bucket takes, and back.

Python reads such bytes as lone surrogates (PEP 383), which Postgres and S3 refuse. Here each byte is a private-use
character instead: 0x80 is U+F780, 0xFF is U+F7FF.
"""

import os
from typing import Final

_SURROGATES_FROM: Final = 0xDC00
_CHARACTERS_FROM: Final = 0xF700


def storable(name: str) -> str:
    """A name from the file system functions with each undecodable byte as a private-use character."""
    if name.isascii():
        return name
    return "".join(
        chr(ord(letter) - _SURROGATES_FROM + _CHARACTERS_FROM) if "\udc80" <= letter <= "\udcff" else letter
        for letter in name
    )


def on_disk(text: str) -> str:
    """The inverse of :func:`storable`, for the file system functions."""
    if text.isascii():
        return text
    return "".join(
        chr(ord(letter) - _CHARACTERS_FROM + _SURROGATES_FROM) if _is_byte(letter) else letter
        for letter in text
    )


def raw_bytes(text: str) -> bytes | None:
    """The name's bytes on disk, where they are no UTF-8; else None."""
    if text.isascii() or not any(map(_is_byte, text)):
        return None
    return os.fsencode(on_disk(text))


def _is_byte(letter: str) -> bool:
    return 0x80 <= ord(letter) - _CHARACTERS_FROM <= 0xFF


def percent_encoded(raw: bytes) -> str:
    """The name in ASCII: every byte above 0x7F, and ``%`` itself, as ``%XX``."""
    return "".join(chr(byte) if byte < 0x80 and byte != 0x25 else f"%{byte:02X}" for byte in raw)
