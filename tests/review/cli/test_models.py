"""``sluice models``: what is ready and why not, getting weights and adding one's own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.weights import manifest
from tests.harness.command import call
from tests.harness.context import weights_folder
from tests.harness.line import Line, environment, photos
from tests.models import networks


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
    found = listed()
    assert found["realesrgan_x4"]["ready"] is False
    assert "sluice models pull realesrgan_x4" in str(found["realesrgan_x4"]["missing"])
    assert "--sha256" in str(found["lama"]["missing"])
    assert "uint8" in str(found["surroundings"]["inputs"])
    assert all(entry["licence"] and entry["source"] and entry["outputs"] for entry in found.values())


@pytest.mark.usefixtures("_home")
def test_a_file_is_added_and_can_be_named_in_a_recipe(file: Path) -> None:
    answer = call("models", "add", file, "--name", "mine", "--task", "upscale", "--licence", "MIT")
    assert answer.code == 0
    digest = manifest.sha256_of(file)
    assert digest in answer.out
    entry = listed()["mine"]
    assert (entry["task"], entry["licence"], entry["sha256"]) == ("upscale", "MIT", digest)
    assert str(entry["revision"]).endswith(digest[:12])


@pytest.mark.usefixtures("_home")
def test_a_folder_is_added_with_all_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "pipeline"
    (folder / "unet").mkdir(parents=True)
    (folder / "index.json").write_text("{}")
    (folder / "unet" / "w.safetensors").write_bytes(b"w")
    answer = call("models", "add", folder, "--name", "pipe", "--task", "upscale", "--option", "net=x")
    assert answer.code == 0
    entry = manifest.registered(weights_folder())["pipe"]
    assert [item.path for item in entry.files] == ["index.json", "unet/w.safetensors"]
    assert entry.options == {"net": "x"}
    assert all(len(item.sha256) == 64 for item in entry.files)


@pytest.mark.usefixtures("_home")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--name", "mine"), 2, "name its task with --task"),
        (("--name", "Mine!", "--task", "fill"), 2, "name: String should match pattern"),
        (("--name", "telea", "--task", "fill"), 2, "telea is the name of a built-in model"),
        (("--name", "mine", "--task", "fill", "--sha256", "abc"), 2, "takes the 64 digits"),
        (("--name", "mine", "--task", "fill", "--sha256", "0" * 64), 1, "it is refused and set aside"),
        (("--name", "mine", "--task", "fill", "--option", "net"), 2, "write KEY=VALUE"),
        (("--name", "lpips_squeeze"), 1, "not b8a52dc0"),
    ],
)
def test_what_cannot_be_added_is_refused_in_one_line(
    file: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    answer = call("models", "add", file, *words)
    assert (answer.code, answer.out) == (code, "")
    assert said in " ".join(answer.err.split())
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
