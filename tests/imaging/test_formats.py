from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imaging.formats import Kind, extension_agrees, sniff
from imaging.refusal import RefusedError
from line.picture import Rgb


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.HEIC])
def test_each_format_is_known_by_its_bytes(kind: Any, photo: Rgb, save: Callable[..., bytes]) -> None:
    assert sniff(save(photo, kind.value.upper())) is kind


def test_heic_is_known_whichever_brand_comes_first() -> None:
    assert sniff(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic") is Kind.HEIC
    assert sniff(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic") is Kind.HEIC
    assert sniff(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif") is Kind.AVIF


@pytest.mark.parametrize(
    ("data", "reason", "word"),
    [
        (b"", "empty", "0 bytes"),
        (b"\0" * 500, "not_an_image", "zeros"),
        (b"<!DOCTYPE html><html>404", "not_an_image", "web page"),
        (b"\xef\xbb\xbf \n<HTML>", "not_an_image", "web page"),
        (b"hello", "not_an_image", "not a picture"),
        (b"BM is how this text starts, and no more", "not_an_image", "not a picture"),
        (b"%PDF-1.7", "unsupported_type", "PDF"),
        (b"8BPS\0\1", "unsupported_type", "Photoshop"),
        (b'<?xml version="1.0"?><svg xmlns="', "unsupported_type", "SVG"),
        (b"PK\x03\x04\x14\0", "unsupported_type", "zip"),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp41", "unsupported_type", "video"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "unsupported_type", "JPEG 2000"),
    ],
)
def test_what_is_no_photo_is_refused_and_named(data: bytes, reason: str, word: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        sniff(data)
    assert refusal.value.reason == reason
    assert word in refusal.value.sentence


def test_an_extension_is_a_claim_that_may_be_absent_right_or_wrong() -> None:
    assert extension_agrees("a/b.JPG", Kind.JPEG) is True
    assert extension_agrees("a/b.png", Kind.JPEG) is False
    assert extension_agrees("a.d/b", Kind.JPEG) is None


def test_formats_that_pillow_also_reads_are_not_taken(save: Callable[..., bytes]) -> None:
    picture = Image.fromarray(np.zeros((20, 20, 3), np.uint8))
    for form in ("PPM", "TGA", "ICO", "PCX", "JPEG2000", "DDS", "EPS"):
        with pytest.raises(RefusedError):
            sniff(save(picture, form))
