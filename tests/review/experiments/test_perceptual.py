"""A distance is told under its own name, with weights or without; never a silent nought."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from line.errors import ModelError
from models.weights import manifest
from models.weights.manifest import File
from review.experiments.perceptual import distance
from tests.harness.command import call
from tests.harness.context import models, weights_folder
from tests.harness.line import environment
from tests.models import networks
from worker.model_cache import ModelCache

BEFORE = np.random.default_rng(1).integers(0, 256, (70, 80, 3), np.uint8)
AFTER = BEFORE // 2


@pytest.fixture(autouse=True)
def _home(tmp_path: Path) -> Iterator[None]:
    with environment({"SLUICE_HOME": str(tmp_path / "home"), "TORCH_HOME": str(tmp_path / "torch")}):
        yield


def test_without_weights_the_distance_is_one_that_needs_none_and_says_so() -> None:
    result = distance(ModelCache(models()))
    assert result.name == "gmsd"
    assert result.between(BEFORE, BEFORE) == 0
    assert result.between(BEFORE, AFTER) > 0.01
    assert result.instead_of.startswith("lpips_alex is not ready (")
    assert "\n" not in result.instead_of
    with pytest.raises(ModelError, match="pictures of one size"):
        result.between(BEFORE, AFTER[1:])


def test_with_weights_the_distance_is_lpips(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    networks.need_torch()
    path = networks.save(tmp_path / "alex.pth", networks.backbone_state("alex"))
    networks.put(path, "lpips_alex", "perceptual", reader="lpips", net="alex")
    result = distance(ModelCache(models()))
    assert (result.name, result.instead_of) == ("lpips_alex", "")
    assert result.between(BEFORE, BEFORE) == 0
    assert result.between(BEFORE, AFTER) > 0
    with pytest.raises(ModelError, match="pictures of one size"):
        result.between(BEFORE, AFTER[1:])


def test_a_backbone_in_torchs_own_cache_is_taken_from_there(tmp_path: Path) -> None:
    entry = manifest.all_weights(weights_folder())["lpips_squeeze"]
    cached = tmp_path / "torch" / "hub" / "checkpoints" / entry.files[0].path
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"weights")
    assert manifest.missing(entry) is None
    with pytest.raises(ModelError, match=r"has the SHA-256 .*, not b8a52dc0: it is refused$"):
        manifest.paths(entry)
    assert cached.exists(), "what is torch's own is left where it is"
    pinned = File(path=cached.name, url=entry.files[0].url, sha256=manifest.sha256_of(cached))
    assert manifest.paths(entry.model_copy(update={"files": (pinned,)})) == [cached]


def test_a_backbone_that_cannot_be_trusted_is_as_good_as_none(tmp_path: Path) -> None:
    networks.need_torch()
    entry = manifest.all_weights(weights_folder())["lpips_squeeze"]
    cached = tmp_path / "torch" / "hub" / "checkpoints" / entry.files[0].path
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"weights")
    result = distance(ModelCache(models()), "lpips_squeeze")
    assert result.name == "gmsd"
    assert "it is refused" in result.instead_of


def test_compare_measures_with_the_distance_that_the_settings_name(tmp_path: Path) -> None:
    networks.need_torch()
    path = networks.save(tmp_path / "vgg.pth", networks.backbone_state("vgg"))
    networks.put(path, "my_distance", "perceptual", reader="lpips", net="vgg")
    folders = [tmp_path / name for name in ("before", "after")]
    for folder, rgb in zip(folders, (BEFORE, AFTER), strict=True):
        folder.mkdir()
        Image.fromarray(rgb).save(folder / "a.png")
    with environment({"SLUICE_DISTANCE": "my_distance"}):
        answer = call("compare", *folders, "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["perceptual"] == "my_distance"


def test_a_distance_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ModelError, match="for perceptual there are: lpips_alex, lpips_squeeze, lpips_vgg"):
        distance(ModelCache(models()), "ssim")
