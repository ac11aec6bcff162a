"""OpenCV's non-local means: denoising without weights."""

import cv2
import numpy as np

from line.picture import Rgb
from models.contract import Denoiser
from models.inference.noise import noise_level

STRENGTH = 0.8
"""Filter strength per grey level of luma noise: the best of 0.75 to 1.4 on synthetic noise of 5 and 10 levels."""


class NonLocalMeans(Denoiser):
    """Each pixel becomes the mean of pixels with similar surroundings (Buades, Coll and Morel, CVPR 2005).

    The strength follows the measured noise of the photo, so that a clean photo hardly changes.
    """

    name = "non_local_means"
    licence = "Apache-2.0"
    source = "https://docs.opencv.org/ (cv2.fastNlMeansDenoisingColored)"
    revision = "opencv/1"
    memory_per_megapixel = 60.0
    fails = ("smooths weave as fine and as faint as the noise",)

    def denoise(self, rgb: Rgb, *, seed: int) -> Rgb:
        luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
        strength = STRENGTH * noise_level(luma)
        if strength < 0.5:
            return rgb.copy()
        return np.asarray(cv2.fastNlMeansDenoisingColored(rgb, None, strength, strength, 7, 21))


MODELS = (NonLocalMeans,)
