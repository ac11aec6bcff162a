"""What finding text makes of what is known of the vendor: templates, rights, and a person's word on doubts."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from line.facts import Box, Facts
from line.picture import Edited, Flagged, Mask, Outcome, Picture, Rgb
from line.states import TemplateState
from line.vendor import VendorContext, VendorTemplate
from models.contract import Region, TextFinder
from overlay.classify import classifier
from overlay.classify.decision import as_odds
from overlay.templates.text_template import RIM, as_text, canvas
from overlay.templates.vendor_overlay import learn
from tasks.find_text import find_text
from tests.harness.signed import ground, stamped

RIGHTS = "Letter of 2026-03-02"
CORNER = (220, 230, 160, 40)
"""Left, top, width, height in pixels of what is written in the corner."""
TOP = (20, 20, 160, 40)


class Pointing(TextFinder):
    """Finds text exactly where the test says it is."""

    name, licence, source, revision = "pointing", "MIT", "test", "1"

    def __init__(self, *boxes: tuple[int, int, int, int]):
        super().__init__()
        self.boxes = boxes

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        if rgb.shape[:2] != (300, 400):  # a part looked at closely: nothing more is seen there
            return []
        quads = [[(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for x, y, w, h in self.boxes]
        return [Region(np.array(quad, np.float32), 0.9) for quad in quads]


def written(
    *texts: tuple[str, tuple[int, int, int, int]], ink: tuple[int, int, int] = (230, 0, 18)
) -> Picture:
    """Crisp letters on a soft grey ground."""
    ground = np.tile(np.linspace(150, 190, 400)[None, :, None], (300, 1, 3)).astype(np.uint8)
    image = Image.fromarray(ground)
    for text, (left, top, _, _) in texts:
        ImageDraw.Draw(image).text((left + 8, top + 5), text, font=ImageFont.load_default(24), fill=ink)
    return Picture("a.jpg", np.asarray(image))


def box_of(place: tuple[int, int, int, int]) -> Box:
    left, top, wide, high = place
    return (left / 400, top / 300, (left + wide) / 400, (top + high) / 300)


def template(state: str = "confirmed", text: str = "ACME.COM") -> VendorTemplate:
    look = canvas(written((text, CORNER)).rgb, box_of(CORNER), RIM)
    place = box_of(CORNER)
    return VendorTemplate(7, TemplateState(state), place, 31, (230, 0, 18), as_text(look))


def run(
    picture: Picture,
    *places: tuple[int, int, int, int],
    templates: tuple[VendorTemplate, ...] = (),
    rights: str | None = None,
    facts: Facts | None = None,
    **params: object,
) -> Outcome:
    vendor = VendorContext(rights, templates)
    known = picture.with_(facts=facts or Facts())
    (outcome,) = find_text.function([known], Pointing(*places), vendor, **params)
    return outcome


def masked(outcome: Outcome) -> Mask:
    assert isinstance(outcome, Edited | Flagged)
    assert outcome.picture is not None
    assert outcome.picture.mask is not None
    return outcome.picture.mask


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Probabilities the decision gives, one text after the other."""
    given: list[float] = []
    monkeypatch.setattr(classifier, "overlay_odds", lambda features: as_odds(given.pop(0)))
    monkeypatch.setattr(classifier, "company_odds", lambda heard: heard["odds"])  # nobody is persuaded
    return given


@pytest.mark.parametrize("alone", [0.05, 0.7, 0.99])
def test_a_confirmed_stamp_is_erased_whatever_it_looked_like_alone(
    decided: list[float], alone: float
) -> None:
    decided.append(alone)
    outcome = run(written(("ACME.COM", CORNER)), CORNER, templates=(template(),))
    assert isinstance(outcome, Edited)
    assert masked(outcome)[230:270, 220:380].any()
    (region,) = outcome.picture.facts.regions or ()
    assert (region.overlay, region.template) == (alone, 7)
    assert outcome.picture.facts.vendor is None


def test_a_proposed_template_changes_nothing_but_the_sentence(decided: list[float]) -> None:
    decided.extend([0.7, 0.7])
    plain = run(written(("ACME.COM", CORNER)), CORNER)
    told = run(written(("ACME.COM", CORNER)), CORNER, templates=(template("proposed"),))
    assert isinstance(plain, Flagged)
    assert isinstance(told, Flagged)
    assert told.reason == plain.reason == "overlay_or_print"
    assert told.sentence == plain.sentence + " Text stands at the same place on 31 photos of this vendor."
    assert (masked(told) == masked(plain)).all()


def test_print_at_the_place_of_a_stamp_is_left(decided: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    decided.append(0.05)
    seen = np.zeros((75, 100), np.float32)  # of print the overlay map sees nothing
    monkeypatch.setattr("tasks.find_text.overlay_map", lambda: lambda rgb, levels: seen)
    outcome = run(written(("Nº 47-11/b", CORNER)), CORNER, templates=(template(),))
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None
    assert outcome.picture.facts.regions[0].template is None


def test_other_letters_of_the_same_ink_are_settled_where_they_were_in_doubt(decided: list[float]) -> None:
    decided.extend([0.6, 0.6])
    other = written(("17:42 h", CORNER))
    assert isinstance(run(other, CORNER, templates=(template(),)), Edited)
    blue = run(written(("17:42 h", CORNER), ink=(0, 0, 160)), CORNER, templates=(template(),))
    assert isinstance(blue, Flagged)
    assert "31 photos" in blue.sentence


def test_a_confirmed_stamp_elsewhere_on_the_photo_is_a_text_as_any_other(decided: list[float]) -> None:
    decided.append(0.7)
    assert isinstance(run(written(("ACME.COM", TOP)), TOP, templates=(template(),)), Flagged)


def test_a_confirmed_stamp_that_the_detector_missed_is_found_again_in_the_pixels(
    decided: list[float],
) -> None:
    decided.append(0.3)
    outcome = run(written(("ACME.COM", CORNER)), templates=(template(),))
    assert isinstance(outcome, Edited)
    assert masked(outcome)[230:270, 220:380].any()
    empty = run(written(), templates=(template(),))
    assert isinstance(empty, Edited)
    assert empty.picture.mask is None


def test_an_archival_recipe_asks_a_person_about_a_confirmed_stamp_too(decided: list[float]) -> None:
    decided.append(0.99)
    picture = written(("ACME.COM", CORNER))
    outcome = run(picture, CORNER, templates=(template(),), rights=RIGHTS, erase="person")
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "text_needs_person"


FAINT = (182, 182, 182)


def test_a_faint_overlay_is_flagged_without_the_vendors_right(decided: list[float]) -> None:
    decided.append(0.99)
    outcome = run(written(("ACME.COM", CORNER), ink=FAINT), CORNER)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "faint_text"
    assert outcome.picture is not None
    assert outcome.picture.facts.watermark_rights is None


def test_by_the_vendors_right_it_is_erased_and_the_right_is_written_down(decided: list[float]) -> None:
    decided.append(0.99)
    outcome = run(written(("ACME.COM", CORNER), ink=FAINT), CORNER, rights=RIGHTS)
    assert isinstance(outcome, Edited)
    assert masked(outcome).any()
    assert outcome.picture.facts.watermark_rights == RIGHTS


@pytest.mark.parametrize("erase", ["person", "never"])
def test_where_nothing_is_erased_no_right_is_claimed(decided: list[float], erase: str) -> None:
    decided.append(0.99)
    outcome = run(written(("ACME.COM", CORNER), ink=FAINT), CORNER, rights=RIGHTS, erase=erase)
    assert isinstance(outcome, Edited | Flagged)
    assert outcome.picture is not None
    assert outcome.picture.facts.watermark_rights is None


def test_a_right_that_was_not_needed_is_not_claimed(decided: list[float]) -> None:
    decided.append(0.99)
    outcome = run(written(("ACME.COM", CORNER)), CORNER, rights=RIGHTS)
    assert isinstance(outcome, Edited)
    assert outcome.picture.facts.watermark_rights is None


def test_a_confirmed_template_is_no_right(decided: list[float]) -> None:
    decided.append(0.99)
    outcome = run(written(("ACME.COM", CORNER), ink=FAINT), CORNER, templates=(template(),))
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "faint_text"


def test_a_right_does_not_make_an_unsure_faint_text_sure(decided: list[float]) -> None:
    decided.append(0.7)
    outcome = run(written(("ACME.COM", CORNER), ink=FAINT), CORNER, rights=RIGHTS)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "overlay_or_print"


def test_where_a_person_took_the_doubtful_for_print_only_the_certain_is_masked(decided: list[float]) -> None:
    decided.extend([0.99, 0.6])
    blue = written(("SALE -50%", TOP))
    both = blue.with_(
        rgb=np.where(np.arange(300)[:, None, None] < 150, blue.rgb, written(("No. 4", CORNER)).rgb)
    )
    outcome = run(both, TOP, CORNER, facts=Facts(doubts="print"))
    assert isinstance(outcome, Edited)
    assert masked(outcome)[:150].any()
    assert not masked(outcome)[150:].any()


def test_where_nothing_was_certain_nothing_is_masked_after_that_word(decided: list[float]) -> None:
    decided.append(0.6)
    outcome = run(written(("SALE -50%", TOP)), TOP, facts=Facts(doubts="print"))
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None


@pytest.fixture(scope="module")
def known() -> VendorTemplate:
    """A confirmed template whose mark was learnt: a name with a disc beside it."""
    mark = learn([stamped(seed)[:2] for seed in range(7)])
    assert mark is not None
    box = stamped(0)[1]
    return VendorTemplate(9, TemplateState.CONFIRMED, box, 7, mark=mark.as_fact())


def test_a_known_mark_is_masked_whole_where_the_detector_sees_nothing(known: VendorTemplate) -> None:
    rgb, _, truth = stamped(99)
    outcome = run(Picture("a.jpg", rgb), templates=(known,))
    assert isinstance(outcome, Edited)
    assert (masked(outcome) > 0)[truth].mean() > 0.97
    (region,) = outcome.picture.facts.regions or ()
    assert region.template == 9


def test_a_photo_without_the_mark_is_left(known: VendorTemplate) -> None:
    plain = run(Picture("a.jpg", ground(77)))
    told = run(Picture("a.jpg", ground(77)), templates=(known,))
    assert isinstance(plain, Edited | Flagged)
    assert isinstance(told, Edited | Flagged)
    assert plain.readings == told.readings


def test_a_mark_that_is_only_proposed_is_not_looked_for(known: VendorTemplate) -> None:
    outcome = run(Picture("a.jpg", stamped(99)[0]), templates=(replace(known, state=TemplateState.PROPOSED),))
    assert isinstance(outcome, Edited | Flagged)
    assert all(region.template is None for region in outcome.picture.facts.regions or ())


def test_the_archival_recipe_asks_about_a_known_mark_too(known: VendorTemplate) -> None:
    outcome = run(Picture("a.jpg", stamped(99)[0]), templates=(known,), erase="person")
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "text_needs_person"


@pytest.mark.parametrize("rights", [None, RIGHTS])
def test_a_known_veil_goes_by_the_vendors_right(rights: str | None) -> None:
    veil = [stamped(seed, solid=110, ink=(255, 255, 255))[:2] for seed in range(7)]
    mark = learn(veil)
    assert mark is not None
    told = VendorTemplate(9, TemplateState.CONFIRMED, veil[0][1], 7, mark=mark.as_fact())
    rgb = stamped(99, solid=110, ink=(255, 255, 255))[0]
    outcome = run(Picture("a.jpg", rgb), templates=(told,), rights=rights)
    if rights:
        assert isinstance(outcome, Edited)
        assert outcome.picture.facts.watermark_rights == RIGHTS
    else:
        assert isinstance(outcome, Flagged)
        assert outcome.reason == "faint_text"
