"""Pictures of a folder for trials of models: decoded as the line would, with a mask where one lies beside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from line.errors import InputError
from line.picture import Mask, Rgb
from review.experiments.image_pairs import SUFFIXES, read, read_mask_of

MASK = ".mask.png"
WORDS = "SAMPLE 2026"
"""Written as a hole where no mask lies beside a picture."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture of a folder.

    Attributes:
        name: its path below the folder.
        mask_path: ``NAME.mask.png`` beside ``NAME.jpg``, where there is one.
    """

    name: str
    path: Path
    mask_path: Path | None = None

    def rgb(self) -> Rgb:
        """[H, W, 3] uint8.

        Raises:
            InputError: it is none that the line admits.
        """
        return read(self.path)

    def sha256(self) -> str:
        return sha256(self.path.read_bytes()).hexdigest()

    def mask(self, rgb: Rgb) -> Mask:
        """[H, W] uint8, 255 where to fill: the file beside, or drawn letters where there is none.

        Raises:
            InputError: the file beside cannot be read, or is not of the picture's size.
        """
        if self.mask_path is None:
            return drawn(rgb.shape[1], rgb.shape[0])
        return np.where(read_mask_of(rgb, self.mask_path) > 127, 255, 0).astype(np.uint8)


def samples(paths: Sequence[Path]) -> list[Sample]:
    """The pictures in folders (and below) and files, in the order of their names.

    Of test vectors (``NAME.before.png``, ``NAME.after.png``) those before.

    Raises:
        InputError: there is none.
    """
    found = [sample for path in paths for sample in _of(path)]
    if not found:
        raise InputError(f"{', '.join(map(str, paths))}: no picture is there ({', '.join(sorted(SUFFIXES))})")
    return found


def drawn(width: int, height: int) -> Mask:
    """[height, width] uint8: letters across the middle of the lower half, the same for each size."""
    mask = np.zeros((height, width), np.uint8)
    thick = max(1, round(width / 160))
    (wide, high), _ = cv2.getTextSize(WORDS, cv2.FONT_HERSHEY_DUPLEX, 1.0, thick)
    scale = 0.6 * width / wide
    at = (round(0.2 * width), round(0.7 * height + high * scale / 2))
    cv2.putText(mask, WORDS, at, cv2.FONT_HERSHEY_DUPLEX, scale, 255, thick, cv2.LINE_8)
    return mask


def _of(path: Path) -> Iterator[Sample]:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    for file in files:
        if file.suffix.lower() not in SUFFIXES or file.name.endswith((MASK, ".after.png")):
            continue
        plain = file.with_suffix("").name.removesuffix(".before")
        mask = file.with_name(plain + MASK)
        name = file.name if path.is_file() else file.relative_to(path).as_posix()
        yield Sample(name, file, mask if mask.is_file() else None)
