import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from imaging.colour.cmyk import print_to_srgb
from imaging.decode import decode
from line.picture import Rgb
from tests.imaging.decoding import heic, refused

LOSSLESS = ("PNG", "TIFF", "BMP")


@pytest.mark.parametrize("form", LOSSLESS)
def test_a_plain_photo_comes_through_unchanged(form: str, photo: Rgb, save: Callable[..., bytes]) -> None:
    decoded = decode("a." + form.lower(), save(photo, form))
    assert np.array_equal(decoded.rgb, photo)
    assert decoded.rgb.flags.c_contiguous
    assert decoded.facts.extension == ("agrees")
    assert (decoded.facts.width, decoded.facts.height) == (64, 40)


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF"])
def test_a_lossy_photo_is_close(form: str, photo: Rgb, save: Callable[..., bytes]) -> None:
    assert np.abs(decode("a", save(photo, form, quality=95)).rgb.astype(int) - photo).mean() < 4


def test_heic_is_read_without_registering_anything(photo: Rgb) -> None:
    before = set(Image.OPEN)
    decoded = decode("a.heic", heic(photo))
    assert np.abs(decoded.rgb.astype(int) - photo).mean() < 4
    assert decoded.facts.format == "heic"
    assert "HEIF" not in set(Image.OPEN) - before


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_orientation_is_turned_upright(
    form: str, orientation: int, photo: Rgb, save: Callable[..., bytes]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100, "lossless": True} if form == "WEBP" else {"quality": 100}
    data = save(photo, form, exif=exif, **(options if form in ("WEBP", "JPEG") else {}))
    decoded = decode("a", data)
    with Image.open(io.BytesIO(data)) as image:
        other_way = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(decoded.rgb, other_way)
    assert decoded.facts.orientation == orientation
    assert decoded.rgb.shape[:2] == ((40, 64) if orientation < 5 else (64, 40))


def test_a_heic_that_was_turned_by_its_decoder_is_not_turned_again(photo: Rgb) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode("a.heic", heic(photo, exif=exif.tobytes()))
    assert decoded.rgb.shape[:2] == (64, 40)
    assert np.abs(decoded.rgb.astype(int) - np.rot90(photo, -1)).mean() < 4


def test_an_orientation_outside_the_standard_is_ignored(photo: Rgb, save: Callable[..., bytes]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 99
    assert decode("a", save(photo, "JPEG", exif=exif)).facts.orientation == 1


def test_one_scene_in_eight_orientations_looks_the_same(odd: Path) -> None:
    scenes = [(odd / "exif_orientation" / f"Landscape_{n}.jpg").read_bytes() for n in range(1, 9)]
    small = [cv2.resize(decode("a", data).rgb, (60, 40), interpolation=cv2.INTER_AREA) for data in scenes]
    blind = [cv2.blur(picture, (9, 9)).astype(int) for picture in small]  # each has its number painted on
    assert max(np.abs(picture - blind[0]).mean() for picture in blind) < 6


def strip_adobe(data: bytes) -> bytes:
    at = data.index(b"\xff\xee")
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def test_cmyk_is_right_with_and_without_the_adobe_marker(save: Callable[..., bytes]) -> None:
    inks = np.zeros((32, 32, 4), np.uint8)
    inks[:16, :16] = (255, 0, 0, 0)
    inks[:16, 16:] = (0, 255, 255, 0)
    inks[16:, :16] = (0, 0, 0, 200)
    adobe = save(Image.fromarray(inks, mode="CMYK"), "JPEG", quality=100)
    # Pillow always writes inverted inks, so an inverted picture is what makes plain ones
    plain = strip_adobe(save(Image.fromarray(255 - inks, mode="CMYK"), "JPEG", quality=100))
    tiff = save(Image.fromarray(inks, mode="CMYK"), "TIFF")
    for data in (adobe, plain, tiff):
        decoded = decode("a", data)
        assert np.abs(decoded.rgb.astype(int) - print_to_srgb(inks)).max() <= 6
        assert decoded.facts.icc == "press"


def test_transparency_is_laid_on_the_background(photo: Rgb, save: Callable[..., bytes]) -> None:
    alpha = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (40, 1))
    rgba = np.dstack([photo, alpha])
    decoded = decode("a.png", save(rgba, "PNG"), background="#ff8000")
    share = alpha[..., None] / 255
    assert np.abs(decoded.rgb - (photo * share + np.array([255, 128, 0]) * (1 - share))).max() <= 1
    assert decoded.facts.alpha is True
    assert 0.9 < (decoded.facts.transparent or 0) < 1


def test_an_alpha_channel_that_hides_nothing_changes_nothing(photo: Rgb, save: Callable[..., bytes]) -> None:
    decoded = decode("a.png", save(np.dstack([photo, np.full((40, 64), 255, np.uint8)]), "PNG"))
    assert np.array_equal(decoded.rgb, photo)
    assert decoded.facts.alpha is False


def test_a_picture_with_nothing_to_see_is_refused(photo: Rgb, save: Callable[..., bytes]) -> None:
    assert (
        refused("a.png", save(np.dstack([photo, np.zeros((40, 64), np.uint8)]), "PNG")) == "fully_transparent"
    )


def test_grey_with_alpha_and_palettes_are_right(photo: Rgb, save: Callable[..., bytes]) -> None:
    grey = photo[..., 0]
    alpha = np.where(np.arange(64) < 32, 0, 255).astype(np.uint8) * np.ones((40, 1), np.uint8)
    both = Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)])
    rgb = decode("a.png", save(both, "PNG")).rgb
    assert (rgb[:, :32] == 255).all()
    assert np.array_equal(rgb[:, 32:, 1], grey[:, 32:])

    palette = Image.fromarray(photo).quantize(8)
    assert np.array_equal(decode("a.gif", save(palette, "GIF")).rgb, np.asarray(palette.convert("RGB")))
    hole = palette.getpixel((0, 0))
    holed = decode("a.png", save(palette, "PNG", transparency=hole)).rgb
    assert (holed[np.asarray(palette) == hole] == 255).all()


def test_one_bit_becomes_black_and_white(save: Callable[..., bytes]) -> None:
    bits = Image.fromarray((np.indices((32, 32)).sum(0) % 2 * 255).astype(np.uint8)).convert("1")
    rgb = decode("a.png", save(bits, "PNG")).rgb
    assert set(rgb.ravel()) == {0, 255}
    assert np.array_equal(rgb[..., 0] > 0, np.asarray(bits))


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_white(form: str, save: Callable[..., bytes]) -> None:
    ramp = np.linspace(0, 65535, 32 * 32).reshape(32, 32).astype(np.uint16)
    rgb = decode("a", save(Image.fromarray(ramp), form)).rgb
    assert np.array_equal(rgb[..., 0], np.rint(ramp / 257))


def test_sixteen_bit_colour_keeps_its_white(photo: Rgb) -> None:
    data = cv2.imencode(".png", photo[..., ::-1].astype(np.uint16) * 257)[1].tobytes()
    assert np.array_equal(decode("a.png", data).rgb, photo)


def test_float_from_zero_to_one_is_taken_and_any_other_range_is_not(save: Callable[..., bytes]) -> None:
    ramp = np.linspace(0, 1, 32 * 32).reshape(32, 32).astype(np.float32)
    rgb = decode("a.tif", save(Image.fromarray(ramp), "TIFF")).rgb
    assert np.array_equal(rgb[..., 0], np.rint(ramp * 255))
    for wrong in (ramp - 5, ramp * 1e6, ramp * np.float32("nan")):
        assert refused("a.tif", save(Image.fromarray(wrong), "TIFF")) == "unknown_range"


def test_the_bytes_decide_and_a_wrong_extension_is_only_noted(photo: Rgb, save: Callable[..., bytes]) -> None:
    decoded = decode("shoe.png", save(photo, "JPEG"))
    assert (decoded.facts.format, decoded.facts.extension) == ("jpeg", "differs")
    assert decode("shoe", save(photo, "JPEG")).facts.extension == "absent"


def test_dpi_is_noted_and_nonsense_is_not(photo: Rgb, save: Callable[..., bytes]) -> None:
    assert decode("a", save(photo, "JPEG", dpi=(300, 150))).facts.dpi == (300, 150)
    assert decode("a", save(photo, "JPEG")).facts.dpi is None


def test_a_picture_that_says_it_was_generated_is_noted(photo: Rgb, save: Callable[..., bytes]) -> None:
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>digitalsourcetype/trainedAlgorithmicMedia</x:xmpmeta>"
    assert decode("a", save(photo, "JPEG", xmp=xmp)).facts.source_types == ("trainedAlgorithmicMedia",)
    assert decode("a", save(photo, "JPEG")).facts.source_types == ()


@pytest.mark.parametrize("tail", ["zip", "html", "png", "zeros"])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
def test_what_hangs_behind_a_picture_does_not_come_along(
    form: str, tail: str, photo: Rgb, save: Callable[..., bytes]
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.txt", b"hello")
    behind = {"zip": out.getvalue(), "html": b"<script>alert(1)</script>", "zeros": bytes(1000)}
    data = save(photo, form)
    plain = decode("a", data).rgb
    both = decode("a", data + (behind | {"png": save(255 - photo, "PNG")})[tail])
    assert np.array_equal(both.rgb, plain)
    assert both.facts.format == form.lower()


def test_where_a_photo_was_taken_is_not_among_its_facts(photo: Rgb, save: Callable[..., bytes]) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    exif[0x010F] = "Maker"
    decoded = decode("a.jpg", save(photo, "JPEG", exif=exif, comment=b"52.52,13.40"))
    assert not re.search("52|Maker", json.dumps(decoded.facts.to_json()))
