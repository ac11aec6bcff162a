import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Save = Callable[..., bytes]


@pytest.fixture
def save() -> Save:
    """``save(pixels or image, "JPEG", **options)`` as the bytes of a file."""

    def write(picture: Pixels | Image.Image, form: str, **options: Any) -> bytes:
        out = io.BytesIO()
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        image.save(out, form, **options)
        return out.getvalue()

    return write


@pytest.fixture
def photo() -> Pixels:
    """[40, 64, 3]: smooth, with a different colour in each corner, so that any turn shows."""
    rows, columns = np.mgrid[0:40, 0:64]
    return np.stack([rows * 6, columns * 4, 255 - rows * 3 - columns * 2], axis=-1).astype(np.uint8)


@pytest.fixture
def odd() -> Path:
    """The folder of real odd files, where there is one."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "odd"
    if not folder.is_dir():
        pytest.skip("no real odd files beside the project")
    return folder


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


@pytest.fixture
def matrix_profile() -> Callable[..., bytes]:
    """``matrix_profile(primaries, gamma)``: a hand-made ICC profile (version 2, matrix and gamma).

    ``primaries``: [3, 3], XYZ of red, green and blue in rows, for white D50; None makes a grey profile.
    """

    def build(primaries: NDArray[np.float64] | None, gamma: float) -> bytes:
        curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
        text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(79)
        tags = {b"desc": text, b"cprt": b"text" + bytes(4) + b"none\0"}
        tags[b"wtpt"] = b"XYZ " + bytes(4) + _fixed(0.9642) + _fixed(1) + _fixed(0.8249)
        if primaries is None:
            tags[b"kTRC"] = curve
        else:
            for letter, colour in zip(b"rgb", primaries, strict=True):
                tags[bytes([letter]) + b"XYZ"] = b"XYZ " + bytes(4) + b"".join(map(_fixed, colour))
                tags[bytes([letter]) + b"TRC"] = curve
        table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
        for name, content in tags.items():
            table += name + struct.pack(">II", at + len(body), len(content))
            body += content + bytes(-len(content) % 4)
        space = b"GRAY" if primaries is None else b"RGB "
        header = struct.pack(">I", at + len(body)) + b"test" + bytes.fromhex("02100000") + b"mntr" + space
        header += b"XYZ " + bytes(12) + b"acsp" + bytes(28)
        header += _fixed(0.9642) + _fixed(1) + _fixed(0.8249)
        return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body

    return build
