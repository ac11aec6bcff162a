"""Pictures before and after an edit, as two files or as two folders of the same names."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gates.edit import Edit
from imaging.mask import read_mask
from imaging.refusal import RefusedError
from imaging.sandbox.photo_client import decode_sandboxed
from line.errors import InputError
from line.picture import Mask, Rgb

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files of one picture, and its mask's where there is one."""

    name: str
    before: Path
    after: Path
    mask: Path | None = None

    def edit(self, transform: str) -> Edit:
        first, second = read(self.before), read(self.after)
        return Edit(transform, first, second, mask=read_mask_of(first, self.mask) if self.mask else None)


def pairs(before: Path, after: Path, mask: Path | None = None) -> list[Pair]:
    """The one pair of two files, or every name that two folders share.

    Raises:
        InputError: a file beside a folder, or folders without a common name.
    """
    if before.is_file() and after.is_file():
        return [Pair(before.name, before, after, mask)]
    if not (before.is_dir() and after.is_dir()):
        raise InputError("BEFORE and AFTER must both be files or both be folders")
    found = list(_shared(before, after, mask))
    if not found:
        raise InputError(f"{before} and {after} have no picture of the same name")
    return found


def _shared(before: Path, after: Path, mask: Path | None) -> Iterator[Pair]:
    for path in sorted(before.rglob("*")):
        name = path.relative_to(before)
        if path.suffix.lower() in SUFFIXES and (after / name).is_file():
            covers = mask / name.with_suffix(".png") if mask else None
            yield Pair(str(name), path, after / name, covers if covers and covers.is_file() else None)


def read(path: Path) -> Rgb:
    """A file as the line would admit it, on white.

    Raises:
        InputError: it is none that the line admits.
    """
    try:
        return decode_sandboxed(path.name, path.read_bytes()).rgb
    except RefusedError as error:
        raise InputError(f"{path}: {error.sentence}") from None


def read_mask_of(picture: Rgb, path: Path) -> Mask:
    """A picture's mask, [H, W] uint8, from a file of any kind.

    Raises:
        InputError: it cannot be read, or is not of the picture's size.
    """
    try:
        mask = read_mask(path.name, path.read_bytes())
    except RefusedError as error:
        raise InputError(f"mask {path}: {error.sentence}") from None
    if mask.shape != picture.shape[:2]:
        (high, wide), (rows, columns) = picture.shape[:2], mask.shape
        raise InputError(f"mask {path}: {columns} × {rows} pixels, its picture has {wide} × {high}")
    return mask
