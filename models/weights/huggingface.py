"""Models of the hub by name and revision: which files they are made of, each with the hash it must have."""

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
BESIDE = (".json", ".txt", ".model")
"""Endings of what stands beside the weights: configurations, vocabularies, a sentence-piece table."""
SMALL = 8 << 20
"""Bytes up to which a file may be kept in git itself; the hub gives no SHA-256 of those."""


def look_up(url: str, name: str, task: Task) -> Weights:
    """What ``hf://OWNER/REPO@REVISION`` (a pipeline) or ``hf://OWNER/REPO@REVISION/FILE`` is made of.

    The revision becomes the commit that it names now, so that the same files are got every time. Large
    files have the SHA-256 that the hub keeps of them; small ones are read here and held against their
    git object (SHA-1 of "blob", length and content), so that nothing but that commit's content is taken.

    Raises:
        ModelError: there is no such model or file, or it has nothing that may be read.
    """
    owner, repository, revision, path = _parts(url)
    told = json.loads(
        _get(f"{_hub()}/api/models/{owner}/{repository}/revision/{quote(revision, safe='')}?blobs=true")
    )
    commit = str(told["sha"])
    there = {str(entry["rfilename"]): entry for entry in told["siblings"]}
    chosen = [path] if path else pipeline_files(list(there))
    if path and path not in there:
        raise ModelError(f"{owner}/{repository} at {commit} holds no {path}")
    if not chosen:
        raise ModelError(
            f"{owner}/{repository} at {commit} is no pipeline in {WEIGHTS} files ({INDEX} and a folder a part); "
            f"of a single file say which: {url}/FILE"
        )
    base = f"hf://{owner}/{repository}@{commit}"
    files = tuple(
        _file(f"{base}/{each}", PurePosixPath(each).name if path else each, there[each]) for each in chosen
    )
    tags = [tag.removeprefix("license:") for tag in told.get("tags", ()) if tag.startswith("license:")]
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
    """Of a repository's files those that a pipeline is loaded from; none where it is no pipeline.

    Left out: whole checkpoints beside the folders, halves of them (``.fp16.``), other frameworks' weights,
    code, and the documentation.
    """
    if INDEX not in paths:
        return []
    inside = [PurePosixPath(path) for path in paths if len(PurePosixPath(path).parts) == 2]
    weights = [path for path in inside if path.suffix == WEIGHTS and ".fp16." not in path.name]
    if not weights:
        return []
    beside = [path for path in inside if path.suffix in BESIDE and ".fp16." not in path.name]
    return [INDEX, *sorted(map(str, weights + beside))]


def _file(url: str, path: str, told: dict[str, Any]) -> File:
    if large := told.get("lfs"):
        return File(path=path, url=url, sha256=large["sha256"], bytes=large["size"])
    if int(told.get("size") or 0) > SMALL:
        raise ModelError(f"{url}: the hub keeps no hash of it")
    data = _get(address(url))
    if hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() != told["blobId"]:
        raise ModelError(f"{url} is not the file that its commit names")
    return File(path=path, url=url, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))


def _parts(url: str) -> tuple[str, str, str, str]:
    owner, _, rest = url.removeprefix("hf://").partition("/")
    repository, _, path = rest.partition("/")
    repository, _, revision = repository.partition("@")
    if not (url.startswith("hf://") and owner and repository and revision):
        raise ModelError(f"{url!r} names no model: hf://OWNER/REPO@REVISION, for one file with /FILE")
    return owner, repository, revision, path


def _hub() -> str:
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def _get(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"User-Agent": "sluice"})
    if token := os.environ.get("HF_TOKEN"):
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            data: bytes = answer.read(2 * SMALL)
    except urllib.error.HTTPError as error:
        raise ModelError(f"{url} answers {error.code} {error.reason}") from error
    except OSError as error:
        raise ModelError(f"{url} cannot be read: {error}") from error
    return data
