"""What a model can be asked to do."""

from enum import StrEnum


class Task(StrEnum):
    """What a model can be asked to do; each has one kind of model in :mod:`models.contract`."""

    FIND_TEXT = "find_text"
    FILL = "fill"
    UPSCALE = "upscale"
    DENOISE = "denoise"
    RESTORE = "restore"
    GENERATE = "generate"
    PERCEPTUAL = "perceptual"
