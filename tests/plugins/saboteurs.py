"""Test-only models that sabotage a batch in a way of their own, for triage to find."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from line.picture import Mask, Rgb
from models.contract import Enlargement, Filler, OverlayMaps, OverlaySegmenter, Upscaler, build

ADOBE_TO_SRGB = np.array([[1.3983, -0.3983, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]], np.float32)
"""Linear Adobe RGB (1998) to linear sRGB."""


class Saboteur(Upscaler):
    """Enlarges well; each subclass then spoils the result."""

    name = "saboteur"
    licence = "MIT"
    source = "tests"
    revision = "1"

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        return self.spoilt(np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC), np.uint8), rgb)

    def spoilt(self, large: Rgb, rgb: Rgb) -> Rgb:
        return large


class HalfPixel(Saboteur):
    """Shifts by half a pixel of the small photo."""

    name = "half_pixel"

    def spoilt(self, large: Rgb, rgb: Rgb) -> Rgb:
        shift = large.shape[1] / rgb.shape[1] / 2
        matrix = np.array([[1, 0, shift], [0, 1, shift]], np.float32)
        return np.asarray(cv2.warpAffine(large, matrix, large.shape[1::-1], borderMode=cv2.BORDER_REPLICATE))


class WrongProfile(Saboteur):
    """Takes the photo's numbers for those of Adobe RGB."""

    name = "wrong_profile"

    def spoilt(self, large: Rgb, rgb: Rgb) -> Rgb:
        linear = (large.astype(np.float32) / 255) ** 2.2
        converted = np.clip(linear @ ADOBE_TO_SRGB.T, 0, 1) ** (1 / 2.2)
        return np.asarray(np.rint(255 * converted), np.uint8)


class Previous(Saboteur):
    """Returns the picture that it was given before."""

    name = "previous"

    def load(self) -> None:
        self.last: Rgb | None = None

    def spoilt(self, large: Rgb, rgb: Rgb) -> Rgb:
        last, self.last = self.last, large
        if last is None:
            return large
        return np.asarray(cv2.resize(last, large.shape[1::-1]), np.uint8)


class Neighbour(Saboteur):
    """Mixes up the pictures that it gets together; one alone comes out well."""

    name = "neighbour"

    def upscale_all(self, wanted: Sequence[Enlargement]) -> list[Rgb]:
        shifted = [*wanted[1:], *wanted[:1]]
        return [
            self.upscale(other.rgb, item.size, seed=item.seed)
            for item, other in zip(wanted, shifted, strict=True)
        ]


class Swapped(Saboteur):
    """Swaps red and blue."""

    name = "swapped"

    def spoilt(self, large: Rgb, rgb: Rgb) -> Rgb:
        return np.ascontiguousarray(large[..., ::-1])


class FailsOnLandscape(Saboteur):
    """Raises an error on photos that are wider than high."""

    name = "fails_on_landscape"

    def spoilt(self, large: Rgb, rgb: Rgb) -> Rgb:
        if large.shape[1] > large.shape[0]:
            raise ValueError("cannot reshape array")
        return large


class GreyFill(Filler):
    """Fills with one grey."""

    name = "grey_fill"
    licence = "MIT"
    source = "tests"
    revision = "1"

    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        filled = rgb.copy()
        filled[mask > 0] = 127
        return filled


class ShiftedMasks(OverlaySegmenter):
    """Finds overlays some pixels beside where they are."""

    name = "shifted_masks"
    licence = "MIT"
    source = "tests"
    revision = "1"
    shift = (9, 6)

    def load(self) -> None:
        self.network: Any = build().models["overlay_network"]()
        self.network.load()

    def find(self, rgb: Rgb, *, limit: int) -> Any:
        return self.network.find(rgb, limit=limit)

    def segment(self, rgb: Rgb, *, limit: int) -> OverlayMaps:
        maps: OverlayMaps = self.network.segment(rgb, limit=limit)
        moved = {
            name: np.roll(getattr(maps, name), self.shift, (0, 1))
            for name in ("ink", "panel", "imprint", "opacity")
        }
        return replace(maps, **moved)


MODELS = (HalfPixel, WrongProfile, Previous, Neighbour, Swapped, FailsOnLandscape, GreyFill, ShiftedMasks)
