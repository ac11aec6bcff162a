import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from imaging.codec import Codec
from line.facts import Facts
from line.picture import Edited, Flagged, FlagKind, Original, Refused, Rgb
from tasks.admit import admit

CODEC = Codec()


def jpeg(rgb: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "JPEG", **options)
    return out.getvalue()


@pytest.fixture
def noise() -> Rgb:
    return np.random.default_rng(3).integers(0, 256, (96, 64, 3)).astype(np.uint8)


def test_one_bad_file_does_not_touch_its_neighbours(noise: Any) -> None:
    good = Original("a/good.jpg", jpeg(noise, dpi=(72, 72)), Facts(accepted=True))
    first, page, empty, last = admit.function(
        [good, Original("a/page.jpg", b"<html>"), Original("a/none.jpg", b""), good], None, CODEC
    )
    assert isinstance(first, Edited)
    assert isinstance(last, Edited)
    assert np.array_equal(first.picture.rgb, last.picture.rgb)
    assert isinstance(page, Refused)
    assert isinstance(empty, Refused)
    assert (page.reason, empty.reason) == ("not_an_image", "empty")
    assert "web page" in page.sentence


def test_what_was_known_and_what_was_found_stand_together(noise: Any) -> None:
    (done,) = admit.function(
        [Original("a.jpg", jpeg(noise, dpi=(72, 72)), Facts(accepted=True))], None, CODEC
    )
    assert isinstance(done, Edited)
    facts = done.picture.facts
    assert facts.accepted
    assert (facts.width, facts.height, facts.dpi) == (64, 96, (72, 72))
    assert (done.picture.name, done.picture.mask, done.touched) == ("a.jpg", None, None)


def test_a_jpeg_with_missing_data_goes_to_a_person_until_one_accepts_it(noise: Any) -> None:
    data = jpeg(noise)
    data = data[: len(data) // 2] + b"\xff\xd9"
    (flag,) = admit.function([Original("a.jpg", data)], None, CODEC)
    assert isinstance(flag, Flagged)
    assert (flag.reason, flag.kind) == ("data_missing", FlagKind.POLICY)
    (done,) = admit.function([Original("a.jpg", data, Facts(accepted=True))], None, CODEC)
    assert isinstance(done, Edited)


def test_the_recipe_sets_limits_and_background(noise: Any) -> None:
    original = Original("a.jpg", jpeg(noise))
    (refused,) = admit.function([original], None, CODEC, min_side=65)
    assert isinstance(refused, Refused)
    assert refused == Refused("side_too_short", refused.sentence)
    rgba = np.dstack([noise, np.zeros((96, 64), np.uint8)])
    rgba[0, 0, 3] = 255
    out = io.BytesIO()
    Image.fromarray(rgba).save(out, "PNG")
    (done,) = admit.function([Original("a.png", out.getvalue())], None, CODEC, background="#102030")
    assert isinstance(done, Edited)
    assert done.picture.rgb[50, 50].tolist() == [16, 32, 48]


@pytest.mark.parametrize(
    "wrong", [{"background": "white"}, {"frames": "all"}, {"max_pixels": 0}, {"max_pixels": "5"}, {"size": 3}]
)
def test_a_mistaken_parameter_is_refused_by_the_schema(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        admit.schema(**wrong)


def test_admission_is_no_edit() -> None:
    assert (admit.name, admit.queue, admit.edits, admit.task) == ("admit", "admit", False, None)
