"""Mends what a whole photo suffered, such as strong compression or blur, with a network made for it."""

from typing import cast

from line.picture import Edited, Outcome, Picture
from models.contract import Model, Restorer, Task
from tasks.transform import transform
from worker.queues import Queue


@transform(queue=Queue.RESTORE, task=Task.RESTORE)
def restore(pictures: list[Picture], model: Model) -> list[Outcome]:
    """Mend each picture; the recipe names the model, as each is made for one kind of damage."""
    restorer = cast(Restorer, model)
    return [
        Edited(picture.with_(rgb=restorer.restore(picture.rgb, seed=picture.seed))) for picture in pictures
    ]
