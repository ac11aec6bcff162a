"""Files to decode, and the refusal of one."""

import io
from typing import Any

import pytest
from PIL import Image
from pillow_heif import from_pillow

from imaging.decode import decode
from imaging.limits import Limits
from imaging.refusal import RefusedError


def refused(name: str, data: bytes, **limits: Any) -> str:
    with pytest.raises(RefusedError) as refusal:
        decode(name, data, limits=Limits(**limits))
    assert refusal.value.sentence.endswith(".")
    return refusal.value.reason


def heic(pixels: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    from_pillow(Image.fromarray(pixels)).save(out, quality=-1, chroma=444, **options)
    return out.getvalue()
