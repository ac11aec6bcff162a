"""Weights by name: what the catalogue trusts, what this machine has, and whether a file is what it should be."""

import fcntl
import hashlib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from line.errors import ModelError
from line.settings import settings
from models.task import Task

CATALOG = Path(__file__).parent / "catalog.toml"
MANIFEST = "manifest.json"

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
Hash = Annotated[str, Field(pattern=r"^([0-9a-f]{8,64})?$")]


def _inside(path: str) -> str:
    """Refuse a path that would leave its folder."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path:
        raise ValueError("a file's name must stay inside its model's folder")
    return path


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class File(_Table):
    """One file of a model.

    Attributes:
        path: below the model's folder.
        url: ``https://…``, or ``hf://OWNER/REPO@REVISION/PATH`` on the hub; "" where it was added by hand.
        sha256: all 64 digits, or the leading ones (8 at least) where no more is published; "" where none
            is: then the person who gets it has to say.
        bytes: its length, once it is here.
    """

    path: Annotated[str, AfterValidator(_inside)]
    url: str = ""
    sha256: Hash = ""
    bytes: int | None = None


class Weights(_Table):
    """One set of weights and how it is to be read.

    Attributes:
        reader: the module of this package whose ``model_of`` makes a model of it.
        memory: MB held once it is loaded; 0: as much as its files.
        memory_per_megapixel: MB of working memory per megapixel of input.
        generative: whether it invents content (inpainting, GAN, diffusion) rather than estimating what was there.
        options: what the reader wants to know beside.
    """

    name: Name
    task: Task
    reader: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    licence: str
    source: str
    revision: str
    files: tuple[File, ...] = Field(min_length=1)
    memory: float = Field(0.0, ge=0)
    memory_per_megapixel: float = Field(2000.0, ge=0)
    generative: bool = True
    options: dict[str, Any] = {}

    @property
    def folder(self) -> Path:
        return weights_folder() / self.name

    @property
    def sha256(self) -> str:
        """Of the one file; of the list ``HASH  PATH`` (as ``sha256sum`` prints it) where there are more."""
        if len(self.files) == 1:
            return self.files[0].sha256
        listed = "".join(f"{file.sha256}  {file.path}\n" for file in sorted(self.files, key=lambda f: f.path))
        return hashlib.sha256(listed.encode()).hexdigest()

    @property
    def version(self) -> str:
        """The revision with the first digits of the hash, for the record."""
        return f"{self.revision}/{self.sha256[:12]}".rstrip("/")

    @property
    def held(self) -> float:
        """MB that it holds once loaded, as declared."""
        return self.memory or sum(file.bytes or 0 for file in self.files) / 1e6


def weights_folder() -> Path:
    return settings().home_folder / "weights"


# --- what there is -------------------------------------------------------------------------------


@cache
def catalog() -> dict[str, Weights]:
    """The trusted sets that come with the line, by name; none of them is fetched unless asked for."""
    tables = tomllib.loads(CATALOG.read_text("utf-8"))
    return {name: Weights(name=name, **table) for name, table in tables.items()}


def registered() -> dict[str, Weights]:
    """The sets in the weights folder, by name.

    Raises:
        ModelError: the manifest there cannot be read.
    """
    path = weights_folder() / MANIFEST
    try:
        status = path.stat()
    except OSError:
        return {}
    # a file's date is coarse: two writes within a few milliseconds may bear the same one
    return _read(path, (status.st_mtime_ns, status.st_ino, status.st_size))


def known() -> dict[str, Weights]:
    """The catalogue, and over it what is registered here."""
    return catalog() | registered()


@cache
def _read(path: Path, stamp: tuple[int, ...]) -> dict[str, Weights]:
    try:
        return {name: Weights(**table) for name, table in json.loads(path.read_text("utf-8")).items()}
    except (OSError, ValueError, TypeError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise ModelError(
            f"{path} cannot be read ({first}): mend it, or delete it and add the weights again"
        ) from None


def place(weights: Weights, file: File) -> Path:
    """Where a file lies or belongs: in the model's folder; torchvision's may lie in torch's own cache."""
    own = weights.folder / file.path
    if own.exists() or not file.url.startswith("https://download.pytorch.org/"):
        return own
    home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "torch"
    cached = Path(home).expanduser() / "hub" / "checkpoints" / file.path
    return cached if cached.is_file() else own


def missing(weights: Weights) -> str | None:
    """What is to be done before these weights can be loaded, or None; looks at names and lengths only."""
    for file in weights.files:
        path = place(weights, file)
        if path.is_file() and (file.bytes is None or path.stat().st_size == file.bytes):
            continue
        if path.is_file():
            return f"{path} has {path.stat().st_size} bytes instead of {file.bytes}: sluice models pull {weights.name}"
        if not file.url:
            return f"{path} is gone: sluice models add FILE --name {weights.name}"
        pin = "" if file.sha256 else " --sha256 HASH (none is published that could be trusted)"
        return f"not here yet: sluice models pull {weights.name}{pin}"
    return None


def paths(weights: Weights) -> list[Path]:
    """Where its files lie, each checked against its hash.

    Raises:
        ModelError: one is missing or is not what it should be; that one is set aside.
    """
    if lacking := missing(weights):
        raise ModelError(f"{weights.name} is not ready: {lacking}")
    found = [place(weights, file) for file in weights.files]
    for path, file in zip(found, weights.files, strict=True):
        check(path, file.sha256)
    return found


# --- what a file is ------------------------------------------------------------------------------


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(path: Path, sha256: str) -> str:
    """The file's SHA-256, which starts with ``sha256``.

    Raises:
        ModelError: it does not; the file is renamed, so that it can be looked at and cannot be loaded.
    """
    found = sha256_of(path)
    if found.startswith(sha256):
        return found
    if not path.is_relative_to(weights_folder()):
        raise ModelError(f"{path} has the SHA-256 {found}, not {sha256}: it is refused")
    aside = path.with_name(path.name + ".refused")
    path.replace(aside)
    raise ModelError(
        f"{path.name} has the SHA-256 {found}, not {sha256}: it is refused and set aside as {aside}"
    )


# --- writing it down -----------------------------------------------------------------------------


def register(weights: Weights) -> None:
    """Write a set whose files are in place into the manifest, in place of one of the same name."""
    with _locked() as folder:
        listed = dict(registered()) | {weights.name: weights}
        tables: Mapping[str, Any] = {
            name: entry.model_dump(mode="json") for name, entry in sorted(listed.items())
        }
        fresh = folder / f"{MANIFEST}.{os.getpid()}"
        fresh.write_text(json.dumps(tables, indent=2) + "\n", "utf-8")
        fresh.replace(folder / MANIFEST)


@contextmanager
def _locked() -> Iterator[Path]:
    folder = weights_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
