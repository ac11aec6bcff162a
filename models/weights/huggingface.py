"""Lookup of a model's files and hashes on the Hugging Face hub."""

import hashlib
import json
import os
import urllib.error
import urllib.request
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from line.errors import ModelError
from models.task import Task
from models.weights.download import TIMEOUT, address
from models.weights.manifest import File, Weights

INDEX = "model_index.json"
WEIGHTS = ".safetensors"
COMPANIONS = (".json", ".txt", ".model")
"""Suffixes of configurations, vocabularies and sentence-piece tables beside the weights."""
MAX_GIT_BYTES = 8 << 20
"""Maximum size of a file stored in git itself, for which the hub provides no SHA-256."""


def look_up(url: str, name: str, task: Task) -> Weights:
    """The set of weights for ``hf://OWNER/REPO@REVISION`` (a pipeline) or ``hf://OWNER/REPO@REVISION/FILE``.

    The revision is resolved to its current commit, so that later pulls fetch the same files. Large files get the
    SHA-256 from the hub. Small files are read and compared with their git object (SHA-1 of "blob", length and
    content), so that only content of that commit is accepted.

    Args:
        url: address on the hub.
        name: name to register.
        task: task of the model.

    Raises:
        ModelError: the model or file does not exist or has no supported files.
    """
    owner, repository, revision, path = _parts(url)
    info = json.loads(
        _get(f"{_hub()}/api/models/{owner}/{repository}/revision/{quote(revision, safe='')}?blobs=true")
    )
    commit = str(info["sha"])
    entries = {str(entry["rfilename"]): entry for entry in info["siblings"]}
    chosen = [path] if path else pipeline_files(list(entries))
    if path and path not in entries:
        raise ModelError(f"{owner}/{repository} at {commit} does not contain {path}")
    if not chosen:
        raise ModelError(
            f"{owner}/{repository} at {commit} is not a pipeline in {WEIGHTS} files ({INDEX} and one folder for each "
            f"part); for a single file add its name: {url}/FILE"
        )
    base = f"hf://{owner}/{repository}@{commit}"
    files = tuple(
        _file(f"{base}/{each}", PurePosixPath(each).name if path else each, entries[each]) for each in chosen
    )
    tags = [tag.removeprefix("license:") for tag in info.get("tags", ()) if tag.startswith("license:")]
    return Weights(
        name=name,
        task=task,
        reader="spandrel" if path else "diffusers",
        licence=tags[0] if tags else "unknown",
        source=f"{_hub()}/{owner}/{repository}",
        revision=commit[:12],
        files=files,
    )


def pipeline_files(paths: list[str]) -> list[str]:
    """Files that a pipeline is loaded from; an empty list if the repository is not a pipeline.

    Single-file checkpoints, half-precision copies (``.fp16.``), weights of other frameworks, code and
    documentation are left out.
    """
    if INDEX not in paths:
        return []
    inside = [PurePosixPath(path) for path in paths if len(PurePosixPath(path).parts) == 2]
    weights = [path for path in inside if path.suffix == WEIGHTS and ".fp16." not in path.name]
    if not weights:
        return []
    beside = [path for path in inside if path.suffix in COMPANIONS and ".fp16." not in path.name]
    return [INDEX, *sorted(map(str, weights + beside))]


def _file(url: str, path: str, entry: dict[str, Any]) -> File:
    if large := entry.get("lfs"):
        return File(path=path, url=url, sha256=large["sha256"], bytes=large["size"])
    if int(entry.get("size") or 0) > MAX_GIT_BYTES:
        raise ModelError(f"{url}: the hub provides no hash for this file")
    data = _get(address(url))
    if hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() != entry["blobId"]:
        raise ModelError(f"{url} is not the file that its commit names")
    return File(path=path, url=url, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))


def _parts(url: str) -> tuple[str, str, str, str]:
    owner, _, rest = url.removeprefix("hf://").partition("/")
    repository, _, path = rest.partition("/")
    repository, _, revision = repository.partition("@")
    if not (url.startswith("hf://") and owner and repository and revision):
        raise ModelError(
            f"{url!r} is not a model: use hf://OWNER/REPO@REVISION, or add /FILE for a single file"
        )
    return owner, repository, revision, path


def _hub() -> str:
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def _get(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"User-Agent": "sluice"})
    if token := os.environ.get("HF_TOKEN"):
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            data: bytes = response.read(2 * MAX_GIT_BYTES)
    except urllib.error.HTTPError as error:
        raise ModelError(f"{url} answers {error.code} {error.reason}") from error
    except OSError as error:
        raise ModelError(f"{url} cannot be read: {error}") from error
    return data
