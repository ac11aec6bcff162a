"""``sluice judge``: the gates alone, on two files or two folders."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from gates.contract import judge as judge_edit
from gates.contract import registry as gate_registry
from gates.edit import Edit
from line.errors import InputError
from line.photo.apart import decode_apart
from line.photo.mask import read_mask
from line.photo.refusal import RefusedError
from line.picture import Mask, Rgb
from review import show

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})
path_argument = click.Path(exists=True, path_type=Path)


@click.command()
@click.option("--transform", "-t", required=True, help="Which step's gates: erase_text, upscale, …")
@click.argument("before", type=path_argument)
@click.argument("after", type=path_argument)
@click.option(
    "--mask", type=path_argument, help="White where pixels were allowed to change; a file or a folder."
)
@click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout.")
def judge(transform: str, before: Path, after: Path, mask: Path | None, as_json: bool) -> None:
    """Judge an edit: the picture BEFORE and AFTER it, as files or as folders of the same names.

    One line each: name, verdict (pass or flag), reasons, readings. Exit code 0 whatever the verdict.
    """
    known = sorted({name for gate in gate_registry().gates.values() for name in gate.transforms})
    if transform not in known:
        raise InputError(f"--transform {transform}: there are gates for {', '.join(known)}")
    lines = (_judge(transform, *files) for files in _pairs(before, after, mask))
    if as_json:
        for line in lines:
            show.as_json(line)
        return
    cells = ((line["name"], line["verdict"], "; ".join(line["reasons"])) for line in lines)
    show.rows(f"gates of {transform}", ("name", "verdict", "reasons"), cells)


def _pairs(before: Path, after: Path, mask: Path | None) -> Iterator[tuple[str, Path, Path, Path | None]]:
    if before.is_file() and after.is_file():
        yield before.name, before, after, mask
        return
    if not (before.is_dir() and after.is_dir()):
        raise InputError("BEFORE and AFTER must both be files or both be folders")
    names = [
        path.relative_to(before) for path in sorted(before.rglob("*")) if path.suffix.lower() in SUFFIXES
    ]
    both = [name for name in names if (after / name).is_file()]
    if not both:
        raise InputError(f"{before} and {after} have no picture of the same name")
    for name in both:
        covers = mask / name.with_suffix(".png") if mask else None
        yield str(name), before / name, after / name, covers if covers and covers.is_file() else None


def _judge(transform: str, name: str, before: Path, after: Path, mask: Path | None) -> dict[str, Any]:
    first, second = _read(before), _read(after)
    edit = Edit(transform, first, second, mask=_read_mask(mask, first) if mask else None)
    verdict = judge_edit(edit)
    return {
        "name": name,
        "verdict": "pass" if verdict.passed else "flag",
        "reasons": [str(reason) for reason in verdict.reasons],
        "readings": dict(verdict.readings),
    }


def _read(path: Path) -> Rgb:
    try:
        return decode_apart(path.name, path.read_bytes()).rgb
    except RefusedError as error:
        raise InputError(f"{path}: {error.sentence}") from None


def _read_mask(path: Path, picture: Rgb) -> Mask:
    try:
        read = read_mask(path.name, path.read_bytes())
    except RefusedError as error:
        raise InputError(f"--mask {path}: {error.sentence}") from None
    if read.shape != picture.shape[:2]:
        raise InputError(f"--mask {path}: must be a picture of the same size as BEFORE")
    return read


COMMANDS = [judge]
