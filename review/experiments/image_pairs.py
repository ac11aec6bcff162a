"""Pairs of pictures before and after an edit, from two files or from two folders with equal names."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gates.edit import Edit
from imaging.codec import Codec
from imaging.mask import read_mask
from imaging.refusal import RefusedError
from line.errors import InputError
from line.picture import Mask, Rgb
from models.subject import PlainGround

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})


@dataclass(frozen=True, slots=True)
class Pair:
    """Files of one picture before and after an edit, and of its mask if there is one."""

    name: str
    before: Path
    after: Path
    mask: Path | None = None

    def edit(self, codec: Codec, transform: str) -> Edit:
        first, second = read(codec, self.before), read(codec, self.after)
        mask = read_mask_of(codec, first, self.mask) if self.mask else None
        return Edit(transform, first, second, mask=mask, find_subject=PlainGround().saliency)


def pairs(before: Path, after: Path, mask: Path | None = None) -> list[Pair]:
    """The pair of two files, or the pairs of all names that two folders share.

    Args:
        before, after: two files or two folders.
        mask: mask file, or folder of masks ``NAME.png``.

    Raises:
        InputError: one path is a file and the other a folder, or the folders share no name.
    """
    if before.is_file() and after.is_file():
        return [Pair(before.name, before, after, mask)]
    if not (before.is_dir() and after.is_dir()):
        raise InputError("BEFORE and AFTER must both be files or both be folders")
    shared = list(_shared(before, after, mask))
    if not shared:
        raise InputError(f"{before} and {after} have no picture of the same name")
    return shared


def _shared(before: Path, after: Path, mask: Path | None) -> Iterator[Pair]:
    for path in sorted(before.rglob("*")):
        name = path.relative_to(before)
        if path.suffix.lower() in SUFFIXES and (after / name).is_file():
            mask_path = mask / name.with_suffix(".png") if mask else None
            yield Pair(
                str(name), path, after / name, mask_path if mask_path and mask_path.is_file() else None
            )


def read(codec: Codec, path: Path) -> Rgb:
    """[H, W, 3] uint8 sRGB picture of a file, decoded as at admission; transparency becomes white.

    Raises:
        InputError: the file cannot be admitted.
    """
    try:
        return codec.decode(path.name, path.read_bytes()).rgb
    except RefusedError as error:
        raise InputError(f"{path}: {error.sentence}") from None


def read_mask_of(codec: Codec, picture: Rgb, path: Path) -> Mask:
    """[H, W] uint8 mask of a picture, from a file in any supported format.

    Raises:
        InputError: the file cannot be read, or its size differs from the picture's.
    """
    try:
        mask = read_mask(codec, path.name, path.read_bytes())
    except RefusedError as error:
        raise InputError(f"mask {path}: {error.sentence}") from None
    if mask.shape != picture.shape[:2]:
        (high, wide), (rows, columns) = picture.shape[:2], mask.shape
        raise InputError(f"mask {path}: {columns} × {rows} pixels, its picture has {wide} × {high}")
    return mask
