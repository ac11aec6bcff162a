from pathlib import Path

import numpy as np
import pytest

from imaging import intermediate
from records.storage.bucket import open_bucket
from tasks.context import Context
from tasks.runner.prefetch import Prefetch, PrefetchCache
from tests.harness.context import settings
from tests.harness.line import Line, environment, photos, recipe


def test_the_shelf_keeps_the_newest_and_hands_each_out_once() -> None:
    cache = PrefetchCache(max_pictures=2)
    for number in range(3):
        cache.put(str(number), np.full((1, 1, 3), number, np.uint8))
    assert cache.take("0") is None
    taken = cache.take("2")
    assert taken is not None
    assert taken[0, 0, 0] == 2
    assert cache.take("2") is None


def test_the_pictures_in_memory_take_no_more_than_their_share() -> None:
    cache = PrefetchCache(max_bytes=30)
    for key in ("a", "b", "b", "c"):
        cache.put(key, np.zeros((2, 2, 3), np.uint8))
    assert cache.take("a") is None
    assert cache.take("b") is not None
    cache.put("large", np.zeros((4, 4, 3), np.uint8))
    assert cache.take("large") is None


def test_a_picture_that_was_not_read_ahead_comes_from_the_bucket(tmp_path: Path) -> None:
    store = open_bucket(tmp_path.as_uri())
    rgb = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    key = store.keep(intermediate.encode_rgb(rgb), ".qoi")
    cache = PrefetchCache()
    assert np.array_equal(cache.take_or_read(store, key), rgb)
    cache.put(key, rgb + 1)
    assert np.array_equal(cache.take_or_read(store, key), rgb + 1)


@pytest.mark.parametrize(
    ("device", "setting", "answer"), [("cpu", None, False), ("cuda:0", None, True), ("cpu", "1", True)]
)
def test_reading_ahead_is_for_gpus_unless_told(device: str, setting: str | None, answer: bool) -> None:
    with environment({"SLUICE_DEVICE": device} | ({"SLUICE_READ_AHEAD": setting} if setting else {})):
        assert Prefetch(Context(settings())).is_wanted is answer


@pytest.mark.services
def test_a_worker_that_reads_ahead_delivers_the_same(sluice: Line, tmp_path: Path) -> None:
    upload = photos(tmp_path / "upload", 24)
    rules = recipe(tmp_path / "plain.toml", shard=4)
    sluice.start(workers=1)
    plain = sluice.wait(sluice.submit(upload, rules, vendor="plain"))
    sluice.kill("test")
    sluice.env["SLUICE_READ_AHEAD"] = "1"
    sluice.start(workers=1, schedulers=0)
    ahead = sluice.wait(sluice.submit(upload, rules, vendor="ahead"))
    assert sluice.delivered(ahead["batch"]) == sluice.delivered(plain["batch"])
    assert len(sluice.delivered(plain["batch"])) == 24
