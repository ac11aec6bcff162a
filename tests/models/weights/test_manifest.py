"""Weights: pulled, mirrored, added and checked, without any hub."""

from pathlib import Path

import pytest

from line.errors import ModelError
from models.contract import Task
from models.weights import download, manifest
from models.weights.conversion import CONVERSIONS
from models.weights.manifest import File
from tests.harness.context import models, weights_folder
from tests.models import networks
from tests.models.weights.wanted import CONTENT, wanted

pytestmark = pytest.mark.usefixtures("library")


def test_a_file_that_changed_since_is_not_loaded(tmp_path: Path) -> None:
    source = tmp_path / "net.safetensors"
    source.write_bytes(CONTENT)
    result = download.add([source], wanted("", ""))
    (result.folder / "net.safetensors").write_bytes(CONTENT[::-1])
    assert manifest.missing(result) is None, "of the same length: only the hash can tell"
    with pytest.raises(ModelError, match="refused and set aside"):
        manifest.paths(result)
    assert "is gone" in str(manifest.missing(result))


def test_a_file_of_another_length_is_seen_without_a_look_inside(tmp_path: Path) -> None:
    source = tmp_path / "net.safetensors"
    source.write_bytes(CONTENT)
    result = download.add([source], wanted("", ""))
    (result.folder / "net.safetensors").write_bytes(CONTENT[:10])
    assert "has 10 bytes instead of 3072000" in str(manifest.missing(result))


@pytest.mark.parametrize("path", ["../net.pth", "/net.pth", "a/../../net.pth", "", "a\\b.pth"])
def test_no_file_of_a_model_lies_outside_its_folder(path: str) -> None:
    with pytest.raises(ValueError, match="must stay inside its model's folder"):
        File(path=path)


def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    manifest.register(wanted("https://nowhere"))
    (weights_folder() / "manifest.json").write_text("{]")
    with pytest.raises(ModelError, match=r"manifest\.json cannot be read"):
        manifest.registered(weights_folder())


def test_the_catalogue_is_read_and_each_entry_can_be_got_or_says_what_it_lacks() -> None:
    listed = manifest.all_weights(weights_folder())
    fetched = {name: entry for name, entry in listed.items() if not entry.is_shipped}
    for name, entry in fetched.items():
        for file in entry.files:
            assert file.package or download.address(file.url).startswith("https://")
            assert file.package is None or file.package.convert in {"", *CONVERSIONS}
        assert entry.memory_per_megapixel > 0
        lacking = str(manifest.missing(entry))
        assert f"sluice models pull {name}" in lacking
        assert all(file.sha256 for file in entry.files) == ("--sha256" not in lacking)


def test_weights_that_ship_with_sluice_are_here_checked_and_pulled_without_a_download() -> None:
    shipped = [entry for entry in manifest.catalog().values() if entry.is_shipped]
    assert [entry.name for entry in shipped] == ["overlay_network"]
    for entry in shipped:
        assert manifest.missing(entry) is None
        assert all(len(file.sha256) == 64 for file in entry.files)
        assert all(path.is_file() for path in manifest.paths(entry))
        assert (manifest.CATALOG.parent / f"{entry.name}.md").is_file()
        assert download.pull(entry) is entry
        assert entry.name not in manifest.registered(weights_folder())


def test_a_shipped_file_with_another_content_is_refused_and_a_lost_one_is_told() -> None:
    entry = manifest.catalog()["overlay_network"]
    (file,) = entry.files
    other = entry.model_copy(update={"files": (file.model_copy(update={"sha256": "0" * 64}),)})
    with pytest.raises(ModelError, match="is refused"):
        manifest.paths(other)
    lost = entry.model_copy(update={"files": (file.model_copy(update={"path": "gone.onnx"}),)})
    assert "reinstall Sluice" in str(manifest.missing(lost))


def test_weights_cannot_take_the_name_of_a_model_that_needs_none() -> None:
    before = dict(models().models)
    manifest.register(wanted("https://nowhere", name="telea"))
    with pytest.raises(ModelError, match="weights are named telea"):
        models()
    (weights_folder() / "manifest.json").unlink()
    assert models().models == before


def test_what_is_registered_in_quick_succession_is_all_kept() -> None:
    for number in range(30):
        manifest.register(wanted("https://nowhere", name=f"net{number:02}"))
        assert f"net{number:02}" in manifest.registered(weights_folder())
    assert len(manifest.registered(weights_folder())) == 30


def test_a_model_goes_when_its_weights_do() -> None:
    manifest.register(wanted("https://nowhere"))
    assert "mine" in models().models
    (weights_folder() / "manifest.json").unlink()
    assert "mine" not in models().models


# --- files that are not what they say ------------------------------------------------------------


def loading(path: Path, name: str, task: str, **options: str) -> None:
    networks.put(path, name, task, **options)
    models().models[name]().load()


def test_a_pickle_that_would_run_something_is_refused_unread(tmp_path: Path) -> None:
    networks.need_torch()
    import torch

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.mkdir.__get__(tmp_path / "sprung"), ()  # type: ignore[return-value]

    path = tmp_path / "trap.pth"
    torch.save({"params": Trap()}, path)
    with pytest.raises(ModelError, match="trap cannot be read: UnpicklingError"):
        loading(path, "trap", "upscale")
    assert not (tmp_path / "sprung").exists()


def test_a_file_of_something_else_is_refused_in_one_line(tmp_path: Path) -> None:
    networks.need_torch()
    path = tmp_path / "noise.safetensors"
    path.write_bytes(CONTENT)
    with pytest.raises(ModelError, match="noise cannot be read: "):
        loading(path, "noise", "upscale")


def test_an_enlarging_network_is_not_taken_for_one_that_fills(tmp_path: Path) -> None:
    networks.need_torch()
    path = networks.save(tmp_path / "span.safetensors", networks.spandrel_state("span"))
    with pytest.raises(ModelError, match=r"span\.safetensors \(SPAN, SR\) is not made for fill"):
        loading(path, "wrong", "fill")


def test_a_precision_that_a_network_does_not_bear_is_refused_with_those_it_does(tmp_path: Path) -> None:
    networks.need_torch()
    path = networks.save(tmp_path / "span.safetensors", networks.spandrel_state("span"))
    with pytest.raises(ModelError, match="cannot run in int8; there are: auto, float32, float16, bfloat16"):
        loading(path, "eighth", "upscale", precision="int8")


def test_a_backbone_of_another_network_is_refused(tmp_path: Path) -> None:
    networks.need_torch()
    path = networks.save(tmp_path / "alex.pth", networks.backbone_state("alex"))
    networks.put(path, "mixed", "perceptual", reader="lpips", net="vgg")
    with pytest.raises(ModelError, match=r"alex\.pth is not a vgg of torchvision"):
        models().models["mixed"]().load()


def test_numbers_that_overflow_half_precision_are_an_error_and_no_picture(tmp_path: Path) -> None:
    networks.need_torch()
    import numpy as np

    from models.contract import Upscaler

    state = networks.spandrel_state("compact")
    state["body.0.weight"] = state["body.0.weight"] * 1e6
    state["body.2.weight"] = state["body.2.weight"] * 1e6
    path = networks.save(tmp_path / "hot.safetensors", state)
    networks.put(path, "hot", "upscale", precision="float16")
    model = models().get("hot", Task.UPSCALE)()
    model.load()
    assert isinstance(model, Upscaler)
    with pytest.raises(ModelError, match="overflows in float16: add its weights with --precision float32"):
        model.upscale(np.full((16, 16, 3), 200, np.uint8), (32, 32), seed=0)
