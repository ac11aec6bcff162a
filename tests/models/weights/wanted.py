"""Weights to fetch."""

import hashlib

from models.weights.manifest import File, Weights
from tests.harness.context import weights_folder

CONTENT = bytes(range(256)) * 12_000
HASH = hashlib.sha256(CONTENT).hexdigest()


def wanted(url: str, sha256: str = HASH, name: str = "mine") -> Weights:
    files = (File(path="net.safetensors", url=url, sha256=sha256),)
    return Weights(
        name=name,
        task="upscale",
        reader="spandrel",
        licence="MIT",
        source="here",
        revision="7",
        files=files,
        root=weights_folder(),
    )
