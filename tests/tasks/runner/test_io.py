"""From a step's outcome to the bucket and the words of the records."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from gates.contract import Limit, Reason, Verdict
from imaging import intermediate
from line.facts import Facts
from line.image import Image
from line.picture import Edited, Flagged, FlagKind, Original, Picture, Publishable, Refused
from records.step_results import (
    ORDERED_RESULT,
    Broken,
    NeedsReview,
    Passed,
    Rejected,
    Result,
    StepResult,
    StoredKeys,
)
from records.storage.bucket import Bucket, MissingObjectError, open_bucket
from tasks.runner.io import OriginalReplacedError, read, write
from tasks.runner.prefetch import PrefetchCache
from tasks.runner.types import Attempt, Failed, Loaded

RGB = np.random.default_rng(3).integers(0, 256, (20, 30, 3), np.uint8)
MASK = np.zeros((20, 30), np.uint8)
MASK[5:9, 5:9] = 255
BAD = Verdict(
    {"change": 0.7}, (Reason("gate", "change", 0.7, Limit(at_most=0.1), FlagKind.ARTIFACT, (1, 2, 3, 4)),)
)
GOOD = Verdict({"change": 0.0})


@pytest.fixture
def here(tmp_path: Path) -> Bucket:
    return open_bucket((tmp_path / "bucket").as_uri())


def image(picture_key: str | None = "objects/in.qoi", **more: Any) -> Image:
    image = Image(id=5, name="a.jpg", source="ingest/a.jpg", file="sub/a.jpg", picture_key=picture_key)
    return replace(image, **more)


@dataclass(frozen=True)
class Written:
    """A result, and its ending where that is a pass or a review."""

    result: StepResult
    ending: Any

    @property
    def facts(self) -> Facts:
        return self.result.facts


def written(
    here: Bucket, outcome: Any, verdict: Verdict = GOOD, *, picture: Picture | None = None
) -> Written:
    subject = picture or Picture("a.jpg", RGB)
    noted = subject.with_(facts=Facts(dpi=(72, 72)))
    result = write(here, here, image(), Attempt(Loaded(noted, 9), outcome, verdict, 0.5))
    return Written(result, result.ending)


def test_an_edited_picture_is_kept_losslessly_under_its_content(here: Bucket) -> None:
    edited = RGB // 2
    done = written(here, Edited(Picture("a.jpg", edited, MASK), touched=MASK, readings={"coverage": 0.1}))
    assert isinstance(done.ending, Passed)
    assert done.result.seed == 9
    stored = done.ending.stored
    assert np.array_equal(intermediate.decode_rgb(here.get(str(stored.picture))), edited)
    assert np.array_equal(intermediate.decode_mask(here.get(str(stored.mask))), MASK)
    assert stored.touched == stored.mask
    assert done.facts | Facts(width=30, height=20, masked=True) == done.facts
    assert done.result.readings == {"change": 0.0, "coverage": 0.1}


def test_a_picture_that_was_only_looked_at_keeps_its_key(here: Bucket) -> None:
    picture = Picture("a.jpg", RGB)
    done = written(here, Edited(picture.with_(mask=np.zeros_like(MASK))), picture=picture)
    stored = done.result.stored
    assert (stored.picture, stored.mask, done.facts.masked) == ("objects/in.qoi", None, False)
    assert list(here.walk("")) == []


def test_a_picture_that_goes_on_is_read_from_memory_and_one_that_is_flagged_is_not(here: Bucket) -> None:
    pictures = PrefetchCache()
    attempt = Attempt(Loaded(Picture("a.jpg", RGB), 9), Edited(Picture("a.jpg", RGB // 2)), GOOD, 0.5)
    good = write(here, here, image(), attempt, pictures).stored.picture
    bad = write(here, here, image(), replace(attempt, verdict=BAD), pictures).stored.picture
    assert good == bad
    assert good is not None
    here.delete(good)
    assert np.array_equal(pictures.take_or_read(here, good), RGB // 2)
    assert pictures.take(good) is None


def test_a_flagged_edit_proposes_its_result_and_says_why(here: Bucket) -> None:
    done = written(here, Edited(Picture("a.jpg", RGB // 2)), BAD)
    assert isinstance(done.ending, NeedsReview)
    assert (done.ending.is_artifact, done.ending.reason) == (True, "gate.change")
    assert "change is 0.7, must be ≤ 0.1" in done.ending.sentence
    assert done.ending.stored.picture is not None
    (reason,) = done.ending.limits
    assert dict(reason) | {"code": "gate.change", "limit": {"at_most": 0.1}, "kind": "artifact"} == reason
    assert reason["where"] == (1, 2, 3, 4)


def test_what_asks_for_a_person_keeps_its_mask_as_a_proposal_and_edits_nothing(here: Bucket) -> None:
    picture = Picture("a.jpg", RGB)
    flagged = Flagged("overlay_or_print", "Say which.", picture=picture.with_(mask=MASK))
    done = written(here, flagged, picture=picture)
    assert isinstance(done.ending, NeedsReview)
    assert (done.ending.is_artifact, done.ending.reason) == (False, "overlay_or_print")
    assert (done.ending.stored.picture, done.facts.masked) == ("objects/in.qoi", False)
    assert np.array_equal(intermediate.decode_mask(here.get(str(done.ending.stored.mask))), MASK)


def test_a_refused_file_and_a_failed_transform_keep_nothing(here: Bucket) -> None:
    refused = written(here, Refused("truncated", "It breaks off.")).result
    failed = written(here, Failed("It broke.")).result
    assert refused.ending == Rejected("truncated", "It breaks off.")
    assert failed.ending == Broken("transform_error", "It broke.")
    assert refused.stored == failed.stored == StoredKeys()
    assert list(here.walk("")) == []


def publish(here: Bucket, verdict: Verdict, *, is_shown: bool = False) -> StepResult:
    outcome = Publishable(b"jpeg", "image/jpeg", RGB, {"bytes": 4.0})
    attempt = Attempt(Loaded(Picture("a.jpg", RGB), 9), outcome, verdict, 0.5)
    return write(here, open_bucket(f"{here.url}/out"), image(), attempt, is_shown=is_shown)


def test_a_published_file_lies_under_its_own_name(here: Bucket) -> None:
    assert publish(here, GOOD).ending == Passed(StoredKeys("objects/in.qoi"), "sub/a.jpg")
    assert here.get("out/sub/a.jpg") == b"jpeg"


def test_a_file_that_a_gate_flags_is_not_published(here: Bucket) -> None:
    assert publish(here, BAD).verdict is Result.FLAG
    assert list(here.walk("out")) == []


@pytest.mark.parametrize("verdict", [GOOD, BAD])
def test_the_result_of_what_a_person_ordered_is_shown_and_not_published(
    here: Bucket, verdict: Verdict
) -> None:
    ending = publish(here, verdict, is_shown=True).ending
    assert isinstance(ending, NeedsReview)
    assert (ending.reason, ending.is_artifact) == (ORDERED_RESULT, False)
    assert ending.stored.picture == "objects/in.qoi"
    assert ("A gate objects: " in ending.sentence) == bool(verdict.reasons)
    assert list(here.walk("out")) == []


@pytest.mark.parametrize("recorded", ["tag", "sha256"])
def test_an_original_with_other_bytes_than_when_it_was_taken_is_not_read(here: Bucket, recorded: str) -> None:
    here.put("ingest/a.jpg", b"first")
    before = {"tag": here.get_tagged("ingest/a.jpg")[1], "sha256": hashlib.sha256(b"first").hexdigest()}
    taken = image(None, **{recorded: before[recorded]})
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
    later = read(here, image(keys[0], mask_key=keys[1], facts=Facts(dpi=(72, 72))), 9)
    assert isinstance(later.subject, Picture)
    assert np.array_equal(later.subject.rgb, RGB)
    assert later.subject.mask is not None
    assert np.array_equal(later.subject.mask, MASK)
    assert (later.subject.seed, later.facts) == (9, Facts(dpi=(72, 72)))


def test_an_object_that_is_gone_is_told(here: Bucket) -> None:
    for row in (image(None), image("objects/gone.qoi")):
        with pytest.raises(MissingObjectError):
            read(here, row, 9)
