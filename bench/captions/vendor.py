"""Photos of one vendor, all with the same overlay at the same place, as its own software lays it over them."""

import numpy as np
from PIL import Image

from bench.captions.draw import KINDS, LEGIBLE, Drawn, laid_over, saved
from bench.captions.fonts import SCRIPTS
from bench.captions.photos import Photo


def stamped(photo: Photo, kind: str, vendor: int) -> Drawn | None:
    """``photo`` with the overlay of ``kind`` that this ``vendor`` lays over every photo.

    Words, face, colours, relative size and place are the vendor's; None where most of it could not be seen on this
    photo, white on white.
    """
    vendor_rng = np.random.default_rng([vendor, list(KINDS).index(kind)])
    script = SCRIPTS[0] if vendor_rng.random() < 0.55 else SCRIPTS[vendor_rng.integers(len(SCRIPTS))]
    layer = Image.new("RGBA", photo.rgb.shape[1::-1], (0, 0, 0, 0))
    KINDS[kind](layer, script, vendor_rng)
    mixed, mask, cover = laid_over(photo.rgb, layer)
    if not mask.sum() > LEGIBLE * (cover > 0.1).sum() > 0:
        return None
    return saved(
        Drawn(kind, script.name, photo.rgb, mixed, mask), np.random.default_rng([photo.seed, vendor])
    )
