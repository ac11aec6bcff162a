import numpy as np

from overlay.classify.repeated_style import stand_again

GREY, RED = np.array([215, 215, 215], np.float32), np.array([220, 20, 30], np.float32)


def text(x: float, y: float, degrees: float) -> np.ndarray:
    """A box of 80 × 16 pixels from (x, y) on."""
    turn = np.radians(degrees)
    along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    corners = [np.zeros(2), 80 * along, 80 * along + 16 * across, 16 * across]
    return (np.array([x, y]) + np.array(corners)).astype(np.float32)


def test_three_slanted_texts_of_one_ink_are_one_mark() -> None:
    quads = [text(30, 40, -27), text(170, 25, -31), text(0, 190, -24), text(60, 90, 3)]
    assert stand_again(quads, [GREY, GREY + 3, GREY, GREY]) == [True, True, True, False]


def test_lines_of_a_description_are_level_and_no_mark() -> None:
    quads = [text(30, 40 + 20 * line, 1) for line in range(4)]
    assert not any(stand_again(quads, [RED] * 4))


def test_two_texts_other_slants_and_other_inks_are_no_mark() -> None:
    assert not any(stand_again([text(0, 0, 30), text(90, 0, 30)], [GREY, GREY]))
    assert not any(stand_again([text(0, 0, 30), text(90, 0, -30), text(0, 90, 60)], [GREY] * 3))
    assert not any(stand_again([text(0, 0, 30), text(90, 0, 30), text(0, 90, 30)], [GREY, RED, None]))


def test_a_box_that_is_higher_than_wide_slants_by_its_longer_side() -> None:
    steep = [text(40 * place, 0, 70)[[3, 0, 1, 2]] for place in range(3)]
    assert all(stand_again(steep, [GREY] * 3))
