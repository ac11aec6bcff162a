"""Files that end as a refusal: bombs, broken and truncated files, several frames, random bytes."""

import contextlib
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from imaging.decode import decode
from imaging.formats import Kind
from imaging.limits import Limits
from imaging.refusal import RefusedError
from imaging.sandbox.photo_client import Decoder
from line.picture import Rgb
from tests.harness.pictures.damage import damaged
from tests.imaging.decoding import heic, refused


def announced(width: int, height: int) -> bytes:
    """A PNG that announces a size and holds next to nothing."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b""))]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_bomb_is_refused_by_its_header() -> None:
    assert refused("a.png", announced(30_000, 20)) == "side_too_long"
    assert refused("a.png", announced(200_000, 200_000)) == "too_many_pixels"
    assert refused("a.png", announced(19_000, 19_000)) == "too_many_pixels"
    assert refused("a.png", announced(9_000, 9_000)) == "too_many_pixels"
    assert refused("a.png", announced(2**31 - 1, 2**31 - 1)) in ("side_too_long", "too_many_pixels")


def test_limits_are_those_that_were_asked_for(photo: Rgb, save: Callable[..., bytes]) -> None:
    data = save(photo, "PNG")
    assert refused("a", data, max_bytes=len(data) - 1) == "too_many_bytes"
    assert refused("a", data, max_pixels=64 * 40 - 1) == "too_many_pixels"
    assert refused("a", data, max_side=63) == "side_too_long"
    assert refused("a", data, min_side=41) == "side_too_short"
    assert np.array_equal(decode("a", data, limits=Limits(len(data), 64 * 40, 64, 40)).rgb, photo)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_several_frames_are_refused_unless_the_first_is_asked_for(
    form: str, photo: Rgb, save: Callable[..., bytes]
) -> None:
    frames = [Image.fromarray(np.roll(photo, shift, 1)).quantize(16) for shift in (0, 9, 30)]
    frames = frames if form == "GIF" else [frame.convert("RGB") for frame in frames]
    extra = {"lossless": True} if form == "WEBP" else {}
    data = save(frames[0], form, save_all=True, append_images=frames[1:], **extra)
    assert refused("a", data) == "several_frames"
    first = decode("a", data, limits=Limits(first_frame=True))
    assert np.array_equal(first.rgb, np.asarray(frames[0].convert("RGB")))
    assert first.facts.frames == 2


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIC"])
def test_a_file_that_breaks_off_is_refused(form: str, share: float, save: Callable[..., bytes]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (48, 48, 3)).astype(np.uint8)
    data = heic(noise) if form == "HEIC" else save(noise, form)
    assert refused("a", data[: int(len(data) * share)]) in ("truncated", "damaged")


def test_a_jpeg_closed_after_it_broke_off_is_found_by_its_grey_end(save: Callable[..., bytes]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (96, 48, 3)).astype(np.uint8)
    whole = save(noise, "JPEG", quality=90)
    assert decode("a", whole).facts.grey_rows == 0
    assert (decode("a", whole[: len(whole) // 2] + b"\xff\xd9").facts.grey_rows or 0) >= 32


def test_broken_metadata_is_no_reason_to_refuse(photo: Rgb, save: Callable[..., bytes]) -> None:
    data = save(photo, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f", icc_profile=b"broken")
    decoded = decode("a", data)
    assert decoded.facts.icc == "invalid"
    assert decoded.facts.orientation == 1


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIC"])
def test_no_change_to_a_file_makes_anything_but_a_picture_or_a_refusal(
    form: str, photo: Rgb, save: Callable[..., bytes]
) -> None:
    whole = heic(photo) if form == "HEIC" else save(photo, form)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged(whole))
    def attack(data: bytes) -> None:
        with contextlib.suppress(RefusedError):
            rgb = decode("a", data).rgb
            assert (rgb.ndim, rgb.dtype, rgb.flags.c_contiguous) == (3, np.dtype(np.uint8), True)

    attack()


@given(st.binary(max_size=300), st.sampled_from(sorted(Kind)))
def test_no_bytes_make_anything_but_a_picture_or_a_refusal(noise: bytes, kind: Kind) -> None:
    starts = {Kind.JPEG: b"\xff\xd8\xff", Kind.PNG: b"\x89PNG\r\n\x1a\n", Kind.GIF: b"GIF89a"}
    starts |= {
        Kind.TIFF: b"II*\0",
        Kind.WEBP: b"RIFF\xff\0\0\0WEBP",
        Kind.BMP: b"BM" + bytes(12) + b"\x28\0\0\0",
    }
    starts |= {Kind.AVIF: b"\0\0\0\x10ftypavif\0\0\0\0", Kind.HEIC: b"\0\0\0\x10ftypheic\0\0\0\0"}
    assert refused("a", starts[kind] + noise) in ("damaged", "truncated", "decoder_memory", "side_too_short")


def test_all_real_odd_files_end_as_a_picture_or_a_refusal_and_none_breaks_the_decoder(odd: Path) -> None:
    decoder = Decoder(30, 2_500_000_000)
    ends: Counter[str] = Counter()
    for path in sorted(path for path in odd.rglob("*") if path.is_file()):
        try:
            rgb = decoder.decode(path.name, path.read_bytes(), Limits(), "#ffffff").rgb
        except RefusedError as refusal:
            ends[refusal.reason] += 1
        else:
            ends["picture"] += rgb.shape[2] == 3
    decoder.close()
    assert not {reason for reason in ends if reason.startswith("decoder")}
    assert ends["picture"] > 500
    assert ends["damaged"] > 200
