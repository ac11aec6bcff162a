"""Names that vendors give: made safe to write, fitted to what is delivered, compared.

A name is a label and a place below the delivery folder, never a key that anything is found by.
"""

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

_COMPONENT = 200  # bytes; file systems take 255, and a suffix or a number may still be put on
_PATH = 900  # bytes; object stores take 1,024
_TAG = 10  # characters of a hash that keeps shortened names apart: "~" and nine
_SUFFIX = 20  # bytes of a suffix that are worth keeping when a name is shortened

# Control characters, lone surrogates, line separators, what turns or hides text (Unicode TR 36, 2.3 and
# TR 9), and what Windows forbids. Joiners stay: emoji and Persian need them.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    '\\ufffe\\uffff<>:"|?*]'
)
_DEVICES: Final = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\..*)?")

_FITTING: Final = {".jpg": (".jpg", ".jpeg")}


def safe_path(name: str) -> str:
    """``name`` as a relative path that can be written on any system and stays below its folder.

    Normal form C, ``/`` between components; ``..``, absolute paths, drive letters, control and
    right-to-left characters, device names and trailing dots lose their power, and long components
    are shortened (to 200 bytes, with a hash that keeps them apart). A safe path comes back unchanged.
    """
    components = unicodedata.normalize("NFC", name).replace("\\", "/").split("/")
    safe = [_component(part) for part in components if part not in ("", ".")]
    path = "/".join(safe) or "_"
    if len(path.encode()) > _PATH:
        return f"{_tag(path)}/{safe[-1]}"
    return path


def delivered_name(name: str, extension: str) -> str:
    """``name`` for a file of ``extension`` (such as ``.jpg``): itself where its suffix fits, else appended.

    So ``a.jpg`` and ``a.png`` become ``a.jpg`` and ``a.png.jpg``, and never one file.
    """
    fitting = _FITTING.get(extension, (extension,))
    return name if PurePosixPath(name).suffix.lower() in fitting else name + extension


def fold(name: str) -> str:
    """What two names have in common that a file system may take for one: equal but for case or normal form.

    Canonical caseless matching of the Unicode standard (3.13, D145), in normal form C.
    """
    decomposed = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", decomposed))


def _component(part: str) -> str:
    safe = _UNSAFE.sub("_", part)
    if safe != (stripped := safe.rstrip(" .")):  # Windows drops these, and ".." is made of them
        safe = stripped + "_"
    if _DEVICES.fullmatch(safe):
        safe = f"_{safe}"
    if len(safe.encode()) <= _COMPONENT:
        return safe
    suffix = PurePosixPath(safe).suffix
    if len(suffix.encode()) > _SUFFIX:
        suffix = ""
    room = _COMPONENT - len(suffix.encode()) - _TAG
    stem = safe.removesuffix(suffix).encode()[:room].decode(errors="ignore")
    return f"{stem}{_tag(safe)}{suffix}"


def _tag(text: str) -> str:
    return "~" + hashlib.sha256(text.encode()).hexdigest()[: _TAG - 1]
