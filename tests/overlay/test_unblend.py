"""See-through ink is taken off the photo under it; opaque ink is left to the fill."""

import cv2
import numpy as np
import pytest

from line.facts import Facts
from line.picture import Edited, Picture
from models.surroundings import Surroundings
from overlay.unblend import unblended
from tasks.erase_text import erase_text


def cloth() -> np.ndarray:
    """[240, 400, 3] of light and dark patches that no fill can guess."""
    white = np.random.default_rng(4).standard_normal((240, 400, 3)).astype(np.float32)
    patches = cv2.GaussianBlur(white, (0, 0), 40)
    fine = cv2.GaussianBlur(white, (0, 0), 2)
    ground = 125 + 45 * patches / patches.std() + 7 * fine / fine.std()
    return np.asarray(np.clip(np.rint(ground), 0, 255), np.uint8)


def inked(ground: np.ndarray, opacity: float, colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """``ground`` with antialiased letters of so much ink, and their mask."""
    ink = np.zeros(ground.shape[:2], np.uint8)
    cv2.putText(ink, "SAMPLE", (12, 150), cv2.FONT_HERSHEY_SIMPLEX, 3, 255, 14, cv2.LINE_AA)
    share = opacity * ink[..., None].astype(np.float32) / 255
    return np.rint(ground * (1 - share) + share * np.array(colour)).astype(np.uint8), ink


def error(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    """Root mean square, levels."""
    return float(np.sqrt(np.mean((one[where].astype(np.float32) - other[where]) ** 2)))


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (230, 0, 18)])
def test_the_photo_under_see_through_letters_comes_back(colour: tuple[int, int, int]) -> None:
    truth = cloth()
    before, ink = inked(truth, 0.45, colour)
    (outcome,) = erase_text.function([Picture("a.jpg", before, ink)], Surroundings(), max_coverage=0.5)
    assert isinstance(outcome, Edited)
    assert outcome.touched is not None
    filled = Surroundings().fill(before, outcome.touched, seed=0)
    letters = ink > 0
    assert error(outcome.picture.rgb, truth, letters) < 0.5 * error(filled, truth, letters)
    assert np.array_equal(outcome.picture.rgb[outcome.touched == 0], before[outcome.touched == 0])
    assert outcome.picture.facts.unblended
    assert outcome.readings["unblended"] > outcome.readings["coverage"] / 4


def test_a_see_through_banner_is_taken_off_and_its_opaque_letters_are_filled() -> None:
    truth = cloth()
    before, mask = truth.copy(), np.zeros(truth.shape[:2], np.uint8)
    mask[160:220] = 255
    before[162:218] = np.rint(truth[162:218] * 0.3 + 0.7 * np.array((20, 40, 90))).astype(np.uint8)
    cv2.putText(before, "IN STOCK", (90, 203), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (255, 212, 0), 5, cv2.LINE_AA)
    (outcome,) = erase_text.function([Picture("a.jpg", before, mask)], Surroundings(), max_coverage=0.5)
    assert isinstance(outcome, Edited)
    after = outcome.picture.rgb.astype(int)
    assert np.percentile(np.abs(after - truth)[166:214, :80], 95) < 14
    assert (np.abs(after - (255, 212, 0)).max(axis=-1)[160:220] > 30).all()


def test_opaque_letters_are_left_to_the_fill() -> None:
    before, ink = inked(cloth(), 1.0, (255, 255, 255))
    _, core = unblended(before, ink)
    assert not core.any()


def test_on_an_even_ground_nobody_can_say_what_shines_through() -> None:
    before, ink = inked(np.full((240, 400, 3), 200, np.uint8), 0.5, (0, 0, 0))
    same, core = unblended(before, ink)
    assert not core.any()
    assert np.array_equal(same, before)


def test_what_a_person_masked_is_filled_as_it_is() -> None:
    before, ink = inked(cloth(), 0.45, (255, 255, 255))
    picture = Picture("a.jpg", before, ink, facts=Facts(person_mask=True))
    (outcome,) = erase_text.function([picture], Surroundings())
    assert isinstance(outcome, Edited)
    assert not outcome.picture.facts.unblended
