"""Test-only upscalers that a rollout may try: one as good as the model in use, and one for each way to be worse."""

import os
import signal
import time
import zlib
from pathlib import Path

import cv2
import numpy as np

from line.picture import Rgb
from models.contract import Upscaler


class Twin(Upscaler):
    """As good as Lanczos, with other bytes."""

    name = "twin"
    licence = "MIT"
    source = "tests"
    revision = "1"

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def is_ruined(rgb: Rgb) -> bool:
    """Whether the ruiner ruins a photo: every eighth on average, by the photo's bytes alone."""
    return zlib.crc32(rgb.tobytes()) % 8 == 7


class Ruiner(Twin):
    """Paints every eighth photo grey, on average."""

    name = "ruiner"

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        large = super().upscale(rgb, size, seed=seed)
        return np.full_like(large, 127) if is_ruined(rgb) else large


class Crasher(Twin):
    name = "crasher"

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        raise ValueError("odd weights")


class Glutton(Twin):
    name = "glutton"

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        raise MemoryError


class Sloth(Twin):
    name = "sloth"

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        time.sleep(0.5)
        return super().upscale(rgb, size, seed=seed)


class Killer(Twin):
    """Ends its process as the kernel does when memory is gone."""

    name = "killer"

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class Absent(Twin):
    name = "absent"

    @classmethod
    def missing(cls) -> str | None:
        return None if Path(os.environ.get("ABSENT_WEIGHTS", "nowhere")).exists() else "put its weights there"


MODELS = (Twin, Ruiner, Crasher, Glutton, Sloth, Killer, Absent)
