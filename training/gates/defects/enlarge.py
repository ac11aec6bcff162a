"""What goes wrong when a picture is enlarged."""

import cv2
import numpy as np

from gates.edit import Edit
from gates.patch import luma
from line.picture import Rgb
from models.back_projection import BackProjection
from training.gates.defects import defect as d
from training.gates.defects.defect import Defect, Good, whole


def scale_of(good: Good) -> float:
    return float(good.edit.after.shape[1] / good.edit.before.shape[1])


def soft(rgb: Rgb, sigma: float, good: Good) -> Rgb:
    """Blurred by so many pixels of the input."""
    return d.blur(rgb, sigma * scale_of(good), good)


def off(rgb: Rgb, pixels: float, good: Good) -> Rgb:
    """Shifted by so many pixels of the input."""
    return d.moved(rgb, pixels * scale_of(good), good)


def enlarged_blocks(good: Good, quality: float) -> Edit:
    """An input squeezed by JPEG first: its blocks enlarged."""
    before = good.edit.before
    squeezed = d.blocks(before, quality, good)
    size = good.edit.after.shape[1::-1]
    return Edit("upscale", before, BackProjection().upscale(squeezed, (size[0], size[1]), seed=0))


def pixelated(rgb: Rgb, share: float, good: Good) -> Rgb:
    """Stairs of nearest-neighbour enlargement."""
    stairs = cv2.resize(good.edit.before, rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.addWeighted(rgb, 1 - share, stairs, share, 0), np.uint8)


def one_place(rgb: Rgb, amplitude: float, good: Good) -> Rgb:
    """Invented texture in one square of a fifth of the side."""
    side = min(rgb.shape[:2]) // 5
    y, x = (int(good.random.integers(0, size - side)) for size in rgb.shape[:2])
    damaged = rgb.copy()
    damaged[y : y + side, x : x + side] = d.invented(rgb[y : y + side, x : x + side], amplitude, good)
    return damaged


def soft_place(rgb: Rgb, sigma: float, good: Good) -> Rgb:
    """Blur in one third of the picture."""
    side = np.array(rgb.shape[:2]) // 2
    y, x = (int(good.random.integers(0, size - part)) for size, part in zip(rgb.shape[:2], side, strict=True))
    damaged = rgb.copy()
    area = np.s_[y : y + side[0], x : x + side[1]]
    damaged[area] = soft(np.ascontiguousarray(rgb[area]), sigma, good)
    return damaged


def wiped_place(rgb: Rgb, sigma: float, good: Good) -> Rgb:
    """The most detailed place blurred, a tenth of the side: such as a number on a chip, smoothed away."""
    fine = luma(good.edit.before) - cv2.GaussianBlur(luma(good.edit.before), (0, 0), 2)
    side = max(12, min(fine.shape) // 10)
    energy = cv2.boxFilter(fine * fine, -1, (side, side), anchor=(0, 0))[: 1 - side, : 1 - side]
    top, left = np.unravel_index(int(energy.argmax()), energy.shape)
    y, x, size = (round(float(pixels) * scale_of(good)) for pixels in (top, left, side))
    damaged = rgb.copy()
    area = np.s_[y : y + size, x : x + size]
    damaged[area] = soft(np.ascontiguousarray(rgb[area]), sigma, good)
    return damaged


DEFECTS = (
    Defect("blur after enlargement", "upscale", whole(soft), span=(0.2, 3)),
    Defect("blur in one place", "upscale", whole(soft_place), span=(0.2, 3)),
    Defect("detail wiped in one place", "upscale", whole(wiped_place), span=(0.2, 6)),
    Defect("oversharpening halo", "upscale", whole(d.oversharpened), span=(0.1, 5)),
    Defect("JPEG blocks enlarged", "upscale", enlarged_blocks, span=(70, 3)),
    Defect("part of a pixel off", "upscale", whole(off), units=(0.25, 0.5, 0.75)),
    Defect("whole pixels off", "upscale", whole(off), units=(1, 2, 5)),
    Defect("aspect stretched", "upscale", whole(d.stretched), units=(1, 3, 8)),
    Defect("stairs", "upscale", whole(pixelated), units=(0.4, 0.7, 1.0), visibility_share=0.125),
    Defect("enlarged noise amplified", "upscale", whole(d.noise), span=(1, 60)),
    Defect("enlarged grain gone", "upscale", whole(d.grain_gone), units=(5, 9, 15), visibility_share=0.125),
    Defect(
        "enlarged micro-tiling", "upscale", whole(d.micro_tiling), units=(1, 2, 5), visibility_share=0.125
    ),
    Defect("invented texture", "upscale", whole(d.invented), span=(1, 60)),
    Defect("invented in one place", "upscale", whole(one_place), span=(1, 60)),
    Defect("moiré", "upscale", whole(d.moire), span=(1, 60)),
    Defect("banding", "upscale", whole(d.banding), units=(8, 16, 32)),
    Defect("gradients in bands", "upscale", whole(d.bands), span=(1, 96)),
    Defect("enlarged contrast washed", "upscale", whole(d.washed), span=(0.02, 0.9)),
    Defect("enlarged hue turned", "upscale", whole(d.hue), units=(3, 5, 8)),
    Defect("enlarged of a cast", "upscale", whole(d.cast), span=(1, 60)),
    Defect("enlarged wrong image", "upscale", whole(d.wrong), span=(0.02, 1)),
)
