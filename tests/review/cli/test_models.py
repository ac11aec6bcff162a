"""``sluice models``: what is ready and why not, getting weights and adding one's own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.weights import manifest
from tests.harness.command import call
from tests.harness.context import weights_folder
from tests.harness.line import Line, environment, photos
from tests.models import networks, pipelines


@pytest.fixture
def _home(tmp_path: Path) -> Iterator[None]:
    with environment({"SLUICE_HOME": str(tmp_path / "home"), "TORCH_HOME": str(tmp_path / "torch")}):
        yield


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my net.safetensors"
    path.write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    return path


def listed() -> dict[str, dict[str, object]]:
    return {entry["model"]: entry for entry in json.loads(call("models", "--json").out)}


@pytest.mark.usefixtures("_home")
def test_what_is_not_here_says_how_to_get_it() -> None:
    models = listed()
    assert models["realesrgan_x4"]["ready"] is False
    assert "sluice models pull realesrgan_x4" in str(models["realesrgan_x4"]["missing"])
    assert "--sha256" in str(models["lama"]["missing"])
    assert "uint8" in str(models["surroundings"]["inputs"])
    assert all(entry["licence"] and entry["source"] and entry["outputs"] for entry in models.values())


@pytest.mark.slow
@pytest.mark.usefixtures("_home")
def test_a_file_is_added_and_can_be_named_in_a_recipe(tmp_path: Path) -> None:
    networks.need_torch()
    file = networks.save(tmp_path / "net.safetensors", networks.spandrel_state("compact"))
    answer = call("models", "add", file, "--name", "mine", "--task", "upscale", "--licence", "MIT")
    assert answer.code == 0, answer.err
    assert "Tried on a picture: it runs" in answer.out
    digest = manifest.sha256_of(file)
    assert digest in answer.out
    entry = listed()["mine"]
    assert (entry["task"], entry["licence"], entry["sha256"]) == ("upscale", "MIT", digest)
    assert str(entry["revision"]).endswith(digest[:12])
    weights = manifest.registered(weights_folder())["mine"]
    assert 0 < weights.memory < 500, "the network alone, without the library"
    assert 0 < weights.memory_per_megapixel < 5000


@pytest.mark.slow
@pytest.mark.usefixtures("_home")
def test_a_folder_is_added_with_all_its_files(tmp_path: Path) -> None:
    networks.need_torch()
    folder = pipelines.SAVERS["fill"](tmp_path / "pipeline")
    words = (
        "--name",
        "pipe",
        "--task",
        "fill",
        "--reader",
        "diffusers",
        "--option",
        "note=x",
        "--working",
        "7",
    )
    answer = call("models", "add", folder, *words)
    assert answer.code == 0, answer.err
    entry = manifest.registered(weights_folder())["pipe"]
    assert {"model_index.json", "unet/config.json"} <= {item.path for item in entry.files}
    assert entry.options == {"note": "x"}
    assert entry.memory_per_megapixel == 7
    assert all(len(item.sha256) == 64 for item in entry.files)


@pytest.mark.usefixtures("_home")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--name", "mine"), 2, "name its task with --task"),
        (("--name", "Mine!", "--task", "fill"), 2, "name: String should match pattern"),
        (("--name", "telea", "--task", "fill"), 2, "telea is the name of a built-in model"),
        (("--name", "mine", "--task", "fill", "--sha256", "abc"), 2, "takes the 64 digits"),
        (("--name", "mine", "--task", "fill", "--sha256", "0" * 64), 1, "it is refused"),
        (("--name", "mine", "--task", "fill", "--option", "net"), 2, "write KEY=VALUE"),
        (("--name", "lpips_squeeze"), 1, "not b8a52dc0"),
    ],
)
def test_what_cannot_be_added_is_refused_in_one_line(
    file: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    answer = call("models", "add", file, *words)
    assert (answer.code, answer.out) == (code, "")
    assert message in " ".join(answer.err.split())
    assert manifest.registered(weights_folder()) == {}


@pytest.mark.usefixtures("_home")
def test_what_no_reader_takes_is_refused(tmp_path: Path, file: Path) -> None:
    text = tmp_path / "readme.txt"
    text.write_text("hello")
    assert "weights end in .safetensors" in call("models", "add", text, "--name", "x", "--task", "fill").err
    answer = call("models", "add", file, "--name", "x", "--task", "find_text")
    assert answer.code == 1
    assert "not for find_text" in answer.err
    assert manifest.registered(weights_folder()) == {}


@pytest.mark.slow
@pytest.mark.usefixtures("_home")
@pytest.mark.parametrize(
    ("state", "words", "reason"),
    [
        (None, ("--task", "upscale"), "cannot be read"),
        ("compact", ("--task", "fill"), "is not made for fill"),
        ("alex", ("--task", "upscale"), "no supported network has these weights"),
        ("alex", ("--task", "perceptual", "--option", "net=vgg"), "it lacks features"),
    ],
)
def test_what_does_not_run_is_refused_with_the_reason(
    tmp_path: Path, file: Path, state: str | None, words: tuple[str, ...], reason: str
) -> None:
    networks.need_torch()
    if state is not None:
        tensors = networks.backbone_state(state) if state == "alex" else networks.spandrel_state(state)
        file = networks.save(tmp_path / "net.safetensors", tensors)
    answer = call("models", "add", file, "--name", "mine", *words)
    assert answer.code == 1
    assert reason in " ".join(answer.err.split())
    assert manifest.registered(weights_folder()) == {}
    assert not (weights_folder() / "mine").exists()


@pytest.mark.usefixtures("_home")
def test_an_onnx_file_is_tried_as_what_its_task_says(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(detector())
    answer = call("models", "add", path, "--name", "finder", "--task", "detect_text")
    assert answer.code == 0, answer.err
    assert manifest.registered(weights_folder())["finder"].reader == "text_detector"
    words = ("--name", "x", "--task", "find_text", "--reader", "segmentation")
    assert "not four maps" in call("models", "add", path, *words).err
    assert "ONNX files are read for" in call("models", "add", path, "--name", "x", "--task", "fill").err


def detector() -> bytes:
    """A network in ONNX that answers the mean of a picture's channels, as a map of text."""
    from onnx import TensorProto, helper

    shape: list[str | int | None] = [1, 3, "h", "w"]
    node = helper.make_node("ReduceMean", ["x"], ["y"], axes=[1], keepdims=1)
    graph = helper.make_graph(
        [node],
        "mean",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, "h", "w"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.mark.usefixtures("_home")
def test_a_model_is_pulled_from_a_mirror(tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    answer = call("models", "pull", "lama", "--mirror", mirror)
    assert answer.code == 1
    assert "--sha256 HASH" in answer.err
    content = b"\x02\0\0\0\0\0\0\0{}"
    (mirror / "big-lama.safetensors").write_bytes(content)
    import hashlib

    digest = hashlib.sha256(content).hexdigest()
    answer = call("models", "pull", "lama", "--mirror", mirror, "--sha256", digest)
    assert (answer.code, digest in answer.out) == (0, True)
    assert manifest.missing(manifest.registered(weights_folder())["lama"]) is None


@pytest.mark.usefixtures("_home")
def test_what_nobody_knows_cannot_be_pulled() -> None:
    answer = call("models", "pull", "photoshop")
    assert answer.code == 2
    assert "realesrgan_x4" in answer.err


@pytest.mark.services
def test_a_network_named_in_a_recipe_does_the_work_and_is_recorded_with_its_hash(
    sluice: Line, tmp_path: Path
) -> None:
    networks.need_torch()
    state = networks.spandrel_state("compact")
    path = networks.save(tmp_path / "compact.pth", state)
    assert call("models", "add", path, "--name", "compact_x2", "--task", "upscale").code == 0
    rules = tmp_path / "net.toml"
    rules.write_text(
        """
name = "net"
[[steps]]
transform = "admit"
[[steps]]
transform = "upscale"
model = "compact_x2"
target = 200
floor = 20
[[steps]]
transform = "deliver"
"""
    )
    sluice.start(workers=1)
    batch = sluice.submit(photos(tmp_path / "upload", 2), rules)
    done = sluice.wait(batch)
    steps = [step for step in sluice.steps(batch) if step.transform == "upscale"]
    assert done["images"] == len(steps) == 2
    assert {step.model for step in steps} == {"compact_x2"}
    assert {step.revision for step in steps} == {f"1/{manifest.sha256_of(path)[:12]}"}
    assert "holds" in sluice.logs() or any(
        "compact_x2" in log.read_text(errors="replace") for log in (sluice.home / "logs").glob("test-*.log")
    )
