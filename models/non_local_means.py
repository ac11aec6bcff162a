"""Non-local means, OpenCV's: denoising without weights."""

import cv2
import numpy as np

from line.picture import Rgb
from models.contract import Denoiser
from models.inference.noise import noise_level

STRENGTH = 0.8
"""Filter strength per level of noise in luma: of 0.75 to 1.4, what gained most on drawn noise of 5 and 10 levels."""


class NonLocalMeans(Denoiser):
    """Each pixel becomes the mean of those whose surroundings look alike (Buades, Coll and Morel, CVPR 2005).

    How alike is measured against the photo's own noise, so that a clean photo comes back all but untouched.
    """

    name = "non_local_means"
    licence = "Apache-2.0"
    source = "https://docs.opencv.org/ (cv2.fastNlMeansDenoisingColored)"
    revision = "opencv/1"
    memory_per_megapixel = 60.0
    fails = ("smooths weave that is as fine and as faint as the noise",)

    def denoise(self, rgb: Rgb, *, seed: int) -> Rgb:
        luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
        strength = STRENGTH * noise_level(luma)
        if strength < 0.5:
            return rgb.copy()
        return np.asarray(cv2.fastNlMeansDenoisingColored(rgb, None, strength, strength, 7, 21))


MODELS = (NonLocalMeans,)
