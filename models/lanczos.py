"""Lanczos resampling by Pillow, which is fixed-point and equal on every machine."""

import numpy as np
from PIL import Image

from line.picture import Rgb
from models.contract import Upscaler


class Lanczos(Upscaler):
    """A sinc windowed to three lobes (Duchon, 1979)."""

    name = "lanczos"
    licence = "MIT-CMU"
    source = "https://pillow.readthedocs.io/ (Image.Resampling.LANCZOS)"
    revision = "pillow/1"

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


MODELS = (Lanczos,)
