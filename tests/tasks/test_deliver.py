import io

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from line.picture import Flagged, FlagKind, Picture, Publishable
from tasks.deliver import deliver, white_border


@pytest.fixture
def picture():
    """600 × 400, white with something coloured in the middle."""
    rgb = np.full((400, 600, 3), 255, np.uint8)
    rgb[100:300, 150:450] = np.random.default_rng(0).integers(0, 256, (200, 300, 3))
    return Picture("a.jpg", rgb)


def only(picture, **params):
    (outcome,) = deliver.function([picture], None, **params)
    return outcome


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_a_picture_within_the_rules_is_published_and_seen_as_shipped(form, picture):
    done = only(picture, format=form, white_background=True, min_long_side=600, aspect="3:2")
    assert isinstance(done, Publishable)
    assert done.media_type == f"image/{form}"
    with Image.open(io.BytesIO(done.data)) as image:
        assert np.array_equal(np.asarray(image), done.rgb)
    assert done.readings["bytes"] == len(done.data)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"min_long_side": 601}, "below_min_long_side"),
        ({"min_short_side": 401}, "below_min_short_side"),
        ({"max_long_side": 599}, "above_max_long_side"),
        ({"aspect": "1:1"}, "wrong_aspect"),
        ({"aspect": "3:2.1"}, "wrong_aspect"),
        ({"max_bytes": 1000}, "above_max_bytes"),
    ],
)
def test_each_broken_rule_asks_a_person_who_may_waive_it(rule, reason, picture):
    flag = only(picture, **rule)
    assert isinstance(flag, Flagged)
    assert (flag.reason, flag.kind) == (reason, FlagKind.POLICY)
    assert flag.sentence.endswith(".")
    assert isinstance(only(picture.with_(facts={"accepted": True}), **rule), Publishable)


def test_a_background_that_is_not_white_is_flagged_where_it_must_be(picture):
    grey = picture.with_(rgb=np.where(picture.rgb == 255, 236, picture.rgb).astype(np.uint8))
    assert only(grey, white_background=True).reason == "background_not_white"
    assert isinstance(only(grey), Publishable)


def test_all_broken_rules_are_told_at_once(picture):
    flag = only(picture, min_long_side=1000, aspect="1:1")
    assert "1000" in flag.sentence
    assert "1:1" in flag.sentence


def test_quality_is_lowered_only_as_far_as_the_bytes_ask_for(picture):
    full = only(picture, quality=92)
    assert full.readings["quality"] == 92
    smaller = only(picture, quality=92, max_bytes=len(full.data) - 1)
    assert smaller.readings["quality"] == 88
    floor = only(picture, quality=92, min_quality=90, max_bytes=len(full.data) // 2)
    assert (floor.reason, floor.readings["quality"]) == ("above_max_bytes", 90)


def test_the_same_picture_gives_the_same_file(picture):
    assert only(picture).data == only(picture.with_(rgb=picture.rgb.copy())).data


def test_the_white_border_is_measured_on_all_four_sides():
    for side in (np.s_[:3], np.s_[-3:], np.s_[:, :3], np.s_[:, -3:]):
        rgb = np.full((300, 300, 3), 255, np.uint8)
        assert white_border(rgb) == 1
        rgb[side] = 0
        assert 0.7 < white_border(rgb) < 0.8
    assert white_border(np.zeros((1, 1, 3), np.uint8)) == 0


@pytest.mark.parametrize(
    "wrong", [{"format": "bmp"}, {"quality": 101}, {"quality": 20}, {"aspect": "square"}, {"aspect": "0:1"}]
)
def test_a_mistaken_parameter_is_refused_by_the_schema(wrong):
    with pytest.raises(ValidationError):
        deliver.schema(**wrong)
