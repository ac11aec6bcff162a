"""Where an overlay is drawn: one layer for its ink, one for the panel below it."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.overlay.drawing import fonts, strings

Random = np.random.Generator
Colour = tuple[int, int, int]
VIVID: tuple[Colour, ...] = (
    (255, 255, 255), (0, 0, 0), (230, 0, 18), (255, 212, 0), (255, 120, 0), (0, 120, 220),
    (0, 150, 70), (120, 20, 140), (40, 40, 40), (245, 245, 245), (200, 160, 60), (255, 60, 130), (20, 40, 90),
)  # fmt: skip
MIN_LETTERS = 9
"""Smallest size of a font (pixels)."""


@dataclass
class Canvas:
    """An overlay while it is drawn.

    Attributes:
        width, height: of the photo (pixels).
        rng: where every choice comes from.
        words: strings to write, most of the time, in place of made-up ones: what stands as print on the same photo.
        script: the writing system.
        ink, panel: RGBA layers of the photo's size, straight alpha.
        path: the font's file.
    """

    width: int
    height: int
    rng: Random
    words: tuple[str, ...] = ()
    script: fonts.Script = field(init=False)
    path: str = field(init=False)
    ink: Image.Image = field(init=False)
    panel: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        every = fonts.scripts()
        weights = np.array([script.weight for script in every])
        self.script = every[self.rng.choice(len(every), p=weights / weights.sum())]
        self.path = self.script.fonts[self.rng.integers(len(self.script.fonts))]
        self.ink = Image.new("RGBA", (self.width, self.height), (0, 0, 0, 0))
        self.panel = Image.new("RGBA", (self.width, self.height), (0, 0, 0, 0))

    @property
    def long_side(self) -> int:
        """Of the photo (pixels)."""
        return max(self.width, self.height)

    def uniform(self, low: float, high: float) -> float:
        """A random number between both."""
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """True in ``share`` of the calls."""
        return bool(self.rng.random() < share)

    def path_for(self, text: str) -> str:
        """The file of a font that holds the letters of ``text``: digits and Latin ones are not in every font."""
        latin = fonts.latin()
        if self.path in latin or not text.isascii():
            return self.path
        return latin[self.rng.integers(len(latin))]

    def line(self) -> str:
        """Something to write."""
        if self.words and self.chance(0.5):
            return self.words[self.rng.integers(len(self.words))]
        return strings.line(self.rng, self.script.name, mixed=self.path in fonts.latin())

    def colour(self) -> Colour:
        """White and black most of the time, or a vivid colour, or any."""
        draw = self.rng.random()
        if draw < 0.35:
            return (255, 255, 255)
        if draw < 0.5:
            return (0, 0, 0)
        if draw < 0.8:
            return VIVID[self.rng.integers(len(VIVID))]
        red, green, blue = (int(level) for level in self.rng.integers(0, 256, 3))
        return (red, green, blue)

    def contrasting(self, ground: Colour) -> Colour:
        """A colour that can be read on ``ground``."""
        fitting = [one for one in VIVID if abs(sum(one) - sum(ground)) > 240]
        return fitting[self.rng.integers(len(fitting))] if fitting else (255, 255, 255)

    def font(self, text: str, share: float, *, width: float = 0.94, path: str = "") -> ImageFont.FreeTypeFont:
        """A font in which ``text`` is about ``share`` of the photo's long side high and fits ``width`` of it."""
        size = max(MIN_LETTERS, int(self.long_side * share))
        path = path or self.path_for(text)
        face = fonts.font(path, size)
        length = face.getlength(text)
        if length > width * self.width:
            size = max(MIN_LETTERS, int(size * width * self.width / length))
            face = fonts.font(path, size)
        return face

    def place(self, width: float, height: float, *, at_edge: float = 0.65) -> tuple[int, int]:
        """Left and top for a box of this size: along an edge, or anywhere."""
        free_x, free_y = max(0.0, self.width - width), max(0.0, self.height - height)
        margin = self.uniform(0.005, 0.06) * self.long_side
        x, y = self.uniform(0, free_x + 1e-6), self.uniform(0, free_y + 1e-6)
        if self.chance(at_edge):
            x = [min(margin, free_x), free_x / 2, max(0.0, free_x - margin)][self.rng.integers(3)]
            y = [min(margin, free_y), max(0.0, free_y - margin)][self.rng.integers(2)]
        return int(x), int(y)

    def pens(self) -> tuple[ImageDraw.ImageDraw, ImageDraw.ImageDraw]:
        """Pens for the ink and for the panel."""
        return ImageDraw.Draw(self.ink), ImageDraw.Draw(self.panel)

    def stamp(self, tile: Image.Image, at: tuple[int, int]) -> None:
        """Put a small RGBA picture onto the ink, cut at the photo's edges."""
        x, y = at
        left, top = max(0, -x), max(0, -y)
        right, bottom = min(tile.width, self.width - x), min(tile.height, self.height - y)
        if right > left and bottom > top:
            self.ink.alpha_composite(tile.crop((left, top, right, bottom)), (x + left, y + top))


def extent(text: str, face: ImageFont.FreeTypeFont, stroke: int = 0) -> tuple[float, float, float, float]:
    """Left and top of a text's box against its origin, its width and its height (pixels)."""
    left, top, right, bottom = face.getbbox(text, stroke_width=stroke)
    return left, top, right - left, bottom - top
