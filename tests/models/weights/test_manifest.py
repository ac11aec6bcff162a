"""Weights: pulled, mirrored, added and checked, without any hub."""

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from line.errors import ModelError
from models.contract import Task
from models.weights import download, manifest
from models.weights.conversion import CONVERSIONS
from models.weights.manifest import File, Weights
from tests.harness.context import models, weights_folder
from tests.harness.line import environment
from tests.models import networks

CONTENT = bytes(range(256)) * 12_000
HASH = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """A file server that gives parts, and can be told to break off."""

    break_after: int | None = None
    ranges = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/net.safetensors"


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.asked.append(wanted)
        if "missing" in self.path:
            self.send_error(404)
            return
        begin = int(wanted[6:-1]) if wanted and self.server.ranges else 0
        if begin >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(CONTENT) - begin))
        self.end_headers()
        most = self.server.break_after
        self.server.break_after = None
        self.wfile.write(CONTENT[begin:][:most])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as created:
        thread = threading.Thread(target=created.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield created
        created.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _home(tmp_path: Path) -> Iterator[None]:
    with environment({"SLUICE_HOME": str(tmp_path / "home")}):
        yield


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


def test_weights_are_fetched_checked_and_registered_with_their_whole_hash(server: Server) -> None:
    message: list[tuple[str, int, int | None]] = []
    result = download.pull(wanted(server.url, HASH[:8]), progress=lambda *news: message.append(news))
    assert (result.folder / "net.safetensors").read_bytes() == CONTENT
    assert result.sha256 == HASH
    assert result.version == f"7/{HASH[:12]}"
    assert manifest.registered(weights_folder()) == {"mine": result}
    assert message[-1] == ("net.safetensors", len(CONTENT), len(CONTENT))
    assert models().get("mine", Task.UPSCALE).revision == result.version


def test_a_download_that_breaks_off_goes_on_where_it_was(server: Server) -> None:
    server.break_after = 1_000_000
    download.pull(wanted(server.url))
    assert server.asked == ["", "bytes=1000000-"]
    assert manifest.paths(manifest.registered(weights_folder())["mine"])[0].read_bytes() == CONTENT


def test_a_pull_that_failed_goes_on_at_the_next(server: Server) -> None:
    part = wanted(server.url).folder / "net.safetensors.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[:5000])
    download.pull(wanted(server.url))
    assert server.asked == ["bytes=5000-"]
    assert manifest.missing(manifest.registered(weights_folder())["mine"]) is None


def test_a_server_that_gives_no_parts_is_asked_for_all_of_it(server: Server) -> None:
    server.ranges = False
    part = wanted(server.url).folder / "net.safetensors.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"something else")
    download.pull(wanted(server.url))
    assert manifest.paths(manifest.registered(weights_folder())["mine"])[0].read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_taken(server: Server) -> None:
    part = wanted(server.url).folder / "net.safetensors.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT)
    download.pull(wanted(server.url))
    assert manifest.missing(manifest.registered(weights_folder())["mine"]) is None


def test_what_is_here_and_right_is_not_fetched_again(server: Server) -> None:
    download.pull(wanted(server.url))
    download.pull(wanted(server.url))
    assert len(server.asked) == 1


def test_a_wrong_file_is_refused_in_one_line_and_set_aside(server: Server) -> None:
    with pytest.raises(ModelError) as refusal:
        download.pull(wanted(server.url, "0" * 64))
    assert re.fullmatch(
        r"net\.safetensors has the SHA-256 \w{64}, not 0{64}: .* set aside as .*", str(refusal.value)
    )
    assert [path.name for path in wanted("").folder.iterdir()] == ["net.safetensors.refused"]
    assert manifest.registered(weights_folder()) == {}


def test_without_a_hash_nothing_is_fetched_until_somebody_says_which(server: Server) -> None:
    with pytest.raises(ModelError, match="--sha256 HASH"):
        download.pull(wanted(server.url, ""))
    assert server.asked == []
    assert download.pull(wanted(server.url, ""), sha256=HASH).sha256 == HASH


def test_a_hash_that_contradicts_the_catalogue_is_refused(server: Server) -> None:
    with pytest.raises(ModelError, match="the catalogue says"):
        download.pull(wanted(server.url, HASH[:8]), sha256="0" * 64)
    assert server.asked == []


def test_a_mirror_is_all_that_is_asked(tmp_path: Path, server: Server) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "mine").mkdir(parents=True)
    with pytest.raises(ModelError, match=r"the mirror has neither .*/mirror/mine/net\.safetensors nor "):
        download.pull(wanted(server.url), mirror=mirror)
    (mirror / "mine" / "net.safetensors").write_bytes(CONTENT)
    download.pull(wanted(server.url), mirror=mirror)
    (mirror / "net.safetensors").write_bytes(CONTENT)
    download.pull(wanted(server.url, name="flat"), mirror=mirror)
    assert sorted(manifest.registered(weights_folder())) == ["flat", "mine"]
    assert server.asked == []


def test_an_answer_of_no_is_told_as_it_is(server: Server) -> None:
    with pytest.raises(ModelError, match=r"mine: http://127\.0\.0\.1:\d+/missing answers 404"):
        download.pull(wanted(server.url.replace("net.safetensors", "missing")))
    assert len(server.asked) == 1


def test_the_hubs_short_address_names_a_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert (
        download.address("hf://acme/net@v1.0/sub/net.safetensors")
        == "https://huggingface.co/acme/net/resolve/v1.0/sub/net.safetensors"
    )
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example/")
    assert download.address("hf://acme/net@main/a b").endswith("hub.example/acme/net/resolve/main/a%20b")
    for wrong in (
        "hf://acme/net/net.safetensors",
        "hf://acme",
        "ftp://acme/net",
        "file:///etc/passwd",
        "net",
    ):
        with pytest.raises(ModelError, match="is not an address"):
            download.address(wrong)


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
