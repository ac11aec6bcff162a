"""Vendor templates in the pipeline: what is confirmed is erased, what is proposed changes nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from line.picture import Edited, Flagged, Picture
from line.states import TemplateState
from line.vendor import VendorTemplate
from tests.harness.pictures.painted import PRINTED, STRONG, WEAK, Paint
from tests.harness.pictures.signed import ground, stamped
from tests.overlay.segmented import CORNER, RIGHTS, TOP, run, vendor, written

pytestmark = pytest.mark.usefixtures("plain_odds")


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
