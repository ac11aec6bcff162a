import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from imaging.decode import decode as decode_anything
from imaging.encode import Format, decode, encode, srgb_profile
from imaging.metadata.marks import Marks
from imaging.metadata.rights import Rights
from line.picture import Rgb


@pytest.mark.parametrize("form", list(Format))
def test_a_published_file_says_srgb_and_nothing_of_the_vendor(form: Format, photo: Rgb) -> None:
    data = encode(photo, form, quality=92, dpi=300)
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["icc_profile"] == srgb_profile()
        assert dict(image.getexif()) in ({}, {282: 300.0, 283: 300.0, 296: 2})
        assert not image.info.get("xmp")
        assert image.mode == "RGB"


@pytest.mark.parametrize("form", list(Format))
def test_what_is_shipped_is_what_is_judged(form: Format, photo: Rgb) -> None:
    data = encode(photo, form, quality=92, dpi=300)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(decode(data), np.asarray(image.convert("RGB")))
    assert np.abs(decode(data).astype(int) - photo).mean() < 4


@pytest.mark.parametrize("form", list(Format))
def test_the_same_picture_is_the_same_file(form: Format, photo: Rgb) -> None:
    assert encode(photo, form, quality=90, dpi=72) == encode(photo.copy(), form, quality=90, dpi=72)


@pytest.mark.parametrize("form", list(Format))
def test_marks_are_in_the_file_and_read_back_equal(form: Format, photo: Rgb) -> None:
    rights = Rights("A. Maker; B. Maker", "© 2026 Acme & Sons", "Acme", "https://acme.example/licence")
    marks = Marks("trainedAlgorithmicMedia", '{"Label":"1"}', rights)
    data = encode(photo, form, quality=92, dpi=300, marks=marks)
    assert Marks.read(data) == marks
    assert decode_anything("a", data).facts.source_types == ("trainedAlgorithmicMedia",)


def test_jpeg_keeps_full_colour_resolution(photo: Rgb) -> None:
    with Image.open(io.BytesIO(encode(photo, Format.JPEG, quality=92, dpi=300))) as image:
        assert {layer[1:3] for layer in vars(image)["layer"]} == {(1, 1)}


def test_the_profile_is_small_dated_once_and_really_srgb() -> None:
    profile = srgb_profile()
    assert len(profile) < 1000
    assert profile[24:28] == b"\x07\xe8\x00\x01"
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    steps = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, 2)
    moved = ImageCms.profileToProfile(Image.fromarray(steps), opened, ImageCms.createProfile("sRGB"))
    assert np.abs(np.asarray(moved).astype(int) - steps).max() <= 1
