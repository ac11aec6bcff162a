"""The queues: one for each transform, so that a fault stays in its own path."""

from enum import StrEnum


class Queue(StrEnum):
    ADMIT = "admit"
    FIND_TEXT = "find_text"
    ERASE_TEXT = "erase_text"
    DENOISE = "denoise"
    RESTORE = "restore"
    GENERATE = "generate"
    UPSCALE = "upscale"
    DELIVER = "deliver"
