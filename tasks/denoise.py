"""Takes noise off photos that have it, and leaves the others alone."""

from typing import cast

import cv2
import numpy as np

from line.picture import Edited, Outcome, Picture
from models.contract import Denoiser, Model, Task
from models.inference.noise import noise_level
from tasks.transform import transform
from worker.queues import Queue


@transform(queue=Queue.DENOISE, task=Task.DENOISE, default_model="non_local_means")
def denoise(pictures: list[Picture], model: Model, *, above: float = 2.5) -> list[Outcome]:
    """Take the noise off each picture that has more than a little.

    Args:
        above: noise of a photo's luma (standard deviation, grey levels) from which it is worked on.
    """
    denoiser = cast(Denoiser, model)
    return [_denoise(picture, denoiser, above) for picture in pictures]


def _denoise(picture: Picture, model: Denoiser, above: float) -> Outcome:
    noise = noise_level(cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32))
    if noise <= above:
        return Edited(picture, readings={"noise": noise})
    clean = model.denoise(picture.rgb, seed=picture.seed)
    return Edited(picture.with_(rgb=clean), readings={"noise": noise})
