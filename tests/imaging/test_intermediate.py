import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from imaging.intermediate import IntermediateError, decode_mask, decode_rgb, encode_mask, encode_rgb
from line.picture import Rgb

SIDES = st.tuples(st.integers(1, 40), st.integers(1, 40))


@settings(max_examples=60, deadline=None)
@given(SIDES.flatmap(lambda sides: arrays(np.uint8, (*sides, 3))))
def test_pictures_come_back_bit_for_bit(rgb: Any) -> None:
    back = decode_rgb(encode_rgb(rgb))
    assert np.array_equal(back, rgb)
    assert back.dtype == np.uint8
    assert back.flags.c_contiguous


@settings(max_examples=60, deadline=None)
@given(SIDES.flatmap(lambda sides: arrays(np.uint8, sides)))
def test_masks_come_back_bit_for_bit(mask: Any) -> None:
    back = decode_mask(encode_mask(mask))
    assert np.array_equal(back, mask)
    assert back.flags.c_contiguous


def test_the_same_pixels_give_the_same_bytes_however_they_lie_in_memory(photo: Rgb) -> None:
    turned = np.asfortranarray(photo)
    digests = {hashlib.sha256(encode_rgb(pixels)).hexdigest() for pixels in (photo, turned, photo.copy())}
    assert len(digests) == 1


def test_cut_or_foreign_bytes_are_an_error(photo: Rgb) -> None:
    picture, mask = encode_rgb(photo), encode_mask(photo[..., 0])
    for broken in (b"", picture[:-1], picture[: len(picture) // 2], mask):
        with pytest.raises(IntermediateError):
            decode_rgb(broken)
    for broken in (b"", mask[:-1], mask[: len(mask) // 2], picture):
        with pytest.raises(IntermediateError):
            decode_mask(broken)
