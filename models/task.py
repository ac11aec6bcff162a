"""Tasks of models."""

from enum import StrEnum


class Task(StrEnum):
    """Task of a model. Each task has one abstract class, in :mod:`models.contract` or :mod:`models.subject`."""

    FIND_TEXT = "find_text"
    DETECT_TEXT = "detect_text"
    FILL = "fill"
    UPSCALE = "upscale"
    DENOISE = "denoise"
    RESTORE = "restore"
    GENERATE = "generate"
    PERCEPTUAL = "perceptual"
    SUBJECT = "subject"
