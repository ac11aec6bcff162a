import cv2
import numpy as np

from line.picture import Rgb
from models.contract import Region
from overlay.mask.adjacent_glyphs import companions
from overlay.mask.strokes import find_strokes

RED = (220, 10, 30)
QUAD = np.array([[120, 90], [220, 90], [220, 120], [120, 120]], np.float32)


def photo(*signs: tuple[int, int, int, int], ink: tuple[int, int, int] = RED) -> Rgb:
    """Red letters in the quad on grey, and filled boxes (x, y, width, height) of ``ink``."""
    rgb = np.full((300, 400, 3), 150, np.uint8)
    for left in range(126, 214, 14):
        cv2.rectangle(rgb, (left, 95), (left + 5, 114), RED, -1)
    for x, y, wide, high in signs:
        cv2.rectangle(rgb, (x, y), (x + wide - 1, y + high - 1), ink, -1)
    return rgb


def added(rgb: Rgb, elsewhere: float = 0.001, laid: float = 0.0) -> np.ndarray:
    mask = np.zeros(rgb.shape[:2], np.uint8)
    chart = np.full((75, 100), laid, np.float32)
    if found := companions(rgb, Region(QUAD, 0.9), find_strokes(rgb, QUAD), elsewhere, chart):
        mask[found[0]] = found[1]
    return mask > 0


def test_a_sign_of_the_same_ink_beside_the_text_goes_with_it() -> None:
    mask = added(photo((85, 95, 22, 20)))
    assert mask[95:115, 85:107].all()


def test_a_sign_that_the_box_cuts_in_two_goes_whole() -> None:
    mask = added(photo((104, 95, 20, 20)))
    assert mask[96:114, 104:122].all()


def test_a_missed_letter_beyond_the_next_one_is_reached_step_by_step() -> None:
    mask = added(photo((230, 95, 12, 20), (262, 95, 12, 20)))
    assert mask[97:113, 232:240].all()
    assert mask[97:113, 264:272].all()


def test_what_has_another_ink_or_stands_on_another_line_stays() -> None:
    assert not added(photo((85, 95, 22, 20), ink=(20, 60, 200))).any()
    assert not added(photo((85, 125, 22, 12))).any()


def test_a_sign_of_purer_ink_than_thin_letters_show_goes_where_the_map_sees_it() -> None:
    pale = photo((85, 95, 22, 20), ink=(248, 0, 0))
    pale[92:118, 122:218] = (pale[92:118, 122:218] * 0.6 + 150 * 0.4).astype(np.uint8)
    assert added(pale, laid=0.9)[95:115, 85:107].all()
    assert not added(pale, laid=0.3).any()


def test_not_even_the_map_makes_a_companion_of_another_ink() -> None:
    assert not added(photo((85, 95, 22, 20), ink=(20, 60, 200)), laid=1.0).any()


def test_a_large_thing_of_the_same_colour_is_no_companion() -> None:
    assert not added(photo((20, 60, 85, 90))).any()


def test_a_common_colour_tells_only_where_it_is_alone_around_the_text() -> None:
    assert added(photo((85, 95, 22, 20)), elsewhere=0.2)[95:115, 85:107].all()
    assert not added(photo((85, 95, 22, 20), (300, 82, 60, 60)), elsewhere=0.2).any()
