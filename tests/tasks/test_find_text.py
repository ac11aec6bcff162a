from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from line.facts import Facts
from line.picture import Edited, Flagged, FlagKind, Outcome, Picture, Rgb
from line.vendor import UNKNOWN_VENDOR, VendorContext
from models.contract import Region, TextFinder
from models.rapidocr import RapidOcr
from overlay.classify import classifier
from overlay.classify.decision import as_odds
from overlay.detect.candidate import Candidate, Source
from overlay.mask.strokes import find_strokes
from overlay.segment.overlay_map import overlay_map
from tasks.find_text import draw_mask, find_text, without_pieces


class Pointing(TextFinder):
    """Finds text exactly where the test says it is."""

    name, licence, source, revision = "pointing", "MIT", "test", "1"

    def __init__(self, *boxes: tuple[int, int, int, int]):
        super().__init__()
        self.boxes = boxes

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        quads = [[(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for x, y, w, h in self.boxes]
        return [Region(np.array(quad, np.float32), 0.9) for quad in quads]


BOX = (60, 40, 150, 40)
ALLOWED = VendorContext("by contract, 2026")


def written(text: str = "SALE -50%", ink: tuple[int, int, int] = (230, 0, 18)) -> Picture:
    """Crisp red letters on a soft grey ground."""
    ground = np.tile(np.linspace(150, 190, 400)[None, :, None], (300, 1, 3)).astype(np.uint8)
    image = Image.fromarray(ground)
    ImageDraw.Draw(image).text((70, 45), text, font=ImageFont.load_default(24), fill=ink)
    return Picture("a.jpg", np.asarray(image), facts=Facts(dpi=(72, 72)))


def run(
    picture: Picture,
    *boxes: tuple[int, int, int, int],
    vendor: VendorContext = UNKNOWN_VENDOR,
    **params: object,
) -> Outcome:
    (outcome,) = find_text.function([picture], Pointing(*boxes), vendor, **params)
    return outcome


@pytest.fixture(autouse=True)
def laid(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The overlay map of every photo: nothing was laid over it, unless a test says so."""
    told = np.zeros((75, 100), np.float32)
    monkeypatch.setattr("tasks.find_text.overlay_map", lambda: lambda rgb, levels: told)
    return told


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> Sequence[float]:
    """Probabilities the decision gives, one text after the other."""
    given: list[float] = []
    monkeypatch.setattr(classifier, "overlay_odds", lambda features: as_odds(given.pop(0)))
    monkeypatch.setattr(classifier, "company_odds", lambda heard: heard["odds"])  # nobody is persuaded
    return given


def test_a_sure_overlay_is_masked_and_the_pixels_are_the_same_array(decided: list[float]) -> None:
    decided.append(0.99)
    picture = written()
    outcome = run(picture, BOX)
    assert isinstance(outcome, Edited)
    assert outcome.picture.rgb is picture.rgb
    assert outcome.picture.mask is not None
    assert outcome.picture.facts.dpi == (72, 72)
    assert outcome.picture.facts.coverage == pytest.approx(np.mean(outcome.picture.mask > 0), abs=1e-5)
    assert outcome.picture.facts.regions[0].overlay == 0.99


def test_sure_print_is_left_without_a_mask(decided: list[float]) -> None:
    decided.append(0.02)
    outcome = run(written(), BOX)
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None
    assert len(outcome.picture.facts.regions or ()) == 1


def test_of_a_text_over_a_tenth_of_the_photo_a_person_hears_earlier(decided: list[float]) -> None:
    large = Picture("a.jpg", see_through(1.0).rgb)
    decided.append(0.3)
    outcome = run(large, (25, 50, 350, 75))
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "overlay_or_print"
    decided.append(0.3)
    assert isinstance(run(written(), BOX), Edited)


def test_text_between_the_two_goes_to_a_person_with_its_mask(decided: list[float]) -> None:
    decided.append(0.7)
    outcome = run(written(), BOX)
    assert isinstance(outcome, Flagged)
    assert (outcome.reason, outcome.kind) == ("overlay_or_print", FlagKind.POLICY)
    assert outcome.picture is not None
    assert outcome.picture.mask is not None
    assert "70%" in outcome.sentence


def test_one_doubtful_text_is_enough_to_ask_a_person(decided: list[float]) -> None:
    decided.extend([0.99, 0.7, 0.01])
    outcome = run(written(), BOX, (10, 200, 60, 20), (200, 200, 60, 20))
    assert isinstance(outcome, Flagged)
    assert outcome.readings["texts"] == 3
    assert outcome.readings["overlays"] == 2


def see_through(opacity: float) -> Picture:
    """Large white letters of some opacity on a ground from dark to light: plain, not faint."""
    ground = np.tile(np.linspace(20, 150, 400)[None, :, None], (300, 1, 3))
    page = Image.new("L", (400, 300))
    ImageDraw.Draw(page).text((30, 40), "SAMPLE", font=ImageFont.load_default(80), fill=255)
    share = np.asarray(page)[..., None] / 255 * opacity
    return Picture("a.jpg", np.rint(ground * (1 - share) + 255 * share).astype(np.uint8))


@pytest.mark.parametrize("opacity", [0.4, 0.6, 0.75])
def test_a_plain_but_see_through_mark_needs_the_vendors_attestation(
    decided: list[float], opacity: float
) -> None:
    decided.extend([0.99, 0.99])
    picture, box = see_through(opacity), (25, 50, 350, 75)
    outcome = run(picture, box)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "faint_text"
    assert isinstance(run(picture, box, vendor=ALLOWED), Edited)


def test_a_mark_without_a_right_is_what_a_person_is_asked_about_before_any_doubt(
    decided: list[float],
) -> None:
    decided.extend([0.99, 0.6])
    picture, boxes = see_through(0.6), ((25, 50, 350, 75), (10, 200, 60, 20))
    outcome = run(picture, *boxes)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "faint_text"
    decided.extend([0.99, 0.6])
    outcome = run(picture, *boxes, vendor=ALLOWED)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "overlay_or_print"


def test_the_same_letters_opaque_need_none(decided: list[float]) -> None:
    decided.append(0.99)
    assert isinstance(run(see_through(1.0), (25, 50, 350, 75)), Edited)


def test_an_archival_recipe_sends_even_sure_overlays_to_a_person(decided: list[float]) -> None:
    decided.append(0.99)
    outcome = run(written(), BOX, erase="person")
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "text_needs_person"


def test_never_records_overlays_and_masks_nothing(decided: list[float]) -> None:
    decided.append(0.7)
    outcome = run(written(), BOX, erase="never")
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None
    assert outcome.picture.facts.regions[0].overlay == 0.7


@pytest.mark.parametrize(("probability", "asked"), [(0.7, False), (0.85, True)])
def test_what_only_the_map_saw_must_be_likelier_before_a_person_hears_of_it(
    laid: np.ndarray, decided: list[float], probability: float, asked: bool
) -> None:
    laid[10:20, 15:52] = 0.9
    decided.append(probability)
    outcome = run(written())
    assert isinstance(outcome, Flagged if asked else Edited)
    assert outcome.picture is not None
    assert [region.overlay for region in outcome.picture.facts.regions or ()] == [probability]


def test_a_piece_of_what_is_erased_anyway_is_no_second_overlay(decided: list[float]) -> None:
    decided += [0.99, 0.85]
    rgb = written().rgb
    (letters,) = (region.quad for region in Pointing(BOX).find(rgb, limit=640))
    places = [Candidate(letters, 0.9), Candidate(letters, 0.9, Source.LAID)]
    nothing = np.zeros((1, 1), np.float32)
    certain, piece = classifier.read(rgb, places, nothing)
    covered = (draw_mask(rgb, [certain], nothing) > 0).reshape(75, 4, 100, 4).mean(axis=(1, 3))
    elsewhere, on_letters = np.zeros((75, 100), np.float32), np.zeros((75, 100), np.float32)
    on_letters[covered > 0.7], elsewhere[10, 15:20] = 0.9, 0.9
    assert without_pieces(rgb, [certain, piece], [certain], on_letters) == [certain]
    assert without_pieces(rgb, [certain, piece], [certain], elsewhere) == [certain, piece]


def test_another_word_for_erase_is_refused() -> None:
    with pytest.raises(ValueError, match="'maybe'"):
        run(written(), erase="maybe")


def test_a_mask_that_a_person_drew_passes_unseen() -> None:
    picture = written().with_(mask=np.full((300, 400), 255, np.uint8), facts=Facts(person_mask=True))
    outcome = run(picture, BOX)
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is picture.mask
    assert outcome.picture.rgb is picture.rgb


def test_a_photo_without_text_gets_no_mask() -> None:
    outcome = run(written())
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None
    assert outcome.picture.facts.regions == ()
    assert outcome.picture.facts.coverage == 0


def test_a_box_around_the_whole_product_is_no_text() -> None:
    outcome = run(written(), (10, 10, 380, 280))
    assert isinstance(outcome, Edited)
    assert outcome.picture.facts.regions == ()


def test_the_mask_follows_the_letters_and_not_the_box() -> None:
    picture = written()
    strokes = find_strokes(picture.rgb, Pointing(BOX).find(picture.rgb, limit=640)[0].quad)
    mask = np.zeros((300, 400), bool)
    mask[strokes.window] = strokes.full_mask() > 0
    letters = picture.rgb[..., 0].astype(int) - picture.rgb[..., 1] > 40
    assert letters.sum() > 300
    assert mask[letters].mean() > 0.97
    assert mask.sum() < 0.5 * BOX[2] * BOX[3]


def test_the_real_detector_and_map_lead_to_a_mask_over_a_caption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.find_text.overlay_map", overlay_map)
    finder = RapidOcr()
    finder.load()
    (outcome,) = find_text.function([written("SALE -50%")], finder)
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is not None
    assert outcome.picture.mask[40:80, 60:210].any()


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (40, 40)])
def test_boxes_beyond_the_edge_and_tiny_photos_do_no_harm(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    outcome = run(Picture("tiny.png", rgb), (-5, -5, 12, 8), (shape[1] - 2, shape[0] - 1, 30, 10))
    assert isinstance(outcome, Edited | Flagged)


class Twice(Pointing):
    """Frames the whole product at the first look, and finds the caption at a closer one."""

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        whole = Pointing((10, 10, 380, 280)).find(rgb, limit=limit)
        return whole if limit <= 640 else [*whole, *super().find(rgb, limit=limit)]


def test_a_box_around_the_product_leads_to_a_closer_look(decided: list[float]) -> None:
    decided.append(0.99)
    (outcome,) = find_text.function([written()], Twice(BOX))
    assert isinstance(outcome, Edited)
    assert len(outcome.picture.facts.regions or ()) == 1


def test_a_banner_without_a_clear_outline_goes_to_a_person(
    decided: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    decided.append(0.99)
    monkeypatch.setattr(classifier.Reading, "leaves_ground", True)
    outcome = run(written(), BOX)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "banner_unclear"


def test_a_badge_that_would_go_in_part_is_shown_to_a_person(decided: list[float], laid: np.ndarray) -> None:
    decided.append(0.99)
    laid[8:26, 6:70] = 0.9
    outcome = run(written(), BOX)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "banner_unclear"


def test_what_the_map_is_all_but_certain_of_goes_to_a_person_whatever_its_letters_look_like(
    decided: list[float], laid: np.ndarray
) -> None:
    decided.append(0.1)
    laid[12:18, 20:40] = 0.99
    outcome = run(written(), BOX)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "overlay_or_print"


def test_faint_text_is_never_erased_without_a_person(decided: list[float]) -> None:
    decided.append(0.99)
    outcome = run(written(ink=(165, 165, 165)), BOX)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "faint_text"


def test_a_likely_overlay_of_one_ink_with_a_certain_one_is_taken_with_it(decided: list[float]) -> None:
    decided.extend([0.99, 0.8])
    outcome = run(written(), BOX, (62, 42, 100, 36))
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is not None


def test_a_likely_overlay_alone_still_goes_to_a_person(decided: list[float]) -> None:
    decided.append(0.8)
    assert isinstance(run(written(), BOX), Flagged)


def test_letters_of_no_ink_of_their_own_go_to_a_person_however_sure_the_trees_are(
    decided: list[float],
) -> None:
    decided.append(0.99)
    rgb = np.full((300, 400, 3), 128, np.uint8)
    shreds = np.random.default_rng(0).integers(40, 216, (18, 150, 1)).astype(np.uint8)
    rgb[51:69, 60:210] = shreds
    outcome = run(Picture("torn.jpg", rgb), BOX)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "overlay_or_print"


def test_company_alone_makes_no_overlay_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "overlay_odds", lambda features: as_odds(0.8))
    monkeypatch.setattr(classifier, "company_odds", lambda heard: as_odds(0.99))
    outcome = run(written(), BOX)
    assert isinstance(outcome, Flagged)
    assert outcome.reason == "overlay_or_print"


def test_company_may_save_print_that_looks_like_an_overlay_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "overlay_odds", lambda features: as_odds(0.97))
    monkeypatch.setattr(classifier, "company_odds", lambda heard: as_odds(0.1))
    outcome = run(written(), BOX)
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None
