"""Pixels held against libvips, which shares with us little more than the C decoders' standards."""

import io
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image

from imaging.colour.cmyk import print_to_srgb
from imaging.decode import decode
from imaging.formats import Kind, sniff
from imaging.refusal import RefusedError
from line.picture import Rgb

WIDTH, HEIGHT = 75, 51  # odd, and not a multiple of any block


@pytest.fixture(scope="module")
def scene() -> Rgb:
    """[51, 75, 3]: smooth, different in each corner, within the gamut of print."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([70 + rows * 2, 60 + columns * 2, 200 - rows - columns], axis=-1).astype(np.uint8)


def by_libvips(data: bytes) -> Any:
    """[H, W, 3] uint8 sRGB on white, as libvips shows the file."""
    image = pyvips.Image.new_from_buffer(data, "").autorot()
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform(
            "srgb", embedded=True, intent="relative", black_point_compensation=True, depth=8
        )
    else:
        image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten(background=[255, 255, 255])
    image = image.cast("uchar")
    return (image.bandjoin([image, image]) if image.bands == 1 else image).numpy()[..., :3]


def apart(one: Any, other: Any) -> tuple[float, int]:
    """Mean and largest difference in levels."""
    difference = np.abs(one.astype(int) - other)
    return float(difference.mean()), int(difference.max())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_all_orientations_stand_as_libvips_has_them(scene: Any, suffix: str, orientation: int) -> None:
    image = pyvips.Image.new_from_array(scene).copy(interpretation="srgb")
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    options: dict[str, dict[str, Any]] = {
        ".jpg": {"Q": 95},
        ".webp": {"lossless": True},
        ".avif": {"compression": "av1", "Q": 95},
    }
    data = image.write_to_buffer(suffix, **options.get(suffix, {}))
    mean, _ = apart(decode("a", data).rgb, by_libvips(data))
    assert mean < 1
    turned = np.rot90(scene, {1: 0, 3: 2, 6: -1, 8: 1}.get(orientation, 0))
    if orientation in (1, 3, 6, 8) and suffix != ".avif":
        assert apart(decode("a", data).rgb, turned)[0] < 2


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("has_alpha", [False, True])
def test_avif_of_every_depth_with_and_without_alpha_is_admitted(
    scene: Any, bits: int, has_alpha: bool
) -> None:
    alpha = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
    alpha[:10] = 0
    pixels = np.concatenate([scene, alpha], axis=2) if has_alpha else scene
    wide = (pixels.astype(np.uint16) * 257) if bits > 8 else pixels
    image = pyvips.Image.new_from_array(wide).copy(interpretation="srgb" if bits == 8 else "rgb16")
    data = image.heifsave_buffer(compression="av1", bitdepth=bits, Q=95, subsample_mode="off")
    decoded = decode("a.avif", data)
    assert decoded.facts.alpha is has_alpha
    assert apart(decoded.rgb, by_libvips(data))[0] < 1.5
    assert apart(decoded.rgb[12:], scene[12:])[0] < 2.5


def in_ink(scene: Any, profile: bool) -> Any:
    """The scene in libvips' press inks, with its profile or without: bytes of TIFF, and of JPEG both ways."""
    image = pyvips.Image.new_from_array(scene).copy(interpretation="srgb")
    inks = image.icc_transform("cmyk", input_profile="srgb", intent="relative", black_point_compensation=True)
    if not profile:
        inks.remove("icc-profile-data")
    keep = "icc" if profile else "none"
    return inks.numpy(), [inks.tiffsave_buffer(keep=keep), inks.jpegsave_buffer(Q=98, keep=keep)]


def test_print_with_a_profile_looks_as_it_was_before_it_was_separated(scene: Any) -> None:
    _, files = in_ink(scene, profile=True)
    for data in files:
        decoded = decode("a", data)
        assert (decoded.facts.mode, decoded.facts.icc) == ("CMYK", "converted")
        assert apart(decoded.rgb, by_libvips(data))[0] < 1
        assert apart(decoded.rgb, scene)[0] < 8, "what the press cannot print is lost, and no more"


def test_print_is_inverted_where_adobe_says_so_and_nowhere_else(scene: Any) -> None:
    inks, (tiff, jpeg) = in_ink(scene, profile=False)
    for data in (tiff, jpeg):
        assert apart(decode("a", data).rgb, print_to_srgb(inks))[0] < 2
    # libvips reads the marker itself; that it agrees means neither takes paper for ink
    assert apart(decode("a", jpeg).rgb, by_libvips(jpeg))[0] < 25


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bands", [1, 3, 4])
def test_sixteen_bits_keep_their_white_and_their_middle(scene: Any, suffix: str, bands: int) -> None:
    pixels = np.concatenate([scene, np.full((HEIGHT, WIDTH, 1), 255, np.uint8)], axis=2)[..., :bands]
    image = pyvips.Image.new_from_array(pixels.astype(np.uint16) * 257)
    data = image.copy(interpretation="grey16" if bands == 1 else "rgb16").write_to_buffer(suffix)
    decoded = decode("a", data).rgb
    assert apart(decoded, pixels[..., :3])[1] <= 1
    assert apart(decoded, by_libvips(data))[1] <= 1


def test_a_wide_gamut_profile_is_followed(scene: Any) -> None:
    wide = pyvips.Image.new_from_array(scene).copy(interpretation="srgb")
    data = wide.icc_transform("p3", input_profile="srgb", intent="relative").pngsave_buffer()
    decoded = decode("a.png", data)
    assert decoded.facts.icc == "converted"
    assert apart(decoded.rgb, by_libvips(data))[1] <= 2
    assert apart(decoded.rgb, scene)[1] <= 4
    with Image.open(io.BytesIO(data)) as raw:
        assert apart(np.asarray(raw), scene)[0] > 4, "the test must be able to fail"


def is_comparable(data: bytes, facts: Any) -> bool:
    """libvips takes no BMP and no HEIC here, knows only ICC profiles, separates inks by another press, knows no Lab."""
    return sniff(data) not in (Kind.BMP, Kind.HEIC) and facts.icc not in (
        "gamma",
        "chrm",
        "cicp",
        "nclx",
        "press",
    )


STRANGE = {
    "hopper_lzma.tif",  # libvips has no LZMA and shows black
    "8bit.s.tif",  # signed samples: libvips clips them to black
    "separate_planar_extra_samples.tiff",  # signed as well
    "71714b783e01aec455b5a4a760326ccc.png",  # a linear profile on a palette, which libvips does not follow
}


def test_real_odd_files_look_as_libvips_shows_them(odd: Path) -> None:
    counts: Counter[str] = Counter()
    far = []
    for path in sorted(path for path in odd.rglob("*") if path.is_file() and path.name not in STRANGE):
        data = path.read_bytes()
        try:
            decoded = decode(path.name, data)
            if not is_comparable(data, decoded.facts):
                continue
            other = by_libvips(data)
        except (RefusedError, pyvips.Error) as error:
            counts[type(error).__name__] += 1
            continue
        mean, largest = apart(decoded.rgb, other) if other.shape == decoded.rgb.shape else (255, 255)
        counts["equal" if largest <= 2 else "close"] += 1
        if mean > 1.5:
            far.append((path.name, mean))
    assert not far
    assert counts["equal"] > 250


def test_the_avif_files_that_are_refused_break_their_standard(odd: Path) -> None:
    """Of link-u's files fourteen have two boxes ``ipma`` of one version, which ISO/IEC 14496-12, 8.11.14.1, forbids.

    Browsers do not show them either; their makers have said so, and mended the encoder.
    """
    refused, admitted = [], []
    for path in sorted((odd / "avif_linku").glob("*.avif")):
        try:
            decode(path.name, path.read_bytes())
            admitted.append(path)
        except RefusedError:
            refused.append(path)
    assert len(refused) == 14
    assert all(path.read_bytes().count(b"ipma") == 2 for path in refused)
    assert all(path.read_bytes().count(b"ipma") == 1 for path in admitted)
