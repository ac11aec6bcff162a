"""Structures read without a decoder, from files that other programs wrote."""

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
import pyvips
from PIL import Image

from imaging.containers import isobmff, jpeg, png, tiff
from imaging.decode import decode
from imaging.refusal import RefusedError
from line.picture import Rgb


def entry(tag: int, kind: int, *values: int) -> tuple[int, int, tuple[int, ...]]:
    return tag, kind, values


def little_tiff(*directories: list[tuple[int, int, tuple[int, ...]]]) -> bytes:
    """A classic TIFF of these directories, each with entries whose values fit into four bytes."""
    data, at = b"", 8
    for number, entries in enumerate(directories):
        body = struct.pack("<H", len(entries))
        for tag, kind, values in entries:
            packed = struct.pack(f"<{len(values)}{'HI'[kind == 4]}", *values).ljust(4, b"\0")
            body += struct.pack("<HHI", tag, kind, len(values)) + packed
        at += len(body) + 4
        body += struct.pack("<I", at if number + 1 < len(directories) else 0)
        data += body
    return b"II*\0" + struct.pack("<I", 8) + data


def test_thumbnails_and_masks_are_no_pages() -> None:
    full, thumbnail, mask, old = (
        [entry(254, 4, 0)], [entry(254, 4, 1)], [entry(254, 4, 4)], [entry(255, 3, 2)]
    )  # fmt: skip
    assert tiff.pages(little_tiff(full, thumbnail, mask, old)) == [0]
    assert tiff.pages(little_tiff(thumbnail, full)) == [1]
    assert tiff.pages(little_tiff(full, full)) == [0, 1]


def test_a_chain_that_bites_its_tail_ends() -> None:
    data = bytearray(little_tiff([entry(254, 4, 0)]))
    data[-4:] = struct.pack("<I", 8)
    assert tiff.pages(bytes(data)) == [0]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (little_tiff([entry(50706, 4, 1)]), "DNG"),
        (little_tiff([entry(262, 3, 32803)]), "camera raw"),
        (little_tiff([entry(259, 3, 34713)]), "camera raw"),
        (little_tiff([entry(330, 4, 26)], [entry(262, 3, 34892)]), "camera raw"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(40), "CR2"),
        (little_tiff([entry(262, 3, 2)]), None),
        (b"nothing", None),
    ],
)
def test_a_camera_raw_is_known_by_what_is_in_it(data: bytes, name: str | None) -> None:
    assert tiff.raw_name(data) == name


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"FUJIFILMCCD-RAW 0201", "RAF"),
        (b"IIU\0\x18\0\0\0", "RW2"),
        (b"IIRO\x08\0\0\0", "ORF"),
        (b"FOVb\0\0\0\0", "X3F"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "CR3"),
    ],
)
def test_raws_that_are_no_tiff_are_refused_by_their_name(start: bytes, name: str) -> None:
    with pytest.raises(RefusedError, match=name) as caught:
        decode("a.jpg", start + bytes(64))
    assert caught.value.reason == "camera_raw"


@pytest.mark.parametrize(
    ("marker", "precision", "word"),
    [(0xC3, 8, "lossless"), (0xF7, 8, "JPEG-LS"), (0xC1, 12, "12 bits"), (0xC5, 8, "hierarchical")],
)
def test_codings_that_are_not_taken_are_refused_by_their_true_name(
    marker: int, precision: int, word: str, save: Callable[..., bytes]
) -> None:
    data = bytearray(save(np.full((32, 32, 3), 90, np.uint8), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 1], data[at + 4] = marker, precision
    with pytest.raises(RefusedError, match=word) as caught:
        decode("a.jpg", bytes(data))
    assert caught.value.reason == "unsupported_coding"


def test_the_segments_of_a_jpeg_cover_it_without_a_gap(photo: Rgb, save: Callable[..., bytes]) -> None:
    data = save(photo, "JPEG", progressive=True, comment="hello", restart_marker_rows=1)
    parts = list(jpeg.segments(data))
    assert b"".join(data[part.start : part.end] for part in parts) == data
    assert jpeg.scan_count(data) == sum(part.marker == jpeg.SOS for part in parts) > 1


def test_the_segments_end_where_the_picture_does(photo: Rgb, save: Callable[..., bytes]) -> None:
    first = save(photo, "JPEG")
    assert list(jpeg.segments(first + first))[-1].end == len(first)


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_depth_is_read_from_the_boxes(bits: int) -> None:
    image = pyvips.Image.new_from_array(np.full((64, 64, 3), 500, np.uint16)).copy(interpretation="rgb16")
    data = image.write_to_buffer(".avif", compression="av1", bitdepth=bits)
    assert isobmff.properties(data).bits == bits
    assert isobmff.is_complete(data)
    assert not isobmff.is_complete(data[:-20])


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_no_cut_breaks_a_reader(cut: int, photo: Rgb, save: Callable[..., bytes]) -> None:
    for form in ("JPEG", "PNG", "TIFF", "AVIF"):
        data = save(photo, form)[:cut]
        assert list(jpeg.segments(data)) is not None
        assert isinstance(png.texts(data), dict)
        assert isinstance(tiff.pages(data), list)
        assert isobmff.properties(data).bits in range(256)


def test_every_chunk_of_a_good_png_is_intact(photo: Rgb) -> None:
    out = io.BytesIO()
    Image.fromarray(photo).save(out, "PNG")
    types = [chunk.type for chunk in png.chunks(out.getvalue())]
    assert (types[0], types[-1]) == (b"IHDR", b"IEND")
    assert png.first_damaged_chunk(out.getvalue()) is None
