"""The diagnostic sheet and the heat map."""

import cv2
import numpy as np
import pytest

from gates.contract import judge
from gates.edit import Edit
from line.picture import Rgb
from review.tools.heat_map import heat_map
from review.tools.sheet import CYAN, sheet
from training.gates.captions import Overlaid, composite


def test_heat_lies_where_the_fill_is_flat(cloth: Overlaid) -> None:
    flat = np.asarray(cv2.GaussianBlur(cloth.truth, (0, 0), 5), np.uint8)
    bad = Edit("erase_text", cloth.before, composite(cloth.before, flat, cloth.mask), cloth.mask)
    good = Edit("erase_text", cloth.before, composite(cloth.before, cloth.truth, cloth.mask), cloth.mask)
    heat, calm = heat_map(bad), heat_map(good)
    inside = cloth.mask >= 250
    assert heat.shape == inside.shape
    assert heat[inside].mean() > 1.6 * calm[inside].mean()
    assert heat[~cv2.dilate(cloth.mask, np.ones((9, 9), np.uint8)).astype(bool)].max() == 0


def test_heat_lies_where_an_enlargement_departs_from_its_input(textured: Rgb) -> None:
    large = np.asarray(cv2.resize(textured, (768, 512), interpolation=cv2.INTER_LANCZOS4), np.uint8)
    large[100:200, 500:600] = 255 - large[100:200, 500:600]
    heat = heat_map(Edit("upscale", textured, large))
    assert heat.shape == (512, 768)
    assert heat[120:180, 520:580].mean() > 5 * heat[300:, :300].mean()


def test_one_changed_pixel_outside_the_mask_glows(white: Overlaid) -> None:
    after = composite(white.before, white.truth, white.mask)
    y, x = np.argwhere(cv2.dilate(white.mask, np.ones((25, 25), np.uint8)) == 0)[77]
    after[y, x] ^= 1
    assert heat_map(Edit("erase_text", white.before, after, white.mask))[y, x] >= 1


@pytest.mark.parametrize("transform", ["erase_text", "upscale", "deliver", "find_text", "admit"])
def test_a_sheet_is_a_picture_for_every_transform(white: Overlaid, transform: str) -> None:
    doubled = np.asarray(cv2.resize(white.truth, None, fx=2, fy=2), np.uint8)
    after = white.truth if transform != "upscale" else doubled
    edit = Edit(transform, white.before, after, white.mask if "text" in transform else None)
    page = sheet(edit, judge(edit), "a name that a vendor gave")
    assert page.dtype == np.uint8
    assert page.shape[2] == 3
    assert page.std() > 20


def test_a_sheet_shows_the_outline_of_the_subject() -> None:
    picture = np.full((300, 400, 3), 255, np.uint8)
    picture[100:200, 120:280] = (160, 60, 40)
    edit = Edit("deliver", picture, picture)
    page = sheet(edit, judge(edit)).astype(int)
    assert (np.abs(page - CYAN).max(axis=2) < 30).sum() > 300
    erased = sheet(Edit("erase_text", picture, picture, picture[..., 0] * 0), judge(edit)).astype(int)
    assert not (np.abs(erased - CYAN).max(axis=2) < 30).any(), "no gate of erased text looks at the subject"


def test_a_tiny_picture_has_a_sheet_too() -> None:
    dot = np.full((2, 3, 3), 7, np.uint8)
    edit = Edit("deliver", dot, dot)
    assert sheet(edit, judge(edit)).ndim == 3
