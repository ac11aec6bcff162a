"""Files that people reported, held against their right look (CIE76 on area means); skipped where they are not there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imaging.codec import Codec
from imaging.decode import decode
from imaging.refusal import RefusedError
from line.facts import Facts
from line.picture import Flagged, Original
from tasks.admit import admit

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "reported"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no reported files beside the project")

CODEC = Codec()
LOSSY = (1.2, 5.0)
"""A JPEG with halved chroma differs by this much from its own source; conversion must not add to it."""
LOOKS = {
    "adobe_chrm_gama.png": (0.3, 1.5),
    "p3_cicp.png": (0.3, 1.5),
    "grey16_miniswhite.tif": (0.1, 0.5),
    "linear16_gama.png": (0.1, 0.6),
    "linear16_photo.png": (0.1, 0.5),
    "prophoto16.tif": (0.4, 1.2),
    "thumb_page.tif": (0.1, 0.5),
    "_DSC0001_adobe_dcf.jpg": LOSSY,
    "jpeg_arithmetic.jpg": LOSSY,
    "hdr_pq_bt2020.avif": (2.8, 11.0),  # of 38 kB: its own losses
}
"""Maximum mean and 99th percentile of ΔE76."""


def path_of(name: str) -> Path:
    return FOLDER / name.replace(".", "_") / name


def lab(rgb: Any) -> np.ndarray:
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ np.array(
        [
            [0.4124564, 0.2126729, 0.0193339],
            [0.3575761, 0.7151522, 0.1191920],
            [0.1804375, 0.0721750, 0.9503041],
        ]
    )
    ratio = xyz / [0.95047, 1, 1.08883]
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    )


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_a_reported_picture_has_its_right_look(name: str) -> None:
    path = path_of(name)
    decoded = decode(name, path.read_bytes())
    expected = np.asarray(Image.open(path.parent / "expected_look.png").convert("RGB"))
    size = (expected.shape[1], expected.shape[0])
    shown = np.asarray(Image.fromarray(decoded.rgb).resize(size, Image.Resampling.BOX))
    difference = np.sqrt(((lab(shown) - lab(expected)) ** 2).sum(axis=-1))
    mean, high = LOOKS[name]
    assert difference.mean() <= mean
    assert np.percentile(difference, 99) <= high


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("jpeg_ftp_ascii_data.jpg", "data_damaged"),
        ("jpeg_hole.jpg", "data_damaged"),
        ("jpeg_progressive_cut_eoi.jpg", "scans_missing"),
    ],
)
def test_a_reported_broken_file_goes_to_a_person(name: str, reason: str) -> None:
    (outcome,) = admit.function([Original(name, path_of(name).read_bytes())], None, CODEC)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == reason


def test_a_reported_raw_is_refused_by_its_name() -> None:
    with pytest.raises(RefusedError, match="DNG"):
        decode("a.dng", path_of("raw_medium_preview.dng").read_bytes())


def test_reported_marks_and_rights_are_read() -> None:
    def facts(name: str) -> Facts:
        return decode(name, path_of(name).read_bytes()).facts

    assert facts("ai_png_compressed_xmp.png").source_types == ("trainedAlgorithmicMedia",)
    assert facts("ai_china_tc260.jpg").aigc
    rights = facts("rights.jpg").rights
    assert {"creator", "copyright", "credit", "license_url"} <= set(rights or ())
