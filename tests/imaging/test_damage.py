"""Broken files that decoders pass over, made from good ones."""

import io
import re
from typing import Any

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from imaging.damage import break_row
from imaging.decode import decode
from imaging.refusal import RefusedError
from line.picture import Rgb


@pytest.fixture(scope="module")
def scene() -> Rgb:
    """[320, 256, 3]: smooth shapes with fine grain, as a photo has."""
    rng = np.random.default_rng(5)
    rows, columns = np.mgrid[0:320, 0:256]
    waves = 120 + 60 * np.sin(rows / 23) + 50 * np.cos(columns / 17)
    rgb: Rgb = np.clip(waves[..., None] + [0, 20, -30] + rng.normal(0, 4, (320, 256, 3)), 0, 255).astype(
        np.uint8
    )
    return rgb


def jpeg(rgb: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "JPEG", **{"quality": 90} | options)
    return out.getvalue()


def body(data: bytes) -> int:
    """Offset of the first entropy-coded byte."""
    start = data.index(b"\xff\xda")
    return start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")


def without_bytes(data: bytes, share: float, count: int) -> bytes:
    at = body(data) + int((len(data) - body(data)) * share)
    return data[:at] + data[at + count :]


def as_text(data: bytes) -> bytes:
    """As FTP sends it in text mode: a carriage return before each line feed of the pixels."""
    return data[: body(data)] + data[body(data) :].replace(b"\n", b"\r\n")


BREAKS = {
    "bytes missing": lambda scene: without_bytes(jpeg(scene), 0.5, 300),
    "bytes missing, grey": lambda scene: without_bytes(jpeg(scene[..., 0]), 0.5, 300),
    "sent as text": lambda scene: as_text(jpeg(scene)),
    "sector of zeros": lambda scene: (
        (data := jpeg(scene))[: len(data) // 2] + bytes(512) + data[len(data) // 2 + 512 :]
    ),
    "lost restart interval": lambda scene: re.sub(
        rb"\xff\xd3[^\xff]*(\xff\x00[^\xff]*)*\xff\xd4",
        b"\xff\xd4",
        jpeg(scene, restart_marker_rows=1),
        count=1,
    ),
    "progressive, bytes missing": lambda scene: without_bytes(jpeg(scene, progressive=True), 0.4, 300),
    "cmyk, bytes missing": lambda scene: without_bytes(cmyk(scene), 0.5, 300),
}


def cmyk(scene: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(scene).convert("CMYK").save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.mark.parametrize("kind", sorted(BREAKS))
def test_a_jpeg_that_decodes_with_a_complaint_says_so(kind: str, scene: Any) -> None:
    data = BREAKS[kind](scene)
    facts = decode("a.jpg", data).facts
    assert facts.damage, "the decoder's complaint is kept"
    assert facts.damage.message
    assert facts.publishable_stream is False


def with_jfif_revision(data: bytes, major: int) -> bytes:
    at = data.index(b"JFIF\0") + 5
    return data[:at] + bytes([major]) + data[at + 1 :]


def with_spectral_selection(data: bytes, first: int, last: int) -> bytes:
    at = body(data) - 3
    return data[:at] + bytes([first, last]) + data[at + 2 :]


def padded(data: bytes, padding: bytes, before: bytes = b"\xff\xd9") -> bytes:
    """``data`` with padding before the last marker of a kind."""
    at = data.rindex(before)
    return data[:at] + padding + data[at:]


HARMLESS = {
    "zeros before the end": lambda scene: padded(jpeg(scene), bytes(4096)),
    "zeros before the end, progressive": lambda scene: padded(jpeg(scene, progressive=True), bytes(513)),
    "zeros before the end, grey": lambda scene: padded(jpeg(scene[..., 0]), bytes(100)),
    "zeros before the end, cmyk": lambda scene: padded(cmyk(scene), bytes(100)),
    "fill bytes before the end": lambda scene: padded(jpeg(scene), b"\xff" * 31),
    "zeros between scans": lambda scene: padded(jpeg(scene, progressive=True), bytes(40), b"\xff\xda"),
    "zeros between tables": lambda scene: padded(jpeg(scene), bytes(7), b"\xff\xc4"),
    "junk after metadata": lambda scene: jpeg(scene).replace(b"\xff\xdb", b"junk\0\x12\xff\xdb", 1),
    "no end marker": lambda scene: jpeg(scene)[:-2],
    "no end marker, progressive": lambda scene: jpeg(scene, progressive=True)[:-2],
    "half an end marker": lambda scene: jpeg(scene)[:-1],
    "a sector of zeros instead of the end marker": lambda scene: jpeg(scene)[:-2] + bytes(4096),
    "zeros after the end": lambda scene: jpeg(scene) + bytes(4096),
    "a film after the end": lambda scene: jpeg(scene) + b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 9,
    "a second picture after the end": lambda scene: jpeg(scene) + jpeg(scene[::2, ::2]),
    "a revision of JFIF to come": lambda scene: with_jfif_revision(jpeg(scene), 9),
    "another spectral selection": lambda scene: with_spectral_selection(jpeg(scene), 1, 0),
}


@pytest.mark.parametrize("kind", sorted(HARMLESS))
def test_an_oddity_that_costs_no_pixel_does_not_flag_a_whole_jpeg(kind: str, scene: Any) -> None:
    data = HARMLESS[kind](scene)
    whole = {"grey": scene[..., 0], "cmyk": None}.get(kind.split(", ")[-1], scene)
    original = (
        cmyk(scene) if whole is None else jpeg(whole, progressive="scans" in kind or "progressive" in kind)
    )
    decoded = decode("a.jpg", data)
    assert (decoded.facts.damage, decoded.facts.scans_missing) == (None, False)
    assert np.array_equal(decoded.rgb, decode("a.jpg", original).rgb)


LOSSES_AMONG_ODDITIES = {
    "part of a table between the tables": lambda scene: padded(jpeg(scene), b"junk\0\x12", b"\xff\xc4"),
    "bytes missing and padding": lambda scene: padded(without_bytes(jpeg(scene), 0.5, 300), bytes(64)),
    "cut, filled up with zeros": lambda scene: (
        (data := jpeg(scene))[: len(data) * 3 // 4] + bytes(len(data) // 4)
    ),
    "cut, with an end marker": lambda scene: (data := jpeg(scene))[: len(data) * 3 // 4] + b"\xff\xd9",
    "sent as text, and a revision of JFIF to come": lambda scene: with_jfif_revision(as_text(jpeg(scene)), 9),
    "bytes missing, and zeros between tables": lambda scene: padded(
        without_bytes(jpeg(scene), 0.5, 300), bytes(7), b"\xff\xc4"
    ),
    "progressive, bytes missing, without an end": lambda scene: without_bytes(
        jpeg(scene, progressive=True), 0.4, 300
    )[:-2],
}


@pytest.mark.parametrize("kind", sorted(LOSSES_AMONG_ODDITIES))
def test_an_oddity_does_not_hide_lost_data(kind: str, scene: Any) -> None:
    try:
        facts = decode("a.jpg", LOSSES_AMONG_ODDITIES[kind](scene)).facts
    except RefusedError:
        return
    assert facts.damage
    assert "JFIF" not in facts.damage.message
    assert facts.publishable_stream is False


def test_a_good_jpeg_of_any_coding_says_nothing(scene: Any) -> None:
    for options in ({}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": "4:4:4"}):
        facts = decode("a.jpg", jpeg(scene, **options)).facts
        assert (facts.damage, facts.scans_missing) == (None, False)
        assert facts.publishable_stream is True


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_the_row_from_which_it_is_broken_is_told(share: float, scene: Any) -> None:
    whole = jpeg(scene)
    broken = without_bytes(whole, share, 300)
    shown = simplejpeg.decode_jpeg(broken, strict=False)
    first_wrong = int(np.argmax((shown != simplejpeg.decode_jpeg(whole)).any(axis=(1, 2))))
    row = break_row(shown)
    assert row is not None
    assert abs(row - first_wrong) <= 16


def test_a_whole_photo_has_no_break(scene: Any) -> None:
    assert break_row(scene) is None


@pytest.mark.parametrize("scans", [1, 3, 5])
def test_a_progressive_jpeg_cut_between_two_scans_is_found(scans: Any, scene: Any) -> None:
    data = jpeg(scene, progressive=True)
    starts = [match.start() for match in re.finditer(rb"\xff\xda", data)]
    tables = (
        data.rindex(b"\xff\xc4", 0, starts[scans])
        if b"\xff\xc4" in data[starts[scans - 1] : starts[scans]]
        else starts[scans]
    )
    cut = data[:tables] + b"\xff\xd9"
    facts = decode("a.jpg", cut).facts
    assert facts.scans_missing is True
    assert decode("a.jpg", data).facts.scans_missing is False


def test_a_png_with_a_wrong_checksum_says_so(scene: Any) -> None:
    out = io.BytesIO()
    Image.fromarray(scene).save(out, "PNG")
    data = bytearray(out.getvalue())
    at = data.rindex(b"IEND") - 5  # last byte of the last IDAT's checksum
    data[at] ^= 1
    damage = decode("a.png", bytes(data)).facts.damage
    assert damage is not None
    assert "IDAT" in damage.message
    assert decode("a.png", out.getvalue()).facts.damage is None


def test_a_tiff_whose_jpeg_strips_are_broken_says_so(scene: Any) -> None:
    out = io.BytesIO()
    Image.fromarray(scene).save(out, "TIFF", compression="jpeg", quality=90)
    data = bytearray(out.getvalue())
    assert decode("a.tif", bytes(data)).facts.damage is None
    middle = len(data) // 2
    data[middle : middle + 200] = bytes(200)
    damage = decode("a.tif", bytes(data)).facts.damage
    assert damage is not None
    assert damage.message
