"""Delivered files of a real line: their own stream, their renditions, and what they say of their origin."""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from imaging.metadata.marks import Marks
from imaging.metadata.rights import Rights
from imaging.metadata.xmp import packet
from line.source_types import URI
from tests.harness.command import call
from tests.harness.context import bucket, withdraw
from tests.harness.line import Line, line, photos
from tests.harness.services import Servers

pytestmark = pytest.mark.services

RECIPE = """
name = "plain"
[[steps]]
transform = "admit"
[[steps]]
transform = "upscale"
target = 200
floor = 50
[[steps]]
transform = "deliver"
max_long_side = 300
[[steps.renditions]]
name = "{stem}-{width}.webp"
max_long_side = 80
[[steps.renditions]]
name = "{sku}_{counter}.png"
max_long_side = 60
"""
RIGHTS = Rights(creator="A. Maker", copyright="© 2026 Acme")


@dataclass
class Done:
    """A batch that is over: what was uploaded, what was delivered, and the manifest by name."""

    line: Line
    batch: int
    uploaded: Path
    out: Path
    manifest: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Done]:
    home = tmp_path_factory.mktemp("provenance")
    upload = photos(home / "upload", 1, size=(260, 200))  # needs nothing
    photos(upload, 1, size=(400, 320), start=1)  # too large
    photos(upload, 1, size=(120, 90), start=2)  # too small
    generated = Image.open(upload / "photo0000.jpg")
    generated.save(
        upload / "generated.jpg", quality=90, xmp=packet(URI + "trainedAlgorithmicMedia", None, RIGHTS)
    )
    recipe = home / "plain.toml"
    recipe.write_text(RECIPE)
    with line(home, servers) as running:
        running.start(workers=1)
        batch = running.submit(upload, recipe)
        running.wait(batch)
        out = Path(running.report(batch)["delivered"].removeprefix("file://"))
        lines = map(json.loads, (out / "manifest.jsonl").read_text().splitlines())
        yield Done(running, batch, upload, out, {entry["name"]: entry for entry in lines})


def read(done: Done, name: str) -> bytes:
    return Path(done.out, done.manifest[name]["file"]).read_bytes()


@pytest.mark.parametrize("name", ["photo0000.jpg", "generated.jpg"])
def test_a_photo_that_needs_nothing_keeps_its_compressed_pixels(done: Done, name: str) -> None:
    uploaded = (done.uploaded / name).read_bytes()
    assert np.array_equal(simplejpeg.decode_jpeg(read(done, name)), simplejpeg.decode_jpeg(uploaded))
    assert done.manifest[name]["delivered"]["reencoded"] is False


@pytest.mark.parametrize(("name", "long_side"), [("photo0001.jpg", 300), ("photo0002.jpg", 200)])
def test_a_photo_that_needs_another_size_is_encoded_anew(done: Done, name: str, long_side: int) -> None:
    with Image.open(io.BytesIO(read(done, name))) as image:
        assert max(image.size) == long_side
    assert done.manifest[name]["delivered"]["reencoded"] is True


def test_what_was_done_and_what_came_in_stand_in_the_files(done: Done) -> None:
    source_types = {name: Marks.read(read(done, name)).source_type for name in done.manifest}
    assert source_types == {
        "photo0000.jpg": None,
        "photo0001.jpg": None,
        "photo0002.jpg": "algorithmicallyEnhanced",
        "generated.jpg": "trainedAlgorithmicMedia",
    }
    assert Marks.read(read(done, "generated.jpg")).rights == RIGHTS


def test_every_file_and_rendition_is_in_the_manifest_with_its_hash(done: Done) -> None:
    hashes = {}
    for entry in done.manifest.values():
        hashes[entry["file"]] = entry["delivered"]["sha256"]
        hashes |= {rendition["file"]: rendition["sha256"] for rendition in entry["delivered"]["renditions"]}
    there = {path.name: path for path in done.out.iterdir() if path.name != "manifest.jsonl"}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items()} == hashes
    assert len(hashes) == 12
    assert {"photo0000-80.webp", "photo0000_01.png"} <= set(hashes)


def test_provenance_reads_all_of_them_back_and_agrees(done: Done) -> None:
    files = [path for path in done.out.iterdir() if path.name != "manifest.jsonl"]
    answer = call("provenance", "--json", *files)
    assert answer.code == 0, answer.err
    assert [entry["agrees"] for entry in json.loads(answer.out)] == [True] * len(files)


def test_a_file_that_lost_its_mark_differs_from_the_record(done: Done, tmp_path: Path) -> None:
    Image.open(done.out / "generated.jpg").save(tmp_path / "generated.jpg", quality=92)
    (tmp_path / "manifest.jsonl").write_text((done.out / "manifest.jsonl").read_text())
    answer = call("provenance", "--json", tmp_path / "generated.jpg")
    assert answer.code == 1
    (entry,) = json.loads(answer.out)
    assert entry["agrees"] is False
    assert "trainedAlgorithmicMedia" in entry["differences"][0]


def test_a_file_without_a_record_says_so(done: Done, tmp_path: Path) -> None:
    (tmp_path / "alone.jpg").write_bytes(read(done, "generated.jpg"))
    answer = call("provenance", tmp_path / "alone.jpg")
    assert answer.code == 0
    assert "no manifest.jsonl names it" in answer.out


def test_a_reproduced_delivery_gives_the_same_bytes(done: Done) -> None:
    image = next(row.id for row in done.line.rows(done.batch) if row.name == "photo0000.jpg")
    answer = call("reproduce", str(image), "--step", "deliver", "--json")
    assert answer.code == 0, answer.err + answer.out


def test_a_rejected_picture_takes_its_renditions_with_it(done: Done) -> None:
    image = next(row.id for row in done.line.rows(done.batch) if row.name == "photo0001.jpg")
    assert call("reject", str(image)).code == 0
    withdraw(done.batch)
    out = bucket(done.line.report(done.batch)["delivered"])
    assert [item.key for item in out.walk("") if "photo0001" in item.key] == []
    assert out.find("photo0000-80.webp") is not None
