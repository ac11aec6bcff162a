"""``sluice provenance``: compare the origin and rights stated in delivered files with the record."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from line.errors import InputError, SluiceError
from review.cli.options import json_option
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from imaging.codec import Codec
    from imaging.metadata.marks import Marks

_MANIFEST: Final = "manifest.jsonl"


class ProvenanceError(SluiceError):
    """Raised when a delivered file's statements differ from the record."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file compared with its record.

    Attributes:
        marks: the statements in the file.
        has_c2pa: whether the file has a C2PA manifest.
        recorded: the statements that the record requires; None if no manifest lists the file.
        differences: in words; empty if there are none.
    """

    file: str
    marks: "Marks"
    has_c2pa: bool
    recorded: dict[str, Any] | None
    differences: tuple[str, ...]


@click.command()
@click.argument(
    "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True
)
@json_option
@pass_session
def provenance(session: Session, files: tuple[Path, ...], as_json: bool) -> None:
    """Compare the origin and rights stated in delivered FILES with the record.

    The record is the manifest.jsonl in the file's folder or in a folder above it. Exit code 1 if a file
    differs from its record.

    Example: sluice provenance out/spring/hat.jpg
    """
    from review.cli import console

    compared = [compare(session.codec, path) for path in files]
    if as_json:
        console.as_json([_as_dict(entry) for entry in compared])
    else:
        for entry in compared:
            click.echo(_as_text(entry))
    if differing := [entry.file for entry in compared if entry.differences]:
        raise ProvenanceError(f"{len(differing)} of {len(compared)} files differ from the record")


def compare(codec: "Codec", path: Path) -> Comparison:
    """One delivered file against the manifest beside or above it.

    Raises:
        InputError: the file is no picture.
    """
    import hashlib

    from imaging.limits import Limits
    from imaging.metadata.marks import Marks
    from imaging.metadata.rights import Rights
    from imaging.refusal import RefusedError
    from line.source_types import strongest

    data = path.read_bytes()
    try:
        facts = codec.decode(path.name, data, limits=Limits(min_side=1)).facts
    except RefusedError as error:
        raise InputError(f"{path}: {error.sentence}") from None
    marks = Marks(strongest(facts.source_types), facts.aigc, Rights.from_dict(facts.rights))
    entry = _recorded(path.resolve())
    differences = []
    if entry is not None:
        if marks.to_dict() != entry["marks"]:
            differences.append(f"it says {_short(marks.to_dict())}, the record {_short(entry['marks'])}")
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            differences.append("its bytes were changed since it was delivered")
    recorded = entry["marks"] if entry else None
    return Comparison(str(path), marks, facts.c2pa, recorded, tuple(differences))


def _recorded(path: Path) -> dict[str, Any] | None:
    """Marks and SHA-256 by the nearest manifest that names the file."""
    from line.delivery import rendition_path

    for folder in path.parents:
        manifest = folder / _MANIFEST
        if not manifest.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        for line in manifest.read_text("utf-8").splitlines():
            image = json.loads(line)
            delivered = image.get("delivered")
            if not (image.get("file") and delivered):
                continue
            if image["file"] == name:
                return {"marks": delivered["marks"], "sha256": delivered["sha256"]}
            for rendition in delivered.get("renditions", ()):
                if (rendition.get("file") or rendition_path(rendition["name"], image["file"])) == name:
                    return {"marks": delivered["marks"], "sha256": rendition["sha256"]}
    return None


def _as_dict(entry: Comparison) -> dict[str, Any]:
    return {
        "file": entry.file,
        "marks": entry.marks.to_dict(),
        "c2pa": entry.has_c2pa,
        "recorded": entry.recorded,
        "agrees": None if entry.recorded is None else not entry.differences,
        "differences": list(entry.differences),
    }


def _as_text(entry: Comparison) -> str:
    lines = [entry.file, f"  origin: {entry.marks.source_type or 'not stated'}"]
    lines += [f"  {name}: {value}" for name, value in entry.marks.rights.to_dict().items()]
    if entry.marks.aigc:
        lines.append(f"  AIGC label: {entry.marks.aigc}")
    if entry.has_c2pa:
        lines.append("  content credentials: present")
    if entry.recorded is None:
        lines.append(f"  record: no {_MANIFEST} names it")
    else:
        lines.append(f"  record: {'; '.join(entry.differences) or 'agrees'}")
    return "\n".join(lines)


def _short(marks: dict[str, Any]) -> str:
    return json.dumps(marks, ensure_ascii=False) if marks else "nothing"


COMMANDS = [provenance]
