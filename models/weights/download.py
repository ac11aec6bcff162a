"""Download of weights over HTTPS or from a mirror folder, with resumption and hash check."""

import http.client
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit

from line.errors import ModelError
from models.weights import manifest, package
from models.weights.manifest import File, Weights

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Callback for progress: (file, bytes received, total bytes or None)."""

CHUNK_BYTES = 1 << 20
MAX_ATTEMPTS = 5
TIMEOUT = 30.0
"""Timeout of each network operation (seconds)."""


def _silent(file: str, received: int, total: int | None) -> None:
    """Ignore the progress."""


def pull(
    wanted: Weights,
    *,
    sha256: str = "",
    mirror: Path | None = None,
    progress: Progress = _silent,
) -> Weights:
    """Fetch the files of ``wanted`` into the weights folder and register the set with full hashes.

    Files that are there with the right hash are not fetched again; files that ship with Sluice are only checked.

    Args:
        wanted: the set of weights, with the weights folder as its root.
        sha256: hash of the file if the catalogue has none; only for sets of one file.
        mirror: folder to copy the files from instead of downloading.
        progress: callback for progress.

    Raises:
        ModelError: a hash is missing, a file cannot be fetched, or its hash is wrong; a wrong file is renamed to
            ``.refused``.
    """
    if wanted.is_shipped:
        manifest.paths(wanted)
        return wanted
    files = wanted.files
    if sha256:
        files = (_pinned(wanted, sha256),)
    if unknown := [file.path for file in files if not file.sha256]:
        raise ModelError(
            f"{wanted.name}: there is no trusted hash for {unknown[0]}; pass the hash that you trust: "
            f"sluice models pull {wanted.name} --sha256 HASH"
        )
    fetched = tuple(_fetch(wanted, file, mirror, progress) for file in files)
    weights = wanted.model_copy(update={"files": fetched})
    manifest.register(weights)
    return weights


def _pinned(wanted: Weights, sha256: str) -> File:
    if len(wanted.files) != 1:
        raise ModelError(f"{wanted.name} has {len(wanted.files)} files: one hash cannot cover them all")
    file = wanted.files[0]
    if not sha256.startswith(file.sha256):
        raise ModelError(f"{wanted.name}: the catalogue says {file.sha256}, not {sha256}")
    return file.model_copy(update={"sha256": sha256})


def _fetch(wanted: Weights, file: File, mirror: Path | None, progress: Progress) -> File:
    target = manifest.locate(wanted, file)
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        if mirror is not None:
            _from_mirror(mirror, wanted, file, part, progress)
        elif file.package is not None:
            package.pull(wanted, file, part)
        else:
            _download(wanted, file, part, progress)
        part.replace(target)
    whole = manifest.check(target, file.sha256, wanted.root)
    return file.model_copy(update={"sha256": whole, "bytes": target.stat().st_size})


# --- mirror folder -------------------------------------------------------------------------------


def _from_mirror(mirror: Path, wanted: Weights, file: File, part: Path, progress: Progress) -> None:
    """Copy ``MIRROR/NAME/FILE`` or ``MIRROR/FILE``, or take it out of its package in one of these places."""
    folders = (mirror.expanduser() / wanted.name, mirror.expanduser())
    names = [file.path, *([file.package.archive] if file.package else [])]
    for name in names:
        for path in (folder / name for folder in folders):
            if path.is_file() and name == file.path:
                _copy(path, part, progress)
                return
            if path.is_file():
                package.extract(wanted, file, path, part)
                return
    wished = " nor ".join(str(folder / name) for name in names for folder in folders)
    raise ModelError(f"{wanted.name}: the mirror has neither {wished}; with a mirror nothing is downloaded")


def _copy(source: Path, part: Path, progress: Progress) -> None:
    total = source.stat().st_size
    with source.open("rb") as reader, part.open("wb") as writer:
        while block := reader.read(CHUNK_BYTES):
            writer.write(block)
            progress(source.name, writer.tell(), total)
    shutil.copystat(source, part)


# --- HTTPS ---------------------------------------------------------------------------------------


def address(url: str) -> str:
    """HTTPS address of ``hf://OWNER/REPO@REVISION/PATH`` on the hub (``HF_ENDPOINT``); other URLs are unchanged.

    Raises:
        ModelError: the URL is neither ``hf://`` nor http(s).
    """
    if url.startswith("hf://"):
        parts = url.removeprefix("hf://").split("/", 2)
        if len(parts) == 3 and "@" in parts[1] and all(parts):
            repository, _, revision = parts[1].partition("@")
            hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
            return f"{hub}/{parts[0]}/{repository}/resolve/{quote(revision, safe='')}/{quote(parts[2])}"
    elif urlsplit(url).scheme in ("http", "https"):
        return url
    raise ModelError(f"{url!r} is not an address: use https://… or hf://OWNER/REPO@REVISION/PATH")


def _download(wanted: Weights, file: File, part: Path, progress: Progress) -> None:
    if not file.url:
        raise ModelError(f"{wanted.name} was added by hand: sluice models add FILE --name {wanted.name} …")
    url = address(file.url)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        before = part.stat().st_size if part.exists() else 0
        try:
            _resume(url, file, part, before, progress)
            return
        except urllib.error.HTTPError as error:
            if error.code == 416:  # the file is complete; the hash is checked later
                return
            if error.code < 500 and error.code not in (408, 429):
                raise ModelError(f"{wanted.name}: {url} answers {error.code} {error.reason}") from error
            failure: Exception = error
        except (OSError, EOFError, http.client.HTTPException) as error:
            failure = error
        if attempt == MAX_ATTEMPTS:
            raise ModelError(
                f"{wanted.name}: {url} cannot be read ({failure}); pull again to continue from the received part"
            ) from failure
        progressed = part.exists() and part.stat().st_size > before
        time.sleep(0 if progressed else 0.5 * attempt)


def _resume(url: str, file: File, part: Path, before: int, progress: Progress) -> None:
    """Download a file from byte ``before`` on, or all of it if the server does not support ranges."""
    request = urllib.request.Request(url, headers={"User-Agent": "sluice", "Accept-Encoding": "identity"})
    if before:
        request.add_header("Range", f"bytes={before}-")
    if file.url.startswith("hf://") and (token := os.environ.get("HF_TOKEN")):
        # unredirected: the token is for the hub only
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
        resumed = response.status == 206
        length: Any = response.headers.get("Content-Length")
        total = int(length) + (before if resumed else 0) if length else None
        with part.open("ab" if resumed else "wb") as writer:
            while block := response.read(CHUNK_BYTES):
                writer.write(block)
                progress(file.path, writer.tell(), total)
            if total is not None and writer.tell() < total:
                raise EOFError(f"the connection ended after {writer.tell()} of {total} bytes")


def add(sources: list[Path], wanted: Weights, *, sha256: str = "", progress: Progress = _silent) -> Weights:
    """Copy local files into the weights folder and register the set with their hashes.

    Args:
        sources: the files, in the order of ``wanted.files``.
        wanted: the set of weights, with the weights folder as its root.
        sha256: expected hash, for sets of one file; "" accepts any.
        progress: callback for progress.

    Raises:
        ModelError: a file has a wrong hash; its copy is renamed to ``.refused``.
    """
    if sha256:
        wanted = wanted.model_copy(update={"files": (_pinned(wanted, sha256),)})
    copied = []
    for source, file in zip(sources, wanted.files, strict=True):
        target = wanted.folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        _copy(source, part, progress)
        whole = manifest.check(part, file.sha256, wanted.root)
        part.replace(target)
        copied.append(file.model_copy(update={"sha256": whole, "bytes": target.stat().st_size}))
    weights = wanted.model_copy(update={"files": tuple(copied)})
    manifest.register(weights)
    return weights
