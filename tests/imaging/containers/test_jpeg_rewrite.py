import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from imaging.containers import jpeg
from imaging.containers.jpeg_rewrite import rewrite
from imaging.encode import srgb_profile
from imaging.metadata.marks import Marks
from imaging.metadata.rights import Rights
from line.picture import Rgb

GPS_IFD, SERIAL_NUMBER, ORIENTATION = 0x8825, 0xA431, 0x0112


@pytest.fixture
def vendors(photo: Rgb) -> bytes:
    """A JPEG with all that a vendor's file carries: Exif with a place, XMP, a comment, and bytes after its end."""
    exif = Image.Exif()
    exif[0x0110], exif[ORIENTATION] = "SECRETCAMERA", 1
    exif.get_ifd(GPS_IFD)[1] = "N"
    out = io.BytesIO()
    Image.fromarray(photo).save(
        out, "JPEG", quality=85, exif=exif, xmp=b"<secret/>", comment="SECRETCOMMENT", dpi=(72, 72)
    )
    return out.getvalue() + b"SECRETTAIL"


@pytest.mark.parametrize("progressive", [False, True])
def test_the_pixels_stay_byte_for_byte_and_nothing_else_does(
    vendors: Any, photo: Rgb, progressive: bool, save: Callable[..., bytes]
) -> None:
    data = save(photo, "JPEG", progressive=progressive, comment="SECRETCOMMENT") if progressive else vendors
    clean = rewrite(data, dpi=300, icc=srgb_profile())
    assert b"SECRET" not in clean
    assert b"secret" not in clean
    assert np.array_equal(simplejpeg.decode_jpeg(clean, strict=True), simplejpeg.decode_jpeg(data))
    scans = [data[s.start : s.end] for s in jpeg.segments(data) if s.marker == jpeg.SOS]
    assert [clean[s.start : s.end] for s in jpeg.segments(clean) if s.marker == jpeg.SOS] == scans
    with Image.open(io.BytesIO(clean)) as image:
        assert image.info["dpi"] == (300, 300)
        assert image.info["icc_profile"] == srgb_profile()
        assert not image.getexif().get_ifd(GPS_IFD)


def test_marks_are_written_and_read_back(vendors: Any) -> None:
    marks = Marks("algorithmicallyEnhanced", None, Rights(creator="A. Maker", copyright="2026 Acme"))
    clean = rewrite(vendors, dpi=72, icc=srgb_profile(), xmp=marks.xmp(), exif=marks.exif())
    assert Marks.read(clean) == marks
    with Image.open(io.BytesIO(clean)) as image:
        assert image.getexif()[0x8298] == "2026 Acme"


def test_padding_is_left_out_and_a_lost_end_marker_is_added(
    vendors: Any, photo: Rgb, save: Callable[..., bytes]
) -> None:
    data = save(photo, "JPEG", progressive=True)
    clean = rewrite(data, dpi=300, icc=srgb_profile())
    for padded in (data[:-2] + b"\xff" * 9 + data[-2:], data[:-2]):
        assert rewrite(padded, dpi=300, icc=srgb_profile()) == clean


def test_zeros_at_the_end_of_a_scan_stay_for_they_may_be_picture_data(save: Callable[..., bytes]) -> None:
    flat = np.full((64, 64, 3), 255, np.uint8)
    flat[:8] = np.random.default_rng(0).integers(0, 256, (8, 64, 3))
    for options in ({"progressive": True}, {"optimize": True}):
        data = save(flat, "JPEG", **options)
        written = rewrite(data, dpi=300, icc=srgb_profile())
        assert np.array_equal(simplejpeg.decode_jpeg(written, strict=True), simplejpeg.decode_jpeg(data))


def test_writing_twice_changes_nothing(vendors: Any) -> None:
    once = rewrite(vendors, dpi=300, icc=srgb_profile())
    assert rewrite(once, dpi=300, icc=srgb_profile()) == once


def test_a_stream_without_a_scan_is_an_error(vendors: Any) -> None:
    with pytest.raises(ValueError, match="scan"):
        rewrite(vendors[:200], dpi=300, icc=b"")
    with pytest.raises(ValueError, match="segment"):
        rewrite(vendors, dpi=300, icc=bytes(70_000))
