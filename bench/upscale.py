"""Enlargers against the truth: reference photos made smaller by 2 and 4, then enlarged again.

    python -m bench.upscale

PSNR and SSIM are of BT.601 luma, SSIM with the Gaussian window of Wang et al. (2004, sigma 1.5).
Consistency is the mean difference, in levels, between the small photo and the enlargement shrunk
back to it. Ringing is the share of pixels beyond the range of the truth within 5 × 5 pixels by
more than 8 levels. Two ways of shrinking, for a model may suit one of them.
"""

import time
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from PIL import Image

from bench import entry
from models.contract import Task, Upscaler, build
from training.gates.photos import DATA

Plane = np.ndarray
FACTORS = (2, 4)
SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "originals"
"""Photos used where there are no reference photos."""


def luma(rgb: np.ndarray) -> Plane:
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)


def psnr(a: Plane, b: Plane) -> float:
    return float(10 * np.log10(255**2 / max(float(np.mean((a - b) ** 2)), 1e-3)))


def ssim(a: Plane, b: Plane) -> float:
    def mean(plane: Plane) -> Plane:
        return cv2.GaussianBlur(plane, (11, 11), 1.5)

    mean_a, mean_b = mean(a), mean(b)
    var_a, var_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    both = mean(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float(np.mean(top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))))


def ringing(result: Plane, truth: Plane) -> float:
    kernel = np.ones((5, 5), np.uint8)
    return float(np.mean((result > cv2.dilate(truth, kernel) + 8) | (result < cv2.erode(truth, kernel) - 8)))


def shrink(rgb: np.ndarray, size: tuple[int, int], way: str) -> np.ndarray:
    if way == "area":
        return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC))


class Bicubic:
    """Pillow's bicubic, the line that a default has to beat."""

    @staticmethod
    def upscale(rgb: np.ndarray, size: tuple[int, int], *, seed: int) -> np.ndarray:
        return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC))


def enlargers() -> dict[str, Upscaler]:
    models = {"bicubic": cast(Upscaler, Bicubic())}
    registry = build()
    for name in registry.of_task(Task.UPSCALE):
        model = registry.get(name, Task.UPSCALE)
        if model.missing() is None:
            models[name] = cast(Upscaler, model())
            models[name].load()
    return models


def measure(files: list[Path]) -> list[dict[str, Any]]:
    models = enlargers()
    rows: list[dict[str, Any]] = []
    for way in ("area", "bicubic"):
        for factor in FACTORS:
            figures: dict[str, list[tuple[float, ...]]] = {name: [] for name in models}
            for path in files:
                rgb = np.asarray(Image.open(path).convert("RGB"))
                high, wide = (side // factor * factor for side in rgb.shape[:2])
                truth = np.ascontiguousarray(rgb[:high, :wide])
                small = shrink(truth, (wide // factor, high // factor), way)
                for name, model in models.items():
                    begun = time.perf_counter()
                    large = model.upscale(small, (wide, high), seed=0)
                    seconds = (time.perf_counter() - begun) / (high * wide / 1e6)
                    again = shrink(large, (wide // factor, high // factor), way)
                    off = float(np.abs(again.astype(int) - small).mean())
                    a, b = luma(large), luma(truth)
                    figures[name].append((psnr(a, b), ssim(a, b), off, ringing(a, b), seconds))
            for name, values in figures.items():
                middle = np.mean(values, axis=0)
                keys = ("psnr", "ssim", "consistency", "ringing", "seconds_per_megapixel")
                rows.append({"shrunk_by": way, "factor": factor, "model": name,
                             **{key: round(float(v), 5) for key, v in zip(keys, middle, strict=True)}})  # fmt: skip
    return rows


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with reference/*/*.png")
    parser.add_argument("--every", type=int, default=1, help="take each N-th photo")
    given = entry.parse(parser, quick={"every": 60})
    files = sorted((given.data / "reference").rglob("*.png"))[:: given.every] or sorted(SAMPLES.glob("*.jpg"))
    cv2.setNumThreads(1)
    rows = measure(files)
    print(f"{len(files)} photos, means; one thread")
    print("shrunk by  x  model             PSNR    SSIM   consistency  ringing  s/MP")
    for row in rows:
        print("{shrunk_by:9} {factor:2}  {model:16} {psnr:6.2f}  {ssim:.4f}  {consistency:8.3f}    "
              "{ringing:8.4%} {seconds_per_megapixel:6.3f}".format(**row))  # fmt: skip
    entry.write(given.json, {"photos": len(files), "rows": rows})


if __name__ == "__main__":
    main()
