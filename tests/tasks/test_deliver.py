import io
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest
import simplejpeg
from PIL import Image
from pydantic import ValidationError

from imaging.codec import Codec
from imaging.decode import decode as decode_anything
from imaging.metadata.marks import Marks
from imaging.metadata.rights import Rights
from line.facts import Facts
from line.picture import Flagged, FlagKind, Picture, Publishable
from models.subject import PlainGround
from tasks.deliver import deliver, white_border

CODEC = Codec()


@pytest.fixture
def picture() -> Picture:
    """600 × 400, white with something coloured in the middle."""
    rgb = np.full((400, 600, 3), 255, np.uint8)
    rgb[100:300, 150:450] = np.random.default_rng(0).integers(0, 256, (200, 300, 3))
    return Picture("a.jpg", rgb)


def only(picture: Any, **params: Any) -> Any:
    (outcome,) = deliver.run([picture], None, params, codec=CODEC)
    return outcome


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "avif"])
def test_a_picture_within_the_rules_is_published_and_seen_as_shipped(form: str, picture: Any) -> None:
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
        ({"aspect": "1:1"}, "wrong_aspect"),
        ({"subject_fill": 0.85}, "subject_too_small"),
        ({"aspect": "3:2.1"}, "wrong_aspect"),
        ({"max_bytes": 1000}, "above_max_bytes"),
        ({"renditions": [{"name": "{stem}-s.jpg", "max_bytes": 1000}]}, "above_max_bytes"),
    ],
)
def test_each_broken_rule_asks_a_person_who_may_waive_it(
    rule: dict[str, Any], reason: str, picture: Any
) -> None:
    flag = only(picture, **rule)
    assert isinstance(flag, Flagged)
    assert (flag.reason, flag.kind) == (reason, FlagKind.POLICY)
    assert flag.sentence.endswith(".")
    assert isinstance(only(picture.with_(facts=Facts(accepted=True)), **rule), Publishable)


def test_a_background_that_is_not_white_is_flagged_where_it_must_be(picture: Any) -> None:
    grey = picture.with_(rgb=np.where(picture.rgb == 255, 236, picture.rgb).astype(np.uint8))
    assert only(grey, white_background=True).reason == "background_not_white"
    assert isinstance(only(grey), Publishable)


def test_all_broken_rules_are_told_at_once(picture: Any) -> None:
    flag = only(picture, min_long_side=1000, aspect="1:1")
    assert "1000" in flag.sentence
    assert "1:1" in flag.sentence


def test_quality_is_lowered_only_as_far_as_the_bytes_ask_for(picture: Any) -> None:
    full = only(picture, quality=92)
    assert full.readings["quality"] == 92
    smaller = only(picture, quality=92, max_bytes=len(full.data) - 1)
    assert smaller.readings["quality"] == 88
    floor = only(picture, quality=92, min_quality=90, max_bytes=len(full.data) // 2)
    assert (floor.reason, floor.readings["quality"]) == ("above_max_bytes", 90)


def test_the_same_picture_gives_the_same_file(picture: Any) -> None:
    assert only(picture).data == only(picture.with_(rgb=picture.rgb.copy())).data


def test_the_ground_must_be_white_in_the_share_that_is_asked_for(picture: Any) -> None:
    assert isinstance(only(picture, white_ground=0.95, subject_fill=0.45), Publishable)
    grey = np.minimum(picture.rgb, 240)
    flag = only(picture.with_(rgb=grey), white_ground=0.95)
    assert flag.reason == "ground_not_white"
    assert "95% is asked for" in flag.sentence


def test_the_subject_is_measured_in_the_picture_as_delivered_and_by_the_model(picture: Any) -> None:
    model = PlainGround()
    for params, reason in (({}, None), ({"fit": "square", "margin": 0.2}, "subject_too_small")):
        (outcome,) = deliver.run([picture], model, {"subject_fill": 0.45, **params}, codec=CODEC)
        assert getattr(outcome, "reason", None) == reason


def test_the_white_border_is_measured_on_all_four_sides() -> None:
    for side in (np.s_[:3], np.s_[-3:], np.s_[:, :3], np.s_[:, -3:]):
        rgb = np.full((300, 300, 3), 255, np.uint8)
        assert white_border(rgb) == 1
        rgb[side] = 0
        assert 0.7 < white_border(rgb) < 0.8
    assert white_border(np.zeros((1, 1, 3), np.uint8)) == 0


@pytest.mark.parametrize(
    "wrong", [{"format": "bmp"}, {"quality": 101}, {"quality": 20}, {"aspect": "square"}, {"aspect": "0:1"}]
)
def test_a_mistaken_parameter_is_refused_by_the_schema(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        deliver.schema(**wrong)


# --- the vendor's own stream ---------------------------------------------------------------------


def admitted(data: bytes, **facts: Any) -> Picture:
    """A picture as it stands after admission, with the vendor's file beside it."""
    decoded = decode_anything("a.jpg", data)
    return Picture("a.jpg", decoded.rgb, facts=decoded.facts | Facts(**facts), original=data)


def jpeg_of(picture: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture.rgb).save(out, "JPEG", **{"quality": 85} | options)
    return out.getvalue()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": "4:4:4"}])
def test_a_jpeg_that_needs_no_edit_is_not_encoded_a_second_time(options: Any, picture: Any) -> None:
    data = jpeg_of(picture, **options)
    done = only(admitted(data))
    assert done.readings["reencoded"] == 0
    assert "quality" not in done.readings
    assert np.array_equal(done.rgb, simplejpeg.decode_jpeg(data)), "not one level differs"
    assert abs(len(done.data) - len(data)) < 1500, "the profile and the marks are all that is added"
    assert done.facts.delivered["reencoded"] is False


@pytest.mark.parametrize(
    "params",
    [
        {"format": "png"},
        {"max_long_side": 500},
        {"fit": "square"},
        {"max_bytes": 30_000, "min_quality": 30},
    ],
)
def test_a_rule_that_asks_for_other_pixels_or_bytes_makes_a_new_file(params: Any, picture: Any) -> None:
    done = only(admitted(jpeg_of(picture, quality=95)), **params)
    assert isinstance(done, Publishable)
    assert done.readings["reencoded"] == 1


@pytest.mark.parametrize(
    "data",
    [
        lambda picture: jpeg_of(picture, exif=turned(6)),
        lambda picture: jpeg_of(picture.with_(rgb=picture.rgb[..., 0])),
        lambda picture: jpeg_of(picture, icc_profile=wide_profile()),
    ],
    ids=["turned", "grey", "of another colour space"],
)
def test_a_stream_that_does_not_show_the_delivered_pixels_is_encoded_anew(
    data: Callable[[Picture], bytes], picture: Any
) -> None:
    assert only(admitted(data(picture))).readings["reencoded"] == 1


def test_an_edited_picture_is_encoded_anew(picture: Any) -> None:
    edited = admitted(jpeg_of(picture)).with_(rgb=255 - picture.rgb)
    done = only(edited)
    assert done.readings["reencoded"] == 1
    assert np.abs(done.rgb.astype(int) - edited.rgb).mean() < 8


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def wide_profile() -> bytes:
    return imagecodecs.cms_profile("adobergb")


# --- shape and renditions ------------------------------------------------------------------------


def test_a_photo_that_is_too_large_is_scaled_down(picture: Any) -> None:
    done = only(picture, max_long_side=300)
    assert done.rgb.shape == (200, 300, 3)
    assert done.readings["long_side"] == 300


def test_a_square_on_white_with_margins(picture: Any) -> None:
    done = only(picture, format="png", fit="square", margin=0.1, max_long_side=500, aspect="1:1")
    assert done.rgb.shape == (500, 500, 3)
    assert (done.rgb[:50] == 255).all()
    assert np.array_equal(done.reference, done.rgb)


def test_padding_cannot_make_a_small_photo_large(picture: Any) -> None:
    assert only(picture, fit="square", min_long_side=700).reason == "below_min_long_side"
    assert isinstance(only(picture, fit="square", margin=0.1, min_long_side=700), Publishable)


def test_renditions_of_one_picture_have_each_its_own_rules(picture: Any) -> None:
    renditions = [
        {"name": "{stem}-{width}.webp", "max_long_side": 300},
        {"name": "{sku}_{stem}.avif", "max_long_side": 100, "fit": "square", "quality": 60},
        {"name": "{stem}-small.jpg", "max_bytes": 9_000, "min_quality": 30, "max_long_side": 200},
    ]
    done = only(picture, renditions=renditions)
    shapes = {name: np.asarray(Image.open(io.BytesIO(data))).shape for name, data in done.renditions.items()}
    assert shapes == {
        "{stem}-300.webp": (200, 300, 3),
        "{sku}_{stem}.avif": (100, 100, 3),
        "{stem}-small.jpg": (133, 200, 3),
    }
    assert len(done.renditions["{stem}-small.jpg"]) <= 9_000
    assert [entry["name"] for entry in done.facts.delivered["renditions"]] == list(shapes)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("{width}.webp", "stem"),
        ("{counter}.webp", "{sku} and {counter}"),
        ("{stem}-{counter:03}.webp", "field alone"),
        ("{stem}-{size}.webp", "size"),
        ("{stem}.gif", ".webp"),
        ("../{stem}.jpg", "folder"),
        ("{stem.jpg", "brace"),
        ("{stem}.jpg", "one name"),
    ],
)
def test_a_name_that_cannot_work_is_refused_before_the_run(name: str, word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        deliver.schema(renditions=[{"name": name}])


@pytest.mark.parametrize(
    "names",
    [
        ("{stem}-a.jpg", "{stem}-A.jpg"),
        ("{sku}-{stem}.webp", "{stem}-{sku}.webp"),
        ("{stem}-{counter}.webp", "{stem}-01.webp"),
    ],
)
def test_two_renditions_of_one_name_are_refused_before_the_run(names: str) -> None:
    with pytest.raises(ValidationError, match="one name"):
        deliver.schema(renditions=[{"name": name} for name in names])


# --- marks and rights ----------------------------------------------------------------------------

ENLARGED = {"step": "upscale", "model": "lanczos", "source_type": "algorithmicallyEnhanced"}


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "avif"])
def test_the_strongest_of_what_came_in_and_what_was_done_is_in_every_file(form: str, picture: Any) -> None:
    facts = Facts.from_json({"source_types": ["digitalCapture"], "edits": [ENLARGED]})
    done = only(picture.with_(facts=facts), format=form, renditions=[{"name": "{stem}-s.webp"}])
    for data in (done.data, *done.renditions.values()):
        assert Marks.read(data).source_type == "algorithmicallyEnhanced"
    assert done.facts.marks_differ == 0


def test_a_generated_picture_is_never_lowered_by_what_the_line_did(picture: Any) -> None:
    facts = Facts.from_json({"source_types": ["trainedAlgorithmicMedia"], "edits": [ENLARGED]})
    assert Marks.read(only(picture.with_(facts=facts)).data).source_type == "trainedAlgorithmicMedia"


def test_rights_are_kept_unless_the_recipe_says_otherwise(picture: Any) -> None:
    owned = picture.with_(facts=Facts(rights={"copyright": "© Acme", "creator": "A"}, aigc='{"Label":"1"}'))
    marks = Marks.read(only(owned).data)
    assert (marks.rights.copyright, marks.rights.creator, marks.aigc) == ("© Acme", "A", '{"Label":"1"}')
    bare = Marks.read(only(owned, keep=[]).data)
    assert (bare.rights, bare.aigc) == (Rights(), '{"Label":"1"}')


def test_what_a_person_accepted_gets_the_same_shape_and_marks(picture: Any) -> None:
    facts = Facts(accepted=True, source_types=("trainedAlgorithmicMedia",))
    done = only(picture.with_(facts=facts), fit="square", max_long_side=300, min_long_side=5000)
    assert done.rgb.shape == (300, 300, 3)
    assert Marks.read(done.data).source_type == "trainedAlgorithmicMedia"
