"""One edit as a gate sees it: before, after, and where pixels were allowed to change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.metrics.fill.boundary_sampling import Planes, Probe, planes_around, probe_of
from gates.metrics.fill.boundary_tone_metrics import tones
from gates.metrics.fill.copies import copied
from gates.metrics.fill.edge_cells import edge_cells
from gates.metrics.fill.fill_boundary_metrics import Figures, beyond_usual
from gates.metrics.fill.fill_colour import fill_shift
from gates.metrics.fill.ghost import stroke_ghost
from gates.metrics.fill.low_grain_metrics import stillness
from gates.metrics.fill.nearest_texture_residuals import kinship
from gates.metrics.fill.strokes import unerased, untouched
from gates.metrics.fill.surroundings_features import context
from gates.metrics.picture.composition import Composition, compositions
from gates.metrics.similarity.downscale import shrunk
from gates.metrics.texture.edge_blur import smeared
from gates.metrics.texture.repetition import repetition
from gates.patch import Greys, Patch, find_patches, luma
from line.picture import Mask, Rgb

Gray: TypeAlias = NDArray[np.float32]
"""[H, W] float32 luma, 0..255."""


COARSE = 384
"""Shorter side in pixels from which half the size is enough for similarity, alignment and colours; where Wang's own
code for SSIM begins to halve."""


FITS = -0.1
"""Figures of the edge beyond the usual up to which lines count as running on."""


@dataclass(eq=False)
class Edit:
    """What one transform did to one image; derived pictures are computed once and shared by gates.

    Attributes:
        transform: the transform's name.
        before: [h, w, 3] uint8 sRGB, what went in.
        after: [H, W, 3] uint8 sRGB, what came out; another size where the step resamples.
        mask: [H, W] uint8, where pixels were allowed to change (255 fully, between = feather);
            None where the whole picture was worked on.
        facts: what is known of the image (dpi, regions, …), and the step's parameters.
        find_text: finds text in a [h, w, 3] uint8 picture and answers boxes [N, 4, 2] float32
            (x, y of four corners); None where no detector is at hand.
    """

    transform: str
    before: Rgb
    after: Rgb
    mask: Mask | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    find_text: Callable[[Rgb], NDArray[np.float32]] | None = None

    @cached_property
    def before_grey(self) -> Greys:
        """BT.601 luma of the input in whole levels."""
        return cast(Greys, cv2.cvtColor(self.before, cv2.COLOR_RGB2GRAY))

    @cached_property
    def after_grey(self) -> Greys:
        """BT.601 luma of the result in whole levels."""
        return cast(Greys, cv2.cvtColor(self.after, cv2.COLOR_RGB2GRAY))

    @cached_property
    def before_luma(self) -> Gray:
        """BT.601 luma of the input."""
        return self.before_grey.astype(np.float32)

    @cached_property
    def after_luma(self) -> Gray:
        """BT.601 luma of the result."""
        return self.after_grey.astype(np.float32)

    @cached_property
    def reference_luma(self) -> Gray:
        """The input's luma at the result's size, by cubic interpolation where they differ."""
        if self.same_size:
            return self.before_luma
        size = (self.after.shape[1], self.after.shape[0])
        return cast(Gray, cv2.resize(self.before_luma, size, interpolation=cv2.INTER_CUBIC))

    @cached_property
    def shrunk(self) -> Rgb:
        """The result at the input's size, by area means where they differ."""
        if self.same_size:
            return self.after
        return shrunk(self.after, (self.before.shape[1], self.before.shape[0]))

    @cached_property
    def shrunk_luma(self) -> Gray:
        """Luma of :attr:`shrunk`."""
        return self.after_luma if self.same_size else luma(self.shrunk)

    @cached_property
    def coarse(self) -> tuple[Rgb, Rgb]:
        """Both at the input's size, or half of it where large, for what needs no finest detail."""
        height, width = (side // 2 for side in self.before.shape[:2])
        if min(height, width) < COARSE // 2:
            return self.before, self.shrunk
        before, after = (
            shrunk(rgb[: 2 * height, : 2 * width], (width, height)) for rgb in (self.before, self.shrunk)
        )
        return before, after

    @cached_property
    def coarse_lumas(self) -> tuple[Gray, Gray]:
        """Lumas of :attr:`coarse`, not rounded to levels: on a smooth ground that looks like a small shift."""
        planes = (self.before_luma, self.shrunk_luma)
        if self.coarse[0] is self.before:
            return planes
        height, width = self.coarse[0].shape[:2]
        before, after = (
            cv2.resize(plane[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
            for plane in planes
        )
        return cast(Gray, before), cast(Gray, after)

    @cached_property
    def compositions(self) -> tuple[Composition, Composition]:
        """Both seen from afar, with the input's ground."""
        return compositions(*self.coarse)

    @property
    def same_size(self) -> bool:
        return self.before.shape == self.after.shape

    @cached_property
    def patches(self) -> list[Patch]:
        """Each masked area with its surroundings, largest first; none without a mask or with another size."""
        if self.mask is None or not self.same_size or self.mask.shape != self.after.shape[:2]:
            return []
        return find_patches(self.before, self.after, self.mask)

    @cached_property
    def likeness(self) -> list[Figures]:
        """For each patch, how its fill departs from its surroundings beyond what is usual."""
        return [beyond_usual(planes, probe) for planes, probe in zip(self._planes, self._probes, strict=True)]

    @cached_property
    def _planes(self) -> list[Planes]:
        """For each patch, what is sampled around it."""
        return [planes_around(patch, self.after, cast(Mask, self.mask)) for patch in self.patches]

    @cached_property
    def _probes(self) -> list[Probe]:
        return [probe_of(patch, planes) for patch, planes in zip(self.patches, self._planes, strict=True)]

    @cached_property
    def fills(self) -> list[Figures]:
        """For each patch, every figure of its fill: what it departs by, and what that must be read with."""
        return [
            found
            | {"misplaced": misplaced}
            | {
                "ghost": stroke_ghost(patch.before, patch.after, patch.inside).beyond_chance,
                "unerased": unerased(patch),
                "untouched": untouched(patch),
                "repetition": repetition(patch),
                "colour": fill_shift(patch),
                "smeared": smeared(patch),
            }
            | context(patch, planes, probe)
            | tones(planes, probe)
            | stillness(patch, planes, probe)
            | edge_cells(patch)
            | kinship(patch, planes, probe)
            for patch, found, misplaced, planes, probe in zip(
                self.patches, self.likeness, self.misplaced, self._planes, self._probes, strict=True
            )
        ]

    @cached_property
    def misplaced(self) -> list[float]:
        """For each patch, its likeness to another place of the input; 0 where its lines run on.

        A piece of the picture that fits where it was laid is no fault, copied or not.
        """
        return [
            copied(patch, self.before_luma, cast(Mask, self.mask))
            if max(found.get(name, 0.0) for name in ("unlinked", "broken", "ragged")) > FITS
            else 0.0
            for patch, found in zip(self.patches, self.likeness, strict=True)
        ]

    def unlikeness(self, name: str) -> float:
        """The worst patch's figure of :attr:`fills`; 0 where none exceeds the usual."""
        return max(0.0, *(found.get(name, 0.0) for found in self.fills), 0.0)

    def most_unlike(self, names: tuple[str, ...]) -> Patch | None:
        """The patch that departs most in any of these figures."""
        if not self.patches:
            return None
        worst = [max((found.get(name, -1.0) for name in names), default=-1.0) for found in self.fills]
        return self.patches[worst.index(max(worst))]
