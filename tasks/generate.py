"""Makes a new picture from the recipe's words, starting from the photo or from nothing."""

from typing import Literal, cast

from line.facts import Facts
from line.picture import Edited, Outcome, Picture
from models.contract import Generator, Model, Task
from tasks.transform import transform
from tasks.upscale import target_size
from worker.queues import Queue

SYNTHETIC = "trainedAlgorithmicMedia"
"""What the delivered file says of itself (IPTC digital source type): shops require it, and must be told."""


@transform(queue=Queue.GENERATE, task=Task.GENERATE)
def generate(
    pictures: list[Picture],
    model: Model,
    *,
    long_side: int = 512,
    start: Literal["photo", "nothing"] = "photo",
) -> list[Outcome]:
    """Make a picture of each photo's proportions; small, so that what follows enlarges it.

    Args:
        long_side: of the new picture, pixels.
        start: "photo" changes the photo by ``strength`` (image to image); "nothing" goes by words alone.
    """
    generator = cast(Generator, model)
    return [_generate(picture, generator, long_side, start) for picture in pictures]


def _generate(picture: Picture, model: Generator, long_side: int, start: str) -> Outcome:
    size = target_size(picture.width, picture.height, long_side)
    generated = model.generate(size, seed=picture.seed, start=picture.rgb if start == "photo" else None)
    facts = picture.facts | Facts(synthetic=SYNTHETIC)
    return Edited(picture.with_(rgb=generated, mask=None, facts=facts))
