import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.codec import Codec
from imaging.decode import decode
from imaging.limits import Limits
from imaging.refusal import RefusedError
from imaging.sandbox import photo_client, photo_server
from imaging.sandbox.photo_client import Decoder
from imaging.sandbox.process import Confined
from line.errors import ServiceError
from line.picture import Rgb
from tests.harness.waiting import PATIENCE
from tests.plugins import broken_decoder

MEMORY = 400_000_000
CODEC = Codec()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(Decoder, "command", (*Decoder.command[:2], broken_decoder.__file__))
    decoder = Decoder(20.0, MEMORY)
    yield decoder
    decoder.close()


@pytest.fixture
def jpeg(photo: Rgb, save: Callable[..., bytes]) -> bytes:
    return save(photo, "JPEG", quality=95)


def refusal(decoder: Any, data: bytes) -> Any:
    with pytest.raises(RefusedError) as refused:
        decoder.decode("a.jpg", data, Limits(), "#ffffff")
    return refused.value


def test_a_picture_and_its_facts_are_what_decoding_here_gives(photo: Rgb, save: Callable[..., bytes]) -> None:
    alpha = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (40, 1))
    files = [save(photo, "JPEG", dpi=(72, 72)), save(np.dstack([photo, alpha]), "PNG"), save(photo, "TIFF")]
    for data in files:
        here, there = decode("a.tif", data), CODEC.decode("a.tif", data)
        assert np.array_equal(here.rgb, there.rgb)
        assert here.facts == there.facts
        assert there.rgb.flags.c_contiguous
        assert there.rgb.flags.writeable


def test_a_refusal_and_its_sentence_come_through(jpeg: bytes) -> None:
    with pytest.raises(RefusedError) as refused:
        CODEC.decode("a.jpg", jpeg, limits=Limits(min_side=41))
    assert refused.value.reason == "side_too_short"
    assert refused.value.sentence == "The picture is 64 × 40 pixels; no side may be shorter than 41."


def test_one_process_serves_many_pictures_and_a_later_one_after_some_hundred(
    jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_client, "_MAX_PICTURES", 3)
    decoder = Decoder(10, MEMORY)
    pids = []
    for _ in range(5):
        decoder.decode("a.jpg", jpeg, Limits(), "#ffffff")
        pids.append(decoder.pid)
    decoder.close()
    assert len(set(pids[:3])) == len(set(pids[3:])) == 1
    assert pids[0] != pids[3]


@pytest.mark.parametrize(
    ("deed", "reason", "message"),
    [
        ("segfault", "decoder_died", "SIGSEGV"),
        ("abort", "decoder_died", "SIGABRT"),
        ("leave", "decoder_died", "another program"),
        ("hang", "decoder_hung", "within 1 seconds"),
        ("eat", "decoder_memory", "more memory"),
        ("babble", "decoder_died", "another program"),
    ],
)
def test_a_file_that_breaks_its_decoder_is_refused_and_the_next_is_not(
    broken: Any, jpeg: bytes, deed: str, reason: str, message: str
) -> None:
    broken.seconds = 1.0 if deed == "hang" else 20.0
    refused = refusal(broken, broken_decoder.branded(jpeg, deed))
    assert refused.reason == reason
    assert message in refused.sentence
    broken.seconds = 20.0
    assert np.array_equal(broken.decode("a.jpg", jpeg, Limits(), "#ffffff").rgb, decode("a.jpg", jpeg).rgb)


def test_the_kernel_ends_a_decoder_that_computes_on_when_nobody_waits_for_it(
    broken: Any, jpeg: bytes
) -> None:
    broken.decode("a.jpg", jpeg, Limits(), "#ffffff")
    process, channel = broken._confined.process, broken._confined.channel
    wish = json.dumps({"name": "a", "limits": {}, "background": "#ffffff", "seconds": 0.2}).encode()
    data = broken_decoder.branded(jpeg, "spin")
    channel.sendall(photo_server.REQUEST.pack(len(wish), len(data)) + wish + data)
    assert process.wait(timeout=PATIENCE) == -signal.SIGXCPU


def test_a_decoder_killed_from_outside_is_no_fault_of_the_file(broken: Any, jpeg: bytes) -> None:
    broken.decode("a.jpg", jpeg, Limits(), "#ffffff")
    os.kill(broken.pid, signal.SIGKILL)
    assert broken.decode("a.jpg", jpeg, Limits(), "#ffffff").rgb.shape == (40, 64, 3)
    with pytest.raises(MemoryError, match="killed twice"):
        broken.decode("a.jpg", broken_decoder.branded(jpeg, "killed"), Limits(), "#ffffff")


def test_signals_sent_to_the_whole_group_leave_the_decoder_at_work(broken: Any, jpeg: bytes) -> None:
    broken.decode("a.jpg", jpeg, Limits(), "#ffffff")
    pid = broken.pid
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)
    broken.decode("a.jpg", jpeg, Limits(), "#ffffff")
    assert broken.pid == pid


def test_a_decoder_ends_with_whom_it_works_for(broken: Any, jpeg: bytes) -> None:
    broken.decode("a.jpg", jpeg, Limits(), "#ffffff")
    broken._confined.channel.close()
    assert broken._confined.process.wait(timeout=PATIENCE) == 0


def test_it_knows_no_secret_and_has_no_file_open(
    broken: Any, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_DATABASE_URL", "postgresql://sluice:secret@nowhere/x")
    broken.decode("a.jpg", jpeg, Limits(), "#ffffff")
    process = Path("/proc") / str(broken.pid)
    assert b"secret" not in (process / "environ").read_bytes()
    targets = {str(entry.readlink()).partition(":")[0] for entry in (process / "fd").iterdir()}
    assert targets == {"/dev/null", "socket"}


def test_memory_is_bounded_by_what_the_header_announces(save: Callable[..., bytes]) -> None:
    flat = save(np.zeros((3000, 3000, 3), np.uint8), "PNG")
    roomy, narrow = Decoder(30, 400_000_000), Decoder(30, 60_000_000)
    assert roomy.decode("a.png", flat, Limits(), "#ffffff").rgb.shape == (3000, 3000, 3)
    assert refusal(narrow, flat).reason == "decoder_memory"
    roomy.close()
    narrow.close()


def test_an_answer_that_was_not_read_to_its_end_is_never_taken_for_the_next(
    broken: Any, jpeg: bytes, save: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = Confined.fill

    def interrupted(self: Any, view: Any, deadline: Any) -> None:
        if len(view) == 40 * 64 * 3:
            raise KeyboardInterrupt
        fill(self, view, deadline)

    with monkeypatch.context() as patch:
        patch.setattr(Confined, "fill", interrupted)
        with pytest.raises(KeyboardInterrupt):
            broken.decode("a.jpg", jpeg, Limits(), "#ffffff")
    white = save(np.full((40, 64, 3), 255, np.uint8), "PNG")
    assert (broken.decode("b.png", white, Limits(), "#ffffff").rgb == 255).all()


def test_several_threads_take_turns(broken: Any, jpeg: bytes) -> None:
    shapes = []
    threads = [
        threading.Thread(
            target=lambda: shapes.append(broken.decode("a", jpeg, Limits(), "#ffffff").rgb.shape)
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shapes == [(40, 64, 3)] * 4


def test_a_decoder_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch, jpeg: bytes) -> None:
    monkeypatch.setattr(Decoder, "command", ("/bin/sh", "-c", "exit 1"))
    with pytest.raises(ServiceError, match="does not start"):
        Decoder(5, MEMORY).decode("a.jpg", jpeg, Limits(), "#ffffff")


def answer_of(folder: Path, answer: dict[str, Any], size: Any = (0, 0), picture: Any = True) -> Any:
    """A decoder that was taken over and answers this to everything."""
    text = json.dumps(answer).encode()
    (folder / "answer").write_bytes(
        photo_server.ANSWER.pack(picture, len(text), *size) + text + bytes(3 * 40 * 64)
    )
    confined = Confined(["/bin/cat", str(folder / "answer")])
    try:
        return photo_client._answer(confined, Limits(), deadline=time.monotonic() + 5)
    finally:
        confined.kill()


def test_an_answer_is_believed_only_as_far_as_it_can_be_checked(
    photo: Rgb, save: Callable[..., bytes], tmp_path: Path
) -> None:
    facts = decode("a.png", save(photo, "PNG")).facts.to_json()
    assert answer_of(tmp_path, facts, (40, 64)).rgb.shape == (40, 64, 3)
    for wrong in (facts | {"accepted": True}, facts | {"width": 5}, facts | {"icc": 7}, {}):
        with pytest.raises(ValueError, match=r"invalid values|differ in size"):
            answer_of(tmp_path, wrong, (40, 64))
    with pytest.raises(ValueError, match="no side"):
        answer_of(tmp_path, facts, (30_000, 64))
    with pytest.raises(ValueError, match="invalid values"):
        answer_of(tmp_path, {"reason": "<script>", "sentence": "x"}, picture=False)
