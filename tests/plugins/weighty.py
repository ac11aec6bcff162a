"""A step whose model needs weights: the file that ``WEIGHTS`` names, holding the right bytes."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from line.picture import Edited, Outcome, Picture, Rgb
from models.contract import Task, Upscaler
from tasks.transform import transform

RIGHT = b"the right weights"


class Weighty(Upscaler):
    name = "weighty"
    licence = "MIT"
    source = "tests"
    revision = "1"

    @classmethod
    def missing(cls) -> str | None:
        path = Path(os.environ.get("WEIGHTS", "nowhere"))
        if not path.exists():
            return f"{path} is missing: put it there"
        return (
            None if path.read_bytes() == RIGHT else f"{path} has another hash than it should: fetch it again"
        )

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        return np.asarray(cv2.resize(rgb, size), np.uint8)


MODELS = (Weighty,)


@transform(queue="upscale", task=Task.UPSCALE, default_model="weighty", edits=False)
def weigh(pictures: Sequence[Picture], model: Any) -> list[Outcome]:
    """Changes nothing, with a model."""
    return [Edited(picture) for picture in pictures]
