"""Models by name and revision, from a hub of our own that answers as the real one does."""

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from line.errors import ModelError
from models.task import Task
from models.weights import download, huggingface, manifest, pipelines
from models.weights.manifest import Weights
from tests.harness.command import call
from tests.harness.context import weights_folder
from tests.harness.line import environment

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "model_index.json": b'{"_class_name": "StableDiffusionInpaintPipeline"}',
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": b"\x02\0\0\0\0\0\0\0{}" + bytes(5000),
    "unet/diffusion_pytorch_model.fp16.safetensors": b"half",
    "unet/diffusion_pytorch_model.bin": b"pickled",
    "tokenizer/merges.txt": b"#version: 0.2\n",
    "feature_extractor/run.py": b"print()",
    "whole.safetensors": b"a checkpoint",
    "README.md": b"# Words",
}
WANTED = [
    "model_index.json",
    "tokenizer/merges.txt",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
]


class Hub(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = dict(FILES)

    def entries(self) -> dict[str, Any]:
        listed = []
        for name, data in FILES.items():
            blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            entry: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": blob}
            if name.endswith((".safetensors", ".bin")):
                entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            listed.append(entry)
        return {"sha": COMMIT, "siblings": listed, "tags": ["diffusers", "license:openrail++"]}


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        at_commit = f"/acme/eraser/resolve/{COMMIT}/"
        if self.path in [f"/api/models/acme/eraser/revision/{named}?blobs=true" for named in ("v1", COMMIT)]:
            data = json.dumps(self.server.entries()).encode()
        elif self.path.startswith(at_commit):
            data = self.server.files[self.path.removeprefix(at_commit)]
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    started = Hub()
    thread = threading.Thread(target=started.serve_forever, args=(0.02,))
    thread.start()
    home = tmp_path_factory.mktemp("hub")
    with environment(
        {"SLUICE_HOME": str(home), "HF_ENDPOINT": f"http://127.0.0.1:{started.server_address[1]}"}
    ):
        yield started
    started.shutdown()
    thread.join()
    started.server_close()


def test_a_pipeline_is_its_parts_at_the_commit_that_the_revision_names_now(server: Hub) -> None:
    result = huggingface.look_up("hf://acme/eraser@v1", "eraser", Task.FILL)
    assert [file.path for file in result.files] == WANTED
    assert all(len(file.sha256) == 64 for file in result.files)
    assert all(f"@{COMMIT}/" in file.url for file in result.files)
    assert (result.reader, result.revision, result.licence) == ("diffusers", COMMIT[:12], "openrail++")


def pull() -> Weights:
    wanted = huggingface.look_up("hf://acme/eraser@v1", "eraser", Task.FILL)
    return download.pull(wanted.model_copy(update={"root": weights_folder()}))


def test_it_is_pulled_file_by_file_and_pinned(server: Hub) -> None:
    result = pull()
    assert manifest.registered(weights_folder())["eraser"] == result
    assert {path.relative_to(result.folder).as_posix() for path in manifest.paths(result)} == set(WANTED)


def test_one_file_is_taken_when_it_is_named(server: Hub) -> None:
    result = huggingface.look_up("hf://acme/eraser@v1/whole.safetensors", "whole", Task.UPSCALE)
    assert [(file.path, result.reader) for file in result.files] == [("whole.safetensors", "spandrel")]


@pytest.mark.parametrize("changed", ["unet/config.json", "unet/diffusion_pytorch_model.safetensors"])
def test_a_file_that_is_not_what_the_commit_names_is_refused(server: Hub, changed: str) -> None:
    server.files[changed] = server.files[changed] + b" "
    with pytest.raises(ModelError, match=r"is not the file that its commit names|is refused and set aside"):
        pull()
    assert manifest.registered(weights_folder()) == {}


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("hf://acme/eraser", "hf://OWNER/REPO@REVISION"),
        ("hf://acme/eraser@v2", "answers 404"),
        ("hf://acme/eraser@v1/no.safetensors", "does not contain no.safetensors"),
    ],
)
def test_what_is_not_there_is_said(server: Hub, url: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        huggingface.look_up(url, "eraser", Task.FILL)


def test_a_pinned_pipeline_is_pulled_by_its_name_alone(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    (first, *_) = pipelines.pipelines().values()
    eraser = first.model_copy(update={"repository": "acme/eraser", "revision": COMMIT, "task": Task.FILL})
    monkeypatch.setattr(pipelines, "pipelines", lambda: {"eraser": eraser})
    answer = call("models", "pull", "eraser")
    assert answer.code == 0, answer.err
    registered = manifest.registered(weights_folder())["eraser"]
    assert (registered.revision, registered.task) == (COMMIT[:12], Task.FILL)


def test_every_listed_pipeline_says_what_it_takes_and_what_has_been_run() -> None:
    listed = json.loads(call("models", "--pipelines", "--json").out)
    assert {entry["task"] for entry in listed} == {"fill", "generate", "upscale"}
    assert all(
        entry["memory_float32"] == pytest.approx(2 * entry["memory_float16"], abs=0.2) for entry in listed
    )
    assert all(entry["tried"] and entry["licence"] and entry["steps"] for entry in listed)
    assert len({(entry["source"], entry["revision"]) for entry in listed}) == len(listed)
    assert not {entry["model"] for entry in listed} & set(manifest.catalog())
    assert "stable-diffusion-xl-base" in call("models", "--pipelines").out


def test_a_repository_without_an_index_is_no_pipeline() -> None:
    assert huggingface.pipeline_files([path for path in FILES if path != "model_index.json"]) == []
    assert huggingface.pipeline_files(["model_index.json", "unet/model.bin"]) == []
