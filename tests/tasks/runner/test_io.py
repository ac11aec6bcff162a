"""From a step's outcome to the bucket and the words of the records."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from gates.contract import Limit, Reason, Verdict
from imaging import intermediate
from line.picture import Edited, Flagged, FlagKind, Original, Picture, Publishable, Refused
from records.outcomes import Done, Result
from records.storage.bucket import Bucket, MissingObjectError, bucket
from tasks.runner.execute import Attempted, Failed
from tasks.runner.io import Loaded, OriginalReplacedError, read, store
from tests.harness.line import environment

RGB = np.random.default_rng(3).integers(0, 256, (20, 30, 3), np.uint8)
MASK = np.zeros((20, 30), np.uint8)
MASK[5:9, 5:9] = 255
BAD = Verdict(
    {"change": 0.7}, (Reason("gate", "change", 0.7, Limit(at_most=0.1), FlagKind.ARTIFACT, (1, 2, 3, 4)),)
)
GOOD = Verdict({"change": 0.0})


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bucket]:
    with environment({"SLUICE_BUCKET_URL": (tmp_path / "bucket").as_uri()}):
        yield bucket((tmp_path / "bucket").as_uri())


def image(current: str | None = "objects/in.qoi", **more: Any) -> Any:
    row = {"id": 5, "name": "a.jpg", "source": "ingest/a.jpg", "file": "sub/a.jpg", "mask": None, "facts": {}}
    return SimpleNamespace(**row | {"current": current, "sha256": None, "tag": ""} | more)


def said(outcome: Any, verdict: Verdict = GOOD, *, row: Any = None, picture: Picture | None = None) -> Done:
    row = row or image()
    subject = picture or Picture(row.name, RGB)
    claim: Any = SimpleNamespace(out=None)
    return store(claim, Attempted(Loaded(row, subject, 9, {"dpi": 72}), outcome, verdict, 0.5))


def test_an_edited_picture_is_kept_losslessly_under_its_content(here: Bucket) -> None:
    edited = RGB // 2
    done = said(Edited(Picture("a.jpg", edited, MASK), touched=MASK, readings={"coverage": 0.1}))
    assert (done.result, done.reason, done.seed) == (Result.PASS, "", 9)
    assert np.array_equal(intermediate.decode_rgb(here.get(str(done.output))), edited)
    assert np.array_equal(intermediate.decode_mask(here.get(str(done.mask))), MASK)
    assert done.touched == done.mask
    assert done.facts | {"width": 30, "height": 20, "masked": True} == done.facts
    assert done.readings == {"change": 0.0, "coverage": 0.1}


def test_a_picture_that_was_only_looked_at_keeps_its_key(here: Bucket) -> None:
    picture = Picture("a.jpg", RGB)
    done = said(Edited(picture.with_(mask=np.zeros_like(MASK))), picture=picture)
    assert (done.output, done.mask, done.facts["masked"]) == ("objects/in.qoi", None, False)
    assert list(here.walk("")) == []


def test_a_flagged_edit_proposes_its_result_and_says_why(here: Bucket) -> None:
    done = said(Edited(Picture("a.jpg", RGB // 2)), BAD)
    assert (done.result, done.artifact, done.reason) == (Result.FLAG, True, "gate.change")
    assert "change is 0.7, must be ≤ 0.1" in done.sentence
    assert done.output is not None
    (reason,) = done.reasons
    assert reason | {"code": "gate.change", "limit": {"at_most": 0.1}, "kind": "artifact"} == reason
    assert reason["where"] == (1, 2, 3, 4)


def test_what_asks_for_a_person_keeps_its_mask_as_a_proposal_and_edits_nothing(here: Bucket) -> None:
    picture = Picture("a.jpg", RGB)
    done = said(Flagged("overlay_or_print", "Say which.", picture=picture.with_(mask=MASK)), picture=picture)
    assert (done.result, done.artifact, done.reason) == (Result.FLAG, False, "overlay_or_print")
    assert (done.output, done.facts["masked"]) == ("objects/in.qoi", False)
    assert np.array_equal(intermediate.decode_mask(here.get(str(done.mask))), MASK)


def test_a_refused_file_and_a_failed_transform_keep_nothing(here: Bucket) -> None:
    refused, failed = said(Refused("truncated", "It breaks off.")), said(Failed("It broke."))
    assert (refused.result, refused.reason, refused.sentence) == (
        Result.REFUSE,
        "truncated",
        "It breaks off.",
    )
    assert (failed.result, failed.reason, failed.sentence) == (Result.FAIL, "transform_error", "It broke.")
    assert refused.output is failed.output is None
    assert list(here.walk("")) == []


def publish(here: Bucket, verdict: Verdict) -> Done:
    claim: Any = SimpleNamespace(out=f"{here.url}/out")
    outcome = Publishable(b"jpeg", "image/jpeg", RGB, {"bytes": 4.0})
    return store(claim, Attempted(Loaded(image(), Picture("a.jpg", RGB), 9), outcome, verdict, 0.5))


def test_a_published_file_lies_under_its_own_name(here: Bucket) -> None:
    done = publish(here, GOOD)
    assert (done.result, done.file, done.output) == (Result.PASS, "sub/a.jpg", "objects/in.qoi")
    assert here.get("out/sub/a.jpg") == b"jpeg"


def test_a_file_that_a_gate_flags_is_not_published(here: Bucket) -> None:
    assert publish(here, BAD).result is Result.FLAG
    assert list(here.walk("out")) == []


@pytest.mark.parametrize("known", ["tag", "sha256"])
def test_an_original_with_other_bytes_than_when_it_was_taken_is_not_read(here: Bucket, known: str) -> None:
    here.put("ingest/a.jpg", b"first")
    before = {"tag": here.get_tagged("ingest/a.jpg")[1], "sha256": hashlib.sha256(b"first").hexdigest()}
    taken = image(None, **{known: before[known]})
    assert read(here, taken, 9).sha256 == before["sha256"]
    here.put("ingest/a.jpg", b"second, longer")
    with pytest.raises(OriginalReplacedError, match="other bytes"):
        read(here, taken, 9)


def test_an_image_is_read_as_its_next_step_wants_it(here: Bucket) -> None:
    data = cv2.imencode(".jpg", RGB)[1].tobytes()
    here.put("ingest/a.jpg", data)
    original = read(here, image(None), 9)
    assert isinstance(original.subject, Original)
    assert original.sha256 == hashlib.sha256(data).hexdigest()
    keys = here.keep(intermediate.encode_rgb(RGB), ".qoi"), here.keep(intermediate.encode_mask(MASK), ".png")
    later = read(here, image(keys[0], mask=keys[1], facts={"dpi": 72}), 9)
    assert isinstance(later.subject, Picture)
    assert np.array_equal(later.subject.rgb, RGB)
    assert np.array_equal(later.subject.mask, MASK)
    assert (later.subject.seed, later.subject.facts) == (9, {"dpi": 72})


def test_an_object_that_is_gone_is_told(here: Bucket) -> None:
    for row in (image(None), image("objects/gone.qoi")):
        with pytest.raises(MissingObjectError):
            read(here, row, 9)
