"""Vendors' file names: sanitising, suffixes of delivered files, comparison.

A name is a label and a path below the delivery folder, never a lookup key.
"""

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

_MAX_COMPONENT_BYTES = 200  # file systems allow 255; the rest is for a suffix or a number
_MAX_PATH_BYTES = 900  # object stores allow 1,024
_TAG_LENGTH = 10  # "~" and nine characters of a hash that keeps shortened names distinct
_MAX_SUFFIX_BYTES = 20  # longer suffixes are dropped when a name is shortened

# Control characters, lone surrogates, line separators, characters that reorder or hide text (Unicode TR 36, 2.3 and
# TR 9), and characters that Windows forbids. Joiners are allowed: emoji and Persian need them.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    '\\ufffe\\uffff<>:"|?*]'
)
_DEVICES: Final = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\..*)?")

_MATCHING_SUFFIXES: Final = {".jpg": (".jpg", ".jpeg")}


def safe_path(name: str) -> str:
    """``name`` as a relative path that is valid on any system and stays below its folder.

    The result is in normal form C with ``/`` between components. ``..``, absolute paths, drive letters, control and
    right-to-left characters, device names and trailing dots are neutralised. Components over 200 bytes are shortened
    and get a hash that keeps them distinct. A safe path is returned unchanged.
    """
    components = unicodedata.normalize("NFC", name).replace("\\", "/").split("/")
    safe = [_component(part) for part in components if part not in ("", ".")]
    path = "/".join(safe) or "_"
    if len(path.encode()) > _MAX_PATH_BYTES:
        return f"{_tag(path)}/{safe[-1]}"
    return path


def delivered_name(name: str, extension: str) -> str:
    """``name`` with ``extension`` (such as ``.jpg``) appended, unless its suffix matches already.

    ``a.jpg`` and ``a.png`` become ``a.jpg`` and ``a.png.jpg``, so they never collide.
    """
    matching = _MATCHING_SUFFIXES.get(extension, (extension,))
    return name if PurePosixPath(name).suffix.lower() in matching else name + extension


def fold(name: str) -> str:
    """Case-folded form of a name, equal for names that a file system may treat as the same.

    Canonical caseless matching of the Unicode standard (3.13, D145), in normal form C.
    """
    decomposed = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", decomposed))


def _component(part: str) -> str:
    safe = _UNSAFE.sub("_", part)
    if safe != (stripped := safe.rstrip(" .")):  # Windows drops them; also covers ".."
        safe = stripped + "_"
    if _DEVICES.fullmatch(safe):
        safe = f"_{safe}"
    if len(safe.encode()) <= _MAX_COMPONENT_BYTES:
        return safe
    suffix = PurePosixPath(safe).suffix
    if len(suffix.encode()) > _MAX_SUFFIX_BYTES:
        suffix = ""
    room = _MAX_COMPONENT_BYTES - len(suffix.encode()) - _TAG_LENGTH
    stem = safe.removesuffix(suffix).encode()[:room].decode(errors="ignore")
    return f"{stem}{_tag(safe)}{suffix}"


def _tag(text: str) -> str:
    return "~" + hashlib.sha256(text.encode()).hexdigest()[: _TAG_LENGTH - 1]
