"""Getting weights: from a mirror folder, or by HTTPS, taken up where it broke off and checked at the end."""

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
from line.settings import settings
from models.weights import manifest
from models.weights.manifest import File, Weights

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Told (file, bytes there, bytes in all where known) as they come."""

CHUNK = 1 << 20
TRIES = 5
TIMEOUT = 30.0


def _silent(file: str, there: int, total: int | None) -> None:
    """Tell nobody."""


def pull(
    wanted: Weights,
    *,
    sha256: str = "",
    mirror: Path | None = None,
    progress: Progress = _silent,
) -> Weights:
    """Bring every file of ``wanted`` into the weights folder, and register it with their whole hashes.

    What is there already and right is not fetched again.

    Args:
        sha256: of the file, where the catalogue has none (only for sets of one file).
        mirror: a folder to take the files from instead of any network; ``SLUICE_WEIGHTS_MIRROR`` else.

    Raises:
        ModelError: no hash is known, a file cannot be got, or it is not what it should be: then it is
            set aside as ``.refused``.
    """
    files = wanted.files
    if sha256:
        files = (_pinned(wanted, sha256),)
    if unknown := [file.path for file in files if not file.sha256]:
        raise ModelError(
            f"{wanted.name}: no hash of {unknown[0]} is known that could be trusted; give the one you trust: "
            f"sluice models pull {wanted.name} --sha256 HASH"
        )
    mirror = mirror or settings().weights_mirror
    done = tuple(_fetched(wanted, file, mirror, progress) for file in files)
    found = wanted.model_copy(update={"files": done})
    manifest.register(found)
    return found


def _pinned(wanted: Weights, sha256: str) -> File:
    if len(wanted.files) != 1:
        raise ModelError(f"{wanted.name} has {len(wanted.files)} files: one hash says nothing of the others")
    file = wanted.files[0]
    if not sha256.startswith(file.sha256):
        raise ModelError(f"{wanted.name}: the catalogue says {file.sha256}, not {sha256}")
    return file.model_copy(update={"sha256": sha256})


def _fetched(wanted: Weights, file: File, mirror: Path | None, progress: Progress) -> File:
    target = manifest.place(wanted, file)
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        if mirror is not None:
            _copy(_in_mirror(mirror, wanted, file), part, progress)
        else:
            _download(wanted, file, part, progress)
        part.replace(target)
    whole = manifest.check(target, file.sha256)
    return file.model_copy(update={"sha256": whole, "bytes": target.stat().st_size})


# --- from a folder -------------------------------------------------------------------------------


def _in_mirror(mirror: Path, wanted: Weights, file: File) -> Path:
    """``MIRROR/NAME/FILE`` or ``MIRROR/FILE``."""
    places = [mirror.expanduser() / wanted.name / file.path, mirror.expanduser() / file.path]
    for path in places:
        if path.is_file():
            return path
    raise ModelError(
        f"{wanted.name}: the mirror has neither {places[0]} nor {places[1]}, and no network is asked beside it"
    )


def _copy(source: Path, part: Path, progress: Progress) -> None:
    total = source.stat().st_size
    with source.open("rb") as reading, part.open("wb") as writing:
        while block := reading.read(CHUNK):
            writing.write(block)
            progress(source.name, writing.tell(), total)
    shutil.copystat(source, part)


# --- by HTTPS ------------------------------------------------------------------------------------


def address(url: str) -> str:
    """``hf://OWNER/REPO@REVISION/PATH`` as the hub's own address (``HF_ENDPOINT`` for another hub).

    Raises:
        ModelError: neither that nor http(s).
    """
    if url.startswith("hf://"):
        parts = url.removeprefix("hf://").split("/", 2)
        if len(parts) == 3 and "@" in parts[1] and all(parts):
            repository, _, revision = parts[1].partition("@")
            hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
            return f"{hub}/{parts[0]}/{repository}/resolve/{quote(revision, safe='')}/{quote(parts[2])}"
    elif urlsplit(url).scheme in ("http", "https"):
        return url
    raise ModelError(f"{url!r} is no address: https://… or hf://OWNER/REPO@REVISION/PATH")


def _download(wanted: Weights, file: File, part: Path, progress: Progress) -> None:
    if not file.url:
        raise ModelError(f"{wanted.name} was added by hand: sluice models add FILE --name {wanted.name} …")
    url = address(file.url)
    for attempt in range(1, TRIES + 1):
        before = part.stat().st_size if part.exists() else 0
        try:
            _take_up(url, file, part, before, progress)
            return
        except urllib.error.HTTPError as error:
            if error.code == 416:  # nothing is left to get: the hash will say whether it is right
                return
            if error.code < 500 and error.code not in (408, 429):
                raise ModelError(f"{wanted.name}: {url} answers {error.code} {error.reason}") from error
            trouble: Exception = error
        except (OSError, EOFError, http.client.HTTPException) as error:
            trouble = error
        if attempt == TRIES:
            raise ModelError(
                f"{wanted.name}: {url} cannot be read ({trouble}); what came is kept: pull again to go on"
            ) from trouble
        came = part.exists() and part.stat().st_size > before
        time.sleep(0 if came else 0.5 * attempt)


def _take_up(url: str, file: File, part: Path, before: int, progress: Progress) -> None:
    """The rest of a file, from byte ``before`` on, or all of it where the server gives no parts."""
    request = urllib.request.Request(url, headers={"User-Agent": "sluice", "Accept-Encoding": "identity"})
    if before:
        request.add_header("Range", f"bytes={before}-")
    if file.url.startswith("hf://") and (token := os.environ.get("HF_TOKEN")):
        request.add_unredirected_header(
            "Authorization", f"Bearer {token}"
        )  # for the hub, not for where it sends us
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        resumed = answer.status == 206
        length: Any = answer.headers.get("Content-Length")
        total = int(length) + (before if resumed else 0) if length else None
        with part.open("ab" if resumed else "wb") as writing:
            while block := answer.read(CHUNK):
                writing.write(block)
                progress(file.path, writing.tell(), total)
            if total is not None and writing.tell() < total:
                raise EOFError(f"the connection ended after {writing.tell()} of {total} bytes")


def add(sources: list[Path], wanted: Weights, *, sha256: str = "", progress: Progress = _silent) -> Weights:
    """Copy files that somebody has into the weights folder, and register them with their hashes.

    Args:
        sources: the files, in the order of ``wanted.files``.
        sha256: what the one file must be; what it is, where not given.

    Raises:
        ModelError: a file is not what it should be; the copy is set aside.
    """
    if sha256:
        wanted = wanted.model_copy(update={"files": (_pinned(wanted, sha256),)})
    done = []
    for source, file in zip(sources, wanted.files, strict=True):
        target = wanted.folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        _copy(source, part, progress)
        whole = manifest.check(part, file.sha256)
        part.replace(target)
        done.append(file.model_copy(update={"sha256": whole, "bytes": target.stat().st_size}))
    found = wanted.model_copy(update={"files": tuple(done)})
    manifest.register(found)
    return found
