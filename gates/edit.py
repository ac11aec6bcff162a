"""One edit, the input of every gate: the picture before and after, and where pixels may change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias, cast

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
from gates.metrics.fill.nearest_texture_residuals import nearest_texture_residuals
from gates.metrics.fill.strokes import unerased, untouched
from gates.metrics.fill.surroundings_features import context
from gates.metrics.picture.composition import Composition, Finder, compositions
from gates.metrics.similarity.downscale import downscale
from gates.metrics.similarity.equivariance import Enlarger, Window, equivariance_error, windows
from gates.metrics.texture.edge_blur import blurred_edge_area
from gates.metrics.texture.repetition import repetition
from gates.patch import Greys, Patch, find_patches, luma
from line.picture import Mask, Rgb

Gray: TypeAlias = NDArray[np.float32]
"""[H, W] float32 luma, 0..255."""


MIN_HALVED_SIDE = 384
"""Minimum shorter side (pixels) at which similarity, alignment and colours are measured at half the size. The
reference code of SSIM (Wang et al.) starts to halve here too."""


MAX_FITTING = -0.1
"""Maximum excess of a boundary figure over its usual value for lines to count as continued by the fill."""


@dataclass(eq=False)
class Edit:
    """The effect of one transform on one image. Derived pictures are computed once and shared by all gates.

    Attributes:
        transform: the transform's name.
        before: [h, w, 3] uint8 sRGB, the input.
        after: [H, W, 3] uint8 sRGB, the result; its size differs if the step resamples.
        mask: [H, W] uint8, weight of the result in each pixel (0 unchanged, 255 replaced, between: feather);
            None if the step worked on the whole picture.
        marks_differ: number of delivered files whose metadata, read back, differs from the expected.
        style: the recipe's range for each figure of a picture's look; empty if it sets none.
        find_text: text detector from a [h, w, 3] uint8 picture to [N, 4, 2] float32 boxes (x, y of four corners);
            None if no detector is available.
        find_subject: subject finder; without one the composition is judged by the colour of the border alone.
        enlarge: enlarges a part of the input as the whole was, by the same network; None for other steps and methods.
    """

    transform: str
    before: Rgb
    after: Rgb
    mask: Mask | None = None
    style: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    marks_differ: int = 0
    find_text: Callable[[Rgb], NDArray[np.float32]] | None = None
    find_subject: Finder | None = None
    enlarge: Enlarger | None = None

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
        """The input's luma at the result's size, resampled by cubic interpolation."""
        if self.same_size:
            return self.before_luma
        size = (self.after.shape[1], self.after.shape[0])
        return cast(Gray, cv2.resize(self.before_luma, size, interpolation=cv2.INTER_CUBIC))

    @cached_property
    def shrunk(self) -> Rgb:
        """The result at the input's size, resampled by area means."""
        if self.same_size:
            return self.after
        return downscale(self.after, (self.before.shape[1], self.before.shape[0]))

    @cached_property
    def shrunk_luma(self) -> Gray:
        """Luma of :attr:`shrunk`."""
        return self.after_luma if self.same_size else luma(self.shrunk)

    @cached_property
    def coarse(self) -> tuple[Rgb, Rgb]:
        """Input and result at the input's size or, for large pictures, at half of it."""
        height, width = (side // 2 for side in self.before.shape[:2])
        if min(height, width) < MIN_HALVED_SIDE // 2:
            return self.before, self.shrunk
        before, after = (
            downscale(rgb[: 2 * height, : 2 * width], (width, height)) for rgb in (self.before, self.shrunk)
        )
        return before, after

    @cached_property
    def coarse_lumas(self) -> tuple[Gray, Gray]:
        """Lumas of :attr:`coarse`, not rounded: on smooth areas rounding would look like a small shift."""
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
        """Compositions of input and result, both with the input's background colour."""
        return compositions(*self.coarse, self.find_subject)

    @cached_property
    def equivariance_errors(self) -> dict[Window, float]:
        """Equivariance error of the windows with most added detail; empty for what no network has enlarged."""
        if self.enlarge is None or self.same_size:
            return {}
        return {
            (left, top, width, height): equivariance_error(
                np.ascontiguousarray(self.before[top : top + height, left : left + width]), self.enlarge
            )
            for left, top, width, height in windows(self.before_luma, self.after_luma)
        }

    @property
    def same_size(self) -> bool:
        return self.before.shape == self.after.shape

    @cached_property
    def patches(self) -> list[Patch]:
        """Masked areas with their surroundings, largest first; empty without a mask or if the sizes differ."""
        if self.mask is None or not self.same_size or self.mask.shape != self.after.shape[:2]:
            return []
        return find_patches(self.before, self.after, self.mask)

    @cached_property
    def likeness(self) -> list[Figures]:
        """Excess of each patch's boundary figures over their usual values."""
        return [beyond_usual(planes, probe) for planes, probe in zip(self._planes, self._probes, strict=True)]

    @cached_property
    def _planes(self) -> list[Planes]:
        """Planes sampled around the boundary of each patch."""
        return [planes_around(patch, self.after, cast(Mask, self.mask)) for patch in self.patches]

    @cached_property
    def _probes(self) -> list[Probe]:
        return [probe_of(patch, planes) for patch, planes in zip(self.patches, self._planes, strict=True)]

    @cached_property
    def fills(self) -> list[Figures]:
        """All figures of each patch's fill by name."""
        return [
            figures
            | {"misplaced": misplaced}
            | {
                "ghost": stroke_ghost(patch.before, patch.after, patch.inside).beyond_chance,
                "unerased": unerased(patch),
                "untouched": untouched(patch),
                "repetition": repetition(patch),
                "colour": fill_shift(patch),
                "smeared": blurred_edge_area(patch),
            }
            | context(patch, planes, probe)
            | tones(planes, probe)
            | stillness(patch, planes, probe)
            | edge_cells(patch)
            | nearest_texture_residuals(patch, planes, probe)
            for patch, figures, misplaced, planes, probe in zip(
                self.patches, self.likeness, self.misplaced, self._planes, self._probes, strict=True
            )
        ]

    @cached_property
    def misplaced(self) -> list[float]:
        """Similarity of each patch to another part of the input; 0 if its lines continue in the fill.

        A copied piece that fits its new place is not a fault.
        """
        return [
            copied(patch, self.before_luma, cast(Mask, self.mask))
            if max(figures.get(name, 0.0) for name in ("unlinked", "broken", "ragged")) > MAX_FITTING
            else 0.0
            for patch, figures in zip(self.patches, self.likeness, strict=True)
        ]

    def unlikeness(self, name: str) -> float:
        """Greatest value of one figure of :attr:`fills` over all patches, at least 0."""
        return max(0.0, *(figures.get(name, 0.0) for figures in self.fills), 0.0)

    def most_unlike(self, names: tuple[str, ...]) -> Patch | None:
        """The patch with the greatest value of any of the named figures; None without patches."""
        if not self.patches:
            return None
        worst = [max((figures.get(name, -1.0) for name in names), default=-1.0) for figures in self.fills]
        return self.patches[worst.index(max(worst))]
