"""A mask that a person drew: read, held against the image, and kept in the bucket."""

from pathlib import Path

import numpy as np

from imaging import intermediate
from imaging.mask import read_mask
from imaging.refusal import RefusedError
from line.errors import InputError
from records.images import ImageRecord
from tasks.context import Context


def keep_mask(context: Context, image: ImageRecord, path: Path) -> str:
    """Keep a person's mask: any picture, white (over half) where to erase; answers its key.

    Raises:
        InputError: the file is no picture, or has another size than the image.
    """
    try:
        read = read_mask(context.codec, path.name, path.read_bytes())
    except RefusedError as error:
        raise InputError(f"--mask {path}: it is no picture that can be read. {error.sentence}") from None
    if image.facts.width is None:
        raise InputError(f"image {image.id}: it was never admitted, so a mask has nothing to lie on")
    size = image.facts.size()
    if read.shape[::-1] != size:
        raise InputError(
            f"--mask {path}: {read.shape[1]} × {read.shape[0]} pixels, the image has {size[0]} × {size[1]}"
        )
    mask = (read > 127) * np.uint8(255)
    return context.bucket.keep(intermediate.encode_mask(mask), intermediate.MASK_SUFFIX)
