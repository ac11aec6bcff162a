"""What is made of a segmenter's maps: regions, decisions, mask, and the question that a person is asked."""

import numpy as np
import pytest

from line.facts import Facts
from line.picture import Edited, Flagged, FlagKind, Picture
from tests.harness.pictures.painted import PRINTED, STRONG, WEAK, Paint
from tests.overlay.segmented import RIGHTS, run, vendor, written

pytestmark = pytest.mark.usefixtures("plain_odds")


def test_a_sure_overlay_is_masked_and_the_pixels_are_the_same_array() -> None:
    picture, letters = written()
    outcome = run(picture, Paint(letters, ink=STRONG))
    assert isinstance(outcome, Edited)
    assert outcome.picture.rgb is picture.rgb
    assert outcome.picture.mask is not None
    assert (outcome.picture.mask > 0)[letters].mean() > 0.85
    assert outcome.picture.mask[150:].max() == 0
    assert outcome.picture.facts.dpi == (72, 72)
    assert outcome.picture.facts.coverage == pytest.approx(np.mean(outcome.picture.mask > 0), abs=1e-5)
    assert all(region.overlay >= 0.9 for region in outcome.picture.facts.regions or ())


def test_print_is_recorded_and_left_without_a_mask() -> None:
    picture, letters = written()
    outcome = run(picture, Paint(letters, ink=PRINTED, imprint=STRONG))
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None
    assert outcome.picture.facts.regions


def test_a_region_between_both_thresholds_goes_to_a_person_with_its_mask() -> None:
    picture, letters = written()
    outcome = run(picture, Paint(letters, ink=WEAK))
    assert isinstance(outcome, Flagged)
    assert (outcome.reason, outcome.kind) == ("overlay_or_print", FlagKind.POLICY)
    assert outcome.picture is not None
    assert outcome.picture.mask is not None
    assert "62%" in outcome.sentence


def test_one_doubtful_region_is_enough_to_ask_a_person() -> None:
    picture, letters = written()
    below = np.roll(letters, 150, axis=0)
    outcome = run(picture, Paint(letters, ink=STRONG), Paint(below, ink=WEAK))
    assert isinstance(outcome, Flagged)
    assert outcome.readings["doubtful"] < outcome.readings["overlays"]


def test_a_solid_sign_is_named_as_one() -> None:
    picture, _ = written("")
    disc = np.hypot(*np.mgrid[-100:200, -100:300]) < 40
    outcome = run(picture, Paint(disc, ink=WEAK))
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "graphic_or_print"
    assert outcome.picture is not None
    assert (outcome.picture.facts.regions or ())[0].kind == "graphic"


def test_a_panel_goes_with_what_stands_on_it() -> None:
    picture, letters = written()
    panel = np.zeros((300, 400), bool)
    panel[15:65, 10:220] = True
    picture = picture.with_(rgb=np.where((panel & ~letters)[..., None], np.uint8(20), picture.rgb))
    outcome = run(picture, Paint(panel, panel=STRONG), Paint(letters & panel, ink=STRONG, panel=STRONG))
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is not None
    assert (outcome.picture.mask > 0)[20:60, 15:215].all()


@pytest.mark.parametrize("rights", [None, RIGHTS])
def test_a_see_through_overlay_goes_by_the_vendors_right(rights: str | None) -> None:
    picture, letters = written()
    outcome = run(picture, Paint(letters, ink=STRONG, opacity=0.3), vendor=vendor(rights=rights))
    if rights is None:
        assert isinstance(outcome, Flagged)
        assert outcome.reason == "faint_text"
    else:
        assert isinstance(outcome, Edited)
        assert outcome.picture.facts.watermark_rights == RIGHTS
    assert outcome.picture is not None
    assert outcome.picture.facts.vendor is None


def test_what_hardly_differs_from_its_ground_is_faint_as_well() -> None:
    picture, letters = written(ink=(176, 176, 176))
    outcome = run(picture, Paint(letters, ink=STRONG))
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "faint_text"


def test_a_right_that_was_not_needed_is_not_claimed() -> None:
    picture, letters = written()
    outcome = run(picture, Paint(letters, ink=STRONG), vendor=vendor(rights=RIGHTS))
    assert isinstance(outcome, Edited)
    assert outcome.picture.facts.watermark_rights is None


def test_an_archival_recipe_sends_even_sure_overlays_to_a_person() -> None:
    picture, letters = written()
    outcome = run(picture, Paint(letters, ink=STRONG), erase="person")
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "text_needs_person"


def test_never_records_overlays_and_masks_nothing() -> None:
    picture, letters = written()
    outcome = run(picture, Paint(letters, ink=WEAK), erase="never")
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None
    assert outcome.picture.facts.regions


def test_a_mask_that_a_person_drew_passes_untouched() -> None:
    picture, letters = written()
    drawn = picture.with_(mask=np.full((300, 400), 255, np.uint8), facts=Facts(person_mask=True))
    outcome = run(drawn, Paint(letters, ink=STRONG))
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is drawn.mask


def test_where_a_person_took_the_doubtful_for_print_only_the_certain_is_masked() -> None:
    picture, letters = written()
    below = np.roll(letters, 150, axis=0)
    outcome = run(
        picture.with_(facts=Facts(doubts="print")), Paint(letters, ink=STRONG), Paint(below, ink=WEAK)
    )
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is not None
    assert outcome.picture.mask[:150].any()
    assert not outcome.picture.mask[150:].any()


def test_a_right_does_not_make_an_unsure_faint_text_sure() -> None:
    picture, letters = written()
    outcome = run(picture, Paint(letters, ink=WEAK, opacity=0.3), vendor=vendor(rights=RIGHTS))
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "overlay_or_print"


def test_a_mark_without_a_right_is_what_a_person_is_asked_about_before_any_doubt() -> None:
    picture, letters = written()
    paints = Paint(letters, ink=STRONG, opacity=0.3), Paint(np.roll(letters, 150, axis=0), ink=WEAK)
    outcome = run(picture, *paints)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "faint_text"
    outcome = run(picture, *paints, vendor=vendor(rights=RIGHTS))
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "overlay_or_print"


@pytest.mark.parametrize("erase", ["person", "never"])
def test_where_nothing_is_erased_no_right_is_claimed(erase: str) -> None:
    picture, letters = written()
    paint = Paint(letters, ink=STRONG, opacity=0.3)
    outcome = run(picture, paint, vendor=vendor(rights=RIGHTS), erase=erase)
    assert isinstance(outcome, Edited | Flagged)
    assert outcome.picture is not None
    assert outcome.picture.facts.watermark_rights is None


def test_where_nothing_was_certain_nothing_is_masked_after_that_word() -> None:
    picture, letters = written()
    outcome = run(picture.with_(facts=Facts(doubts="print")), Paint(letters, ink=WEAK))
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None


def test_a_large_region_is_asked_about_earlier() -> None:
    picture, _ = written("")
    title = np.zeros((300, 400), bool)
    title[100:200, 50:350:12] = title[100:200, 51:350:12] = True
    outcome = run(picture, Paint(title, ink=0.51), unsure=0.6)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "overlay_or_print"
    small = title & (np.arange(300)[:, None] < 130) & (np.arange(400) < 150)
    assert isinstance(run(picture, Paint(small, ink=0.51), unsure=0.6), Edited)


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (40, 40)])
def test_tiny_photos_do_no_harm(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    outcome = run(Picture("tiny.png", rgb), Paint(np.ones(shape, bool), ink=STRONG))
    assert isinstance(outcome, Edited | Flagged)
