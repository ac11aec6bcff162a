"""What is made of a segmenter's maps: regions, decisions, mask, and the question that a person is asked."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from line.facts import Facts
from line.picture import Edited, Flagged, FlagKind, Outcome, Picture
from line.states import TemplateState
from line.vendor import UNKNOWN_VENDOR, VendorContext, VendorTemplate
from overlay import policy
from tasks.find_text import find_text
from tests.harness.painted import PRINTED, STRONG, WEAK, Paint, Painted
from tests.harness.signed import ground, stamped

RIGHTS = "Letter of 2026-03-02"
CORNER, TOP = (220, 230), (20, 20)
"""Left and top of what is written."""


@pytest.fixture(autouse=True)
def plain_odds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region's probability is that of its strongest ink, whatever the shipped network was calibrated to."""
    ink, panel = policy.FEATURES.index("ink"), policy.FEATURES.index("panel")
    monkeypatch.setattr(
        policy, "probability", lambda figures: float(1 / (1 + np.exp(-max(figures[ink], figures[panel]))))
    )


def written(
    text: str = "SALE -50%", at: tuple[int, int] = TOP, ink: tuple[int, int, int] = (230, 0, 18)
) -> tuple[Picture, np.ndarray]:
    """Crisp letters on a soft grey ground, and their pixels."""
    ground = np.tile(np.linspace(150, 190, 400)[None, :, None], (300, 1, 3)).astype(np.uint8)
    image, page = Image.fromarray(ground), Image.new("L", (400, 300))
    for layer, fill in ((image, ink), (page, 255)):
        ImageDraw.Draw(layer).text((at[0] + 8, at[1] + 5), text, font=ImageFont.load_default(24), fill=fill)
    return Picture("a.jpg", np.asarray(image), facts=Facts(dpi=(72, 72))), np.asarray(page) > 100


def run(
    picture: Picture, *paints: Paint, vendor: VendorContext = UNKNOWN_VENDOR, **params: object
) -> Outcome:
    (outcome,) = find_text.function([picture], Painted(*paints), vendor, **params)
    return outcome


def vendor(*templates: VendorTemplate, rights: str | None = None) -> VendorContext:
    return VendorContext(rights, templates)


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


RECORDS = json.loads((Path(__file__).parent / "templates" / "earlier_records.json").read_text("utf-8"))
"""Templates as versions before the overlay network recorded them."""


def template(state: str = "confirmed") -> VendorTemplate:
    """Where ``ACME.COM`` is written in the corner: its letters and ink, without its whole outline."""
    record = RECORDS["look"]
    box, ink = tuple(record["box"]), tuple(record["ink"])
    return VendorTemplate(7, TemplateState(state), box, 31, ink, record["look"])


def test_a_confirmed_template_is_erased_where_the_segmenter_sees_nothing() -> None:
    picture, letters = written("ACME.COM", CORNER)
    outcome = run(picture, vendor=vendor(template()))
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is not None
    assert (outcome.picture.mask > 0)[letters].mean() > 0.9
    assert [region.template for region in outcome.picture.facts.regions or ()] == [7]
    empty = run(written("")[0], vendor=vendor(template()))
    assert isinstance(empty, Edited)
    assert empty.picture.mask is None


def test_a_proposed_template_changes_nothing_but_the_sentence() -> None:
    picture, letters = written("ACME.COM", CORNER)
    plain = run(picture, Paint(letters, ink=WEAK))
    noted = run(picture, Paint(letters, ink=WEAK), vendor=vendor(template("proposed")))
    assert isinstance(plain, Flagged)
    assert isinstance(noted, Flagged)
    assert noted.sentence == plain.sentence + " Text stands at the same place on 31 photos of this vendor."


def test_a_confirmed_template_settles_a_doubt_about_its_own_letters() -> None:
    picture, letters = written("ACME.COM", CORNER)
    outcome = run(picture, Paint(letters, ink=WEAK), vendor=vendor(template()))
    assert isinstance(outcome, Edited)
    assert (outcome.picture.facts.regions or ())[0].template == 7


def test_print_at_the_place_of_a_template_is_left() -> None:
    picture, letters = written("Nº 47-11/b", CORNER)
    outcome = run(picture, Paint(letters, ink=PRINTED, imprint=STRONG), vendor=vendor(template()))
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None
    assert (outcome.picture.facts.regions or ())[0].template is None


def test_other_letters_of_the_same_ink_are_settled_where_they_were_in_doubt() -> None:
    picture, letters = written("17:42 h", CORNER)
    red = run(picture, Paint(letters, ink=WEAK), vendor=vendor(template()))
    assert isinstance(red, Edited)
    assert (red.picture.facts.regions or ())[0].template == 7
    picture, letters = written("17:42 h", CORNER, ink=(0, 0, 160))
    blue = run(picture, Paint(letters, ink=WEAK), vendor=vendor(template()))
    assert isinstance(blue, Flagged)
    assert "31 photos" in blue.sentence


def test_a_confirmed_template_elsewhere_on_the_photo_is_a_text_as_any_other() -> None:
    picture, letters = written("ACME.COM", TOP)
    assert isinstance(run(picture, Paint(letters, ink=WEAK), vendor=vendor(template())), Flagged)


def test_an_archival_recipe_asks_a_person_about_a_confirmed_template_too() -> None:
    picture, letters = written("ACME.COM", CORNER)
    outcome = run(
        picture, Paint(letters, ink=STRONG), vendor=vendor(template(), rights=RIGHTS), erase="person"
    )
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "text_needs_person"


def test_a_confirmed_template_is_no_right() -> None:
    picture, letters = written("17:42 h", CORNER)
    outcome = run(picture, Paint(letters, ink=STRONG, opacity=0.3), vendor=vendor(template()))
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "faint_text"


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


@pytest.fixture(scope="module")
def confirmed() -> VendorTemplate:
    """A confirmed template of an earlier version whose whole overlay was learnt: a name with a disc beside it."""
    record = RECORDS["mark"]
    return VendorTemplate(9, TemplateState.CONFIRMED, tuple(record["box"]), 7, mark=record["mark"])


def test_a_known_overlay_is_masked_whole_where_the_segmenter_sees_nothing(confirmed: VendorTemplate) -> None:
    rgb, _, truth = stamped(99)
    outcome = run(Picture("a.jpg", rgb), vendor=vendor(confirmed))
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is not None
    assert (outcome.picture.mask > 0)[truth].mean() > 0.97
    (region,) = outcome.picture.facts.regions or ()
    assert region.template == 9


def test_a_region_that_is_a_part_of_a_known_overlay_is_no_second_one(confirmed: VendorTemplate) -> None:
    rgb, _, truth = stamped(99)
    outcome = run(Picture("a.jpg", rgb), Paint(truth, ink=WEAK), vendor=vendor(confirmed))
    assert isinstance(outcome, Edited)
    assert outcome.readings["overlays"] == 1
    assert [region.template for region in outcome.picture.facts.regions or ()] == [9]


def test_a_photo_without_the_known_overlay_is_left(confirmed: VendorTemplate) -> None:
    outcome = run(Picture("a.jpg", ground(77)), vendor=vendor(confirmed))
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None


def test_an_overlay_that_is_only_proposed_is_not_looked_for(confirmed: VendorTemplate) -> None:
    proposed = replace(confirmed, state=TemplateState.PROPOSED)
    outcome = run(Picture("a.jpg", stamped(99)[0]), vendor=vendor(proposed))
    assert isinstance(outcome, Edited)
    assert outcome.picture.facts.regions == ()


@pytest.mark.parametrize("rights", [None, RIGHTS])
@pytest.mark.parametrize("through", [0.6, None])
def test_a_known_watermark_goes_by_the_vendors_right(
    confirmed: VendorTemplate, rights: str | None, through: float | None
) -> None:
    assert confirmed.mark is not None
    watermark = replace(confirmed, mark={**confirmed.mark, "through": through})
    rgb, _, truth = stamped(99)
    outcome = run(
        Picture("a.jpg", rgb), Paint(truth, ink=STRONG, opacity=0.4), vendor=vendor(watermark, rights=rights)
    )
    if rights:
        assert isinstance(outcome, Edited)
        assert outcome.picture.facts.watermark_rights == RIGHTS
    else:
        assert isinstance(outcome, Flagged)
        assert outcome.reason == "faint_text"


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (40, 40)])
def test_tiny_photos_do_no_harm(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    outcome = run(Picture("tiny.png", rgb), Paint(np.ones(shape, bool), ink=STRONG))
    assert isinstance(outcome, Edited | Flagged)
