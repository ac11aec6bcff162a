"""Turns the stored bytes of file names into text: declared, set by the vendor, or guessed."""

import re
from collections.abc import Sequence
from typing import Final

from charset_normalizer import from_bytes

from line.filenames.name_bytes import percent_encoded

CANDIDATES: Final = [
    "cp932", "gb18030", "big5", "cp949", "cp437", "cp850", "cp1252", "cp866", "cp1251"
]  # fmt: skip
"""Encodings that programs of the last decades wrote file names in, besides UTF-8."""

LATIN: Final = ["cp1252", "cp437"]
"""Tried last: a few accents are too small a sample for any guess."""

MAX_SAMPLE_BYTES: Final = 20_000
"""Maximum size of the sample that an encoding is guessed from (bytes): guessing is slow, and this is plenty."""


def decode_names(raw_names: Sequence[bytes], encoding: str | None = None) -> list[str]:
    """The names of one upload as text.

    UTF-8 where all names are valid UTF-8. Otherwise ``encoding``; where it is None, the guess of
    ``charset_normalizer`` for all names together, because one name alone is a small sample; then for each
    name by itself. Bytes that stay unknown are written as ``%XX``.
    """
    foreign = [raw for raw in raw_names if not _is_utf8(raw)]
    if not foreign:
        return [raw.decode() for raw in raw_names]
    if encoding is not None:
        return [_decoded(raw, encoding) or decode_name(raw) for raw in raw_names]
    together = _guess([raw for raw in raw_names if not raw.isascii()])
    if together is not None:
        return [_decoded(raw, together) or percent_encoded(raw) for raw in raw_names]
    return [decode_name(raw) for raw in raw_names]


def decode_name(raw: bytes, others: Sequence[bytes] = ()) -> str:
    """One name as text, guessed together with ``others`` of the same upload."""
    if _is_utf8(raw):
        return raw.decode()
    guess = _guess([*others, raw]) or _guess([raw])
    return (_decoded(raw, guess) if guess else None) or percent_encoded(raw)


def _is_utf8(raw: bytes) -> bool:
    return _decoded(raw, "utf-8") is not None


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _guess(raw_names: Sequence[bytes]) -> str | None:
    """The encoding in which all of these names are plausible text, or None."""
    sample = b"\n".join(raw_names)[:MAX_SAMPLE_BYTES]
    matches = from_bytes(sample, cp_isolation=CANDIDATES, threshold=0.5, preemptive_behaviour=False)
    for encoding in [*(match.encoding for match in matches), *(LATIN if matches else ())]:
        texts = [_decoded(raw, encoding) for raw in raw_names]
        if all(text is not None and not _mixes_scripts(text) for text in texts):
            return str(encoding)
    return None


def _mixes_scripts(text: str) -> bool:
    """Whether a word has letters of the Latin and of the Cyrillic alphabet, as a wrong guess gives it."""
    words = re.findall(r"[^\W\d_]+", text)
    return any(
        any("\u0400" <= letter <= "\u04ff" for letter in word) and any(letter.isascii() for letter in word)
        for word in words
    )
