"""Signs without letters that shops and agencies lay over photos: rings, stars, drops, monograms of bars."""

import numpy as np
from PIL import Image, ImageDraw

from bench.captions.draw import Drawn, laid_over, saved
from bench.captions.layer import Random, colour, spot


def emblem(rgb: np.ndarray, rng: Random) -> Drawn:
    """``rgb`` [H, W, 3] uint8 with one sign, opaque or seen through, once or all over."""
    size = (rgb.shape[1], rgb.shape[0])
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    ink = (*colour(rng), int(rng.choice([255, int(rng.integers(60, 160))])))
    side = int(max(size) * rng.uniform(0.06, 0.4))
    sign = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    figure(ImageDraw.Draw(sign), side, ink, rng)
    if rng.random() < 0.5:
        sign = sign.rotate(float(rng.uniform(-45, 45)), resample=Image.Resampling.BICUBIC, expand=True)
    if rng.random() < 0.25:
        step = sign.width * rng.uniform(1.1, 2)
        for top in np.arange(0, size[1], step):
            for left in np.arange(0, size[0], step):
                layer.alpha_composite(sign, (int(left), int(top)))
    else:
        layer.alpha_composite(sign, spot(layer, sign.size, rng, near_edge=0.5))
    mixed, mask, _ = laid_over(rgb, layer)
    return saved(Drawn("emblem", "", rgb, mixed, mask), rng)


def figure(pen: ImageDraw.ImageDraw, side: int, ink: tuple[int, ...], rng: Random) -> None:
    """One to three simple figures within a square."""
    line = max(2, round(side * rng.uniform(0.03, 0.12)))
    for _ in range(int(rng.integers(1, 4))):
        inset = float(rng.uniform(0, 0.3)) * side
        box = (inset, inset, side - 1 - inset, side - 1 - inset)
        sort = int(rng.integers(6))
        if sort == 0:
            pen.ellipse(box, outline=ink, width=line)
        elif sort == 1:
            pen.ellipse(box, fill=ink)
        elif sort == 2:
            pen.rounded_rectangle(box, side * 0.1, outline=ink, width=line)
        elif sort == 3:
            corners = int(rng.integers(3, 7))
            pen.regular_polygon((side / 2, side / 2, max(4, side / 2 - inset)), corners, fill=ink)
        elif sort == 4:
            points = rng.uniform(0, side, (int(rng.integers(3, 6)), 2))
            pen.line([(float(x), float(y)) for x, y in points], fill=ink, width=line, joint="curve")
        else:
            start, end = sorted(rng.uniform(0, 360, 2).tolist())
            pen.arc(box, start, end, fill=ink, width=line)
