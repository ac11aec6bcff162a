"""Pictures of a folder for experiments with models, with mask files if there are any."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from imaging.codec import Codec
from line.errors import InputError
from line.picture import Mask, Rgb
from review.experiments.image_pairs import SUFFIXES, read, read_mask_of

MASK = ".mask.png"
WORDS = "SAMPLE 2026"
"""Text drawn as the mask of pictures without a mask file."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture of a folder.

    Attributes:
        name: path relative to the folder.
        path: path of the file.
        codec: opens it.
        mask_path: ``NAME.mask.png`` beside ``NAME.jpg``; None if there is none.
    """

    name: str
    path: Path
    codec: Codec
    mask_path: Path | None = None

    def rgb(self) -> Rgb:
        """[H, W, 3] uint8 sRGB.

        Raises:
            InputError: the file cannot be admitted.
        """
        return read(self.codec, self.path)

    def sha256(self) -> str:
        return sha256(self.path.read_bytes()).hexdigest()

    def mask(self, rgb: Rgb) -> Mask:
        """[H, W] uint8, 255 for pixels to fill: the mask file, or drawn letters without one.

        Raises:
            InputError: the mask file cannot be read, or its size differs from the picture's.
        """
        if self.mask_path is None:
            return drawn(rgb.shape[1], rgb.shape[0])
        return np.where(read_mask_of(self.codec, rgb, self.mask_path) > 127, 255, 0).astype(np.uint8)


def samples(codec: Codec, paths: Sequence[Path]) -> list[Sample]:
    """The pictures among files and folders (recursively), sorted by name.

    Of pairs ``NAME.before.png`` and ``NAME.after.png``, only the first is used.

    Raises:
        InputError: there is no picture.
    """
    pictures = [sample for path in paths for sample in _of(codec, path)]
    if not pictures:
        raise InputError(f"{', '.join(map(str, paths))}: no picture is there ({', '.join(sorted(SUFFIXES))})")
    return pictures


def drawn(width: int, height: int) -> Mask:
    """[height, width] uint8 mask of letters across the lower half; it depends only on the size."""
    mask = np.zeros((height, width), np.uint8)
    thick = max(1, round(width / 160))
    (wide, high), _ = cv2.getTextSize(WORDS, cv2.FONT_HERSHEY_DUPLEX, 1.0, thick)
    scale = 0.6 * width / wide
    at = (round(0.2 * width), round(0.7 * height + high * scale / 2))
    cv2.putText(mask, WORDS, at, cv2.FONT_HERSHEY_DUPLEX, scale, 255, thick, cv2.LINE_8)
    return mask


def _of(codec: Codec, path: Path) -> Iterator[Sample]:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    for file in files:
        if file.suffix.lower() not in SUFFIXES or file.name.endswith((MASK, ".after.png")):
            continue
        plain = file.with_suffix("").name.removesuffix(".before")
        mask = file.with_name(plain + MASK)
        name = file.name if path.is_file() else file.relative_to(path).as_posix()
        yield Sample(name, file, codec, mask if mask.is_file() else None)
