"""Tiny pipelines of diffusers' real classes, saved as it saves them and loaded by the path that a worker takes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from line.errors import ModelError
from line.picture import Rgb
from models import diffusers
from models.weights.manifest import File, Weights
from tests.harness.context import weights_folder
from tests.harness.line import environment
from tests.models import networks, pipelines

TASKS = {"filling": "fill", "enlarging": "upscale", "making": "generate"}
WORDS = {"prompt": "plain studio ground", "steps": 2}


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    networks.need_torch()
    with environment({"SLUICE_HOME": str(tmp_path_factory.mktemp("pipelines")), "HF_HUB_OFFLINE": "1"}):
        yield


@pytest.fixture(scope="module")
def load() -> Callable[[str], Any]:
    """A pipeline by name, made, saved and loaded once for all of these tests."""
    loaded: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in loaded:
            loaded[name] = diffusers.model_of(pipelines.register(name, TASKS[name], side=64))()
            loaded[name].load()
            loaded[name].warm_up()
        return loaded[name]

    return get


def photo(height: int, width: int) -> Rgb:
    small = np.random.default_rng(5).integers(60, 200, (5, 6, 3), np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


def hole(height: int, width: int) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    mask[30:40, 20:60] = 255
    return mask


def test_a_hole_is_filled_and_nothing_else_is_touched(load: Callable[[str], Any]) -> None:
    rgb, mask = photo(70, 90), hole(70, 90)
    filled = load("filling").configured(WORDS).fill(rgb, mask, seed=3)
    assert filled.shape == rgb.shape
    assert np.array_equal(filled[mask == 0], rgb[mask == 0])
    assert (filled[mask > 0] != rgb[mask > 0]).any()


def test_the_seed_decides_and_nothing_else_does(load: Callable[[str], Any]) -> None:
    model, rgb, mask = load("filling").configured(WORDS), photo(70, 90), hole(70, 90)
    first = model.fill(rgb, mask, seed=3)
    other = model.fill(rgb, mask, seed=4)
    assert not np.array_equal(first, other)
    assert np.array_equal(first, model.fill(rgb, mask, seed=3))


@pytest.mark.parametrize(
    "changed", [{"steps": 3}, {"prompt": "light"}, {"guidance": 1.5}, {"scheduler": "DDPMScheduler"}]
)
def test_what_the_recipe_pins_is_what_runs(load: Callable[[str], Any], changed: dict[str, Any]) -> None:
    rgb, mask = photo(70, 90), hole(70, 90)
    one, other = (load("filling").configured(options) for options in (WORDS, WORDS | changed))
    assert not np.array_equal(one.fill(rgb, mask, seed=3), other.fill(rgb, mask, seed=3))


def test_models_with_other_options_share_their_weights(load: Callable[[str], Any]) -> None:
    model = load("filling")
    other = model.configured({"steps": 7})
    assert other.network is model.network
    assert (other.options.steps, model.options.steps) == (7, 30)


def test_a_scheduler_that_there_is_not_is_named(load: Callable[[str], Any]) -> None:
    model = load("filling").configured(WORDS | {"scheduler": "NoSuchScheduler"})
    with pytest.raises(ModelError, match="filling: diffusers has no scheduler NoSuchScheduler"):
        model.fill(photo(70, 90), hole(70, 90), seed=0)


def test_a_photo_is_enlarged_to_the_size_asked_for(load: Callable[[str], Any]) -> None:
    model = load("enlarging").configured(WORDS)
    with model.in_tiles(64):
        large = model.upscale(photo(18, 25), (70, 50), seed=1)
        assert large.shape == (50, 70, 3)
        assert np.array_equal(large, model.upscale(photo(18, 25), (70, 50), seed=1))


def test_a_picture_is_made_from_words_or_from_a_photo(load: Callable[[str], Any]) -> None:
    model = load("making").configured(WORDS | {"strength": 0.5, "steps": 4})
    from_words = model.generate((50, 40), seed=2)
    from_photo = model.generate((50, 40), seed=2, start=photo(80, 100))
    assert from_words.shape == from_photo.shape == (40, 50, 3)
    assert not np.array_equal(from_words, from_photo)
    assert np.array_equal(from_words, model.generate((50, 40), seed=2))


def test_another_process_makes_the_same_bytes(load: Callable[[str], Any]) -> None:
    import torch

    rgb, mask = photo(70, 90), hole(70, 90)
    ours = load("filling").configured(WORDS).fill(rgb, mask, seed=3)
    code = (
        "import hashlib, torch; from tests.harness.context import models; from models.task import Task;"
        f"torch.set_num_threads({torch.get_num_threads()});"
        "from tests.models.test_diffusers import photo, hole, WORDS;"
        "model = models().get('filling', Task.FILL)(); model.load();"
        "filled = model.configured(WORDS).fill(photo(70, 90), hole(70, 90), seed=3);"
        "print(hashlib.sha256(filled.tobytes()).hexdigest())"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    import hashlib

    assert process.stdout.strip() == hashlib.sha256(ours.tobytes()).hexdigest()


def broken(name: str, tmp_path: Path, change: Callable[[Path], object]) -> Any:
    folder = weights_folder() / name
    pipelines.save_inpainting(folder)
    change(folder)
    return diffusers.model_of(pipelines.enter(name, folder, "fill", side=64))()


def test_weights_that_could_hold_code_are_refused(tmp_path: Path) -> None:
    model = broken("pickled", tmp_path, lambda folder: (folder / "unet" / "model.bin").write_bytes(b"\x80"))
    with pytest.raises(ModelError, match=r"model\.bin could contain code"):
        model.load()


def test_a_pipeline_of_its_own_code_is_refused(tmp_path: Path) -> None:
    def custom(folder: Path) -> None:
        index = json.loads((folder / "model_index.json").read_text())
        index["_class_name"] = ["pipeline", "Mine"]
        (folder / "model_index.json").write_text(json.dumps(index))

    with pytest.raises(ModelError, match="names custom code, which Sluice does not run"):
        broken("custom", tmp_path, custom).load()


def test_a_folder_without_an_index_is_no_pipeline(tmp_path: Path) -> None:
    model = broken("headless", tmp_path, lambda folder: (folder / "model_index.json").unlink())
    with pytest.raises(ModelError, match=r"has no model_index\.json"):
        model.load()


def test_a_changed_file_is_refused_and_set_aside(tmp_path: Path) -> None:
    model = broken("changed", tmp_path, lambda folder: None)
    path = weights_folder() / "changed" / "vae" / "config.json"
    path.write_text(path.read_text().replace("4", "5", 1))
    with pytest.raises(ModelError, match=r"config\.json has the SHA-256 .* it is refused and set aside"):
        model.load()
    assert not path.exists()


def test_only_tasks_that_pipelines_do_are_taken(tmp_path: Path) -> None:
    wanted = Weights(
        name="other", task="find_text", reader="diffusers", licence="", source="", revision="1",
        files=(File(path="model_index.json"),),
    )  # fmt: skip
    with pytest.raises(
        ModelError, match="diffusers reads models for fill, upscale, generate, not for find_text"
    ):
        diffusers.model_of(wanted)
