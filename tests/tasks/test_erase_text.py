import numpy as np
import pytest

from line.facts import Facts
from line.picture import Edited, Flagged, FlagKind, Picture
from models.contract import Filler
from models.surroundings import Surroundings
from models.telea import Telea
from tasks.erase_text import composite, erase_text, feathered

FILLERS = [Telea, Surroundings]


def captioned() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A shaded photo, the same with a black caption, and the caption's mask."""
    y, x = np.mgrid[0:90, 0:140]
    clean = np.stack([80 + x, 60 + y, 200 - x // 2], axis=-1).astype(np.uint8)
    mask = np.zeros((90, 140), np.uint8)
    for left in range(40, 100, 9):
        mask[40:52, left : left + 3] = 255
    written = clean.copy()
    written[mask > 0] = 0
    return clean, written, mask


@pytest.mark.parametrize("filler", FILLERS, ids=lambda filler: filler.name)
def test_pixels_outside_the_feathered_mask_stay_bit_for_bit(filler: type[Filler]) -> None:
    _, written, mask = captioned()
    (outcome,) = erase_text.function([Picture("a.jpg", written, mask, seed=5)], filler())
    assert isinstance(outcome, Edited)
    assert outcome.touched is not None
    outside = outcome.touched == 0
    assert np.array_equal(outcome.picture.rgb[outside], written[outside])
    assert outcome.picture.mask is None


@pytest.mark.parametrize(("filler", "levels"), [(Telea, 12), (Surroundings, 4)])
def test_a_caption_on_a_shaded_ground_leaves_no_trace(filler: type[Filler], levels: int) -> None:
    clean, written, mask = captioned()
    (outcome,) = erase_text.function([Picture("a.jpg", written, mask)], filler(), dilate=1)
    assert isinstance(outcome, Edited)
    assert np.abs(outcome.picture.rgb.astype(int) - clean).max() <= levels


def test_the_input_is_never_changed_in_place() -> None:
    _, written, mask = captioned()
    rgb, before = written.copy(), mask.copy()
    erase_text.function([Picture("a.jpg", rgb, mask)], Surroundings())
    assert np.array_equal(rgb, written)
    assert np.array_equal(mask, before)


def test_the_same_seed_gives_the_same_bytes_even_on_grain() -> None:
    rng = np.random.default_rng(0)
    grainy = np.clip(rng.normal(120, 9, (90, 140, 3)), 0, 255).astype(np.uint8)
    picture = Picture("a.jpg", grainy, captioned()[2], seed=11)
    first, second = (erase_text.function([picture], Surroundings())[0] for _ in range(2))
    other = erase_text.function([picture.with_(seed=12)], Surroundings())[0]
    assert isinstance(first, Edited)
    assert isinstance(second, Edited)
    assert isinstance(other, Edited)
    assert np.array_equal(first.picture.rgb, second.picture.rgb)
    assert not np.array_equal(first.picture.rgb, other.picture.rgb)


def test_the_ground_keeps_its_grain() -> None:
    rng = np.random.default_rng(0)
    grainy = np.clip(rng.normal(120, 9, (90, 140, 3)), 0, 255).astype(np.uint8)
    _, _, mask = captioned()
    (outcome,) = erase_text.function([Picture("a.jpg", grainy, mask)], Surroundings())
    assert isinstance(outcome, Edited)
    assert outcome.picture.rgb[mask > 0].std() > 0.5 * grainy.std()


def test_a_mask_over_too_much_goes_to_a_person_unless_a_person_drew_it() -> None:
    _, written, mask = captioned()
    mask[10:80, 10:130] = 255
    picture = Picture("a.jpg", written, mask)
    (outcome,) = erase_text.function([picture], Telea())
    assert isinstance(outcome, Flagged)
    assert (outcome.reason, outcome.kind) == ("mask_too_large", FlagKind.POLICY)
    (drawn,) = erase_text.function([picture.with_(facts=Facts(person_mask=True))], Telea())
    assert isinstance(drawn, Edited)


def test_a_picture_without_a_mask_passes_with_its_pixels_untouched() -> None:
    picture = Picture("a.jpg", captioned()[0])
    (outcome,) = erase_text.function([picture], Telea())
    assert isinstance(outcome, Edited)
    assert outcome.picture.rgb is picture.rgb


@pytest.mark.parametrize(
    ("facts", "needed"), [({"masked": True}, True), ({"masked": False}, False), ({}, False)]
)
def test_only_masked_images_need_it(facts: dict[str, bool], needed: bool) -> None:
    assert (
        erase_text.is_needed(Facts.from_json(facts), {"dilate": 3, "feather": 2, "max_coverage": 0.1})
        is needed
    )


def test_the_feather_falls_from_full_to_nothing_around_the_mask() -> None:
    mask = np.zeros((1, 21), np.uint8)
    mask[0, 10] = 255
    soft = feathered(mask, dilate=2, feather=2)[0]
    assert soft[8:13].tolist() == [255] * 5
    assert soft[10:16].tolist() == [255, 255, 255, 170, 85, 0]


def test_a_composite_takes_each_picture_by_its_weight() -> None:
    under, over = np.full((1, 3, 3), 100, np.uint8), np.full((1, 3, 3), 200, np.uint8)
    mixed = composite(under, over, np.array([[0, 51, 255]], np.uint8))
    assert mixed[0, :, 0].tolist() == [100, 120, 200]
