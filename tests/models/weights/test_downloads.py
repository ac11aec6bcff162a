"""Weights that are downloaded: broken off and gone on with, checked, mirrored."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from line.errors import ModelError
from models.contract import Task
from models.weights import download, manifest
from tests.harness.context import models, weights_folder
from tests.models.weights.wanted import CONTENT, HASH, wanted

pytestmark = pytest.mark.usefixtures("library")


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
