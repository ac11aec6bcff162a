"""Random choices of colours, fonts and CSS for overlays that a browser draws."""

import html
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

import numpy as np

from training.overlay.drawing import fonts, strings

Choice = TypeVar("Choice")
BOLD = (300, 400, 400, 500, 600, 700, 800, 900)
"""Font weights of CSS."""


@dataclass
class Style:
    """Where every choice of one overlay comes from.

    Attributes:
        rng: the random numbers.
        script: the writing system.
        family: the font's name.
    """

    rng: np.random.Generator
    script: str = field(init=False)
    family: str = field(init=False)

    def __post_init__(self) -> None:
        every = [script for script in fonts.scripts() if families(strings.LANGUAGES[script.name][0])]
        weights = np.array([script.weight for script in every])
        self.script = every[self.rng.choice(len(every), p=weights / weights.sum())].name
        self.family = self.any_of(families(strings.LANGUAGES[self.script][0]))

    def any_of(self, choices: Sequence[Choice]) -> Choice:
        """One of the choices."""
        return choices[int(self.rng.integers(len(choices)))]

    def uniform(self, low: float, high: float) -> float:
        """A random number between both."""
        return float(self.rng.uniform(low, high))

    def whole(self, low: int, high: int) -> int:
        """A random whole number from ``low`` to ``high``, both among them."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        """True in ``share`` of the calls."""
        return bool(self.rng.random() < share)

    def hue(self, *, low: int = 15, high: int = 92) -> str:
        """A CSS colour: white, black, or any hue with a lightness of ``low`` to ``high`` percent."""
        if self.chance(0.3):
            return self.any_of(("#fff", "#fff", "#000", "#f5f5f0", "#222"))
        return f"hsl({self.whole(0, 359)} {self.whole(20, 100)}% {self.whole(low, high)}%)"

    def pair(self) -> tuple[str, str]:
        """The colours of a ground and of letters that can be read on it."""
        turn, dark = self.whole(0, 359), self.chance(0.5)
        ground = f"hsl({turn} {self.whole(30, 100)}% {self.whole(12, 45) if dark else self.whole(60, 96)}%)"
        other = (turn + self.any_of((0, 30, 150, 180, 210))) % 360
        ink = f"hsl({other} {self.whole(0, 90)}% {self.whole(85, 100) if dark else self.whole(3, 25)}%)"
        return ground, ink

    def gradient(self) -> str:
        """A CSS gradient of two or three colours."""
        colours = ",".join(self.hue() for _ in range(self.whole(2, 3)))
        if self.chance(0.7):
            return f"linear-gradient({self.whole(0, 359)}deg,{colours})"
        return f"radial-gradient({colours})"

    def opacity(self, share: float = 0.3) -> float:
        """1, or something see-through in ``share`` of the calls."""
        return round(self.uniform(0.15, 0.85), 2) if self.chance(share) else 1.0

    def text(self, limit: int = 28) -> str:
        """A line of the writing system, or a figure, escaped for HTML."""
        return html.escape(strings.line(self.rng, self.script)[:limit])

    def font(self, low: int, high: int, text: str = "", room: int = 540) -> str:
        """CSS of a font of ``low`` to ``high`` pixels in which ``text`` fits ``room`` pixels."""
        size = min(self.whole(low, high), int(1.55 * room / max(4, len(text))))
        wide = f"letter-spacing:{self.uniform(-0.03, 0.35):.2f}em;" if self.chance(0.25) else ""
        slope = "font-style:italic;" if self.chance(0.15) else ""
        weight = self.any_of(BOLD)
        return f"font:{weight} {max(9, size)}px '{self.family}',sans-serif;{wide}{slope}"

    def looks(self) -> str:
        """CSS of the colour of letters, with what decorates them."""
        draw = self.rng.random()
        colour = f"color:{self.hue()};"
        if draw < 0.3:
            return colour
        if draw < 0.42:
            return f"{colour}-webkit-text-stroke:{self.uniform(0.5, 3):.1f}px {self.hue()};paint-order:stroke fill;"
        if draw < 0.52:
            return f"color:transparent;-webkit-text-stroke:{self.uniform(0.6, 2):.1f}px {self.hue()};"
        if draw < 0.66:
            return f"{colour}text-shadow:{self._shadow()};"
        if draw < 0.74:
            return (
                f"{colour}text-shadow:0 0 {self.whole(2, 14)}px {self.hue()},0 0 {self.whole(4, 24)}px {self.hue()};"
                ""
            )
        if draw < 0.88:
            return (
                f"color:transparent;background:{self.gradient()};background-clip:text;-webkit-background-clip:text;"
                ""
            )
        layers = ",".join(f"{step}px {step}px 0 {self.hue()}" for step in range(1, self.whole(2, 5)))
        return f"{colour}text-shadow:{layers};"

    def _shadow(self) -> str:
        return (
            f"{self.whole(-4, 5)}px {self.whole(1, 6)}px {self.whole(0, 9)}px rgb(0 0 "
            f"0/{self.uniform(0.3, 0.9):.2f})"
        )

    def turn(self, share: float, most: float = 60) -> str:
        """CSS that turns or slants something in ``share`` of the calls."""
        if not self.chance(share):
            return ""
        if self.chance(0.15):
            return f"transform:rotate({self.any_of((90, 270))}deg);"
        if self.chance(0.2):
            return f"transform:perspective(500px) rotateY({self.whole(-45, 45)}deg) skewY({self.whole(-18, 18)}deg);"
        return f"transform:rotate({self.uniform(-most, most):.1f}deg);"


@cache
def families(language: str) -> tuple[str, ...]:
    """Names of this machine's fonts for a language of fontconfig, as CSS takes them."""
    listed = subprocess.run(
        ["fc-list", f":lang={language}", "family"], capture_output=True, text=True, check=True
    ).stdout
    every = {line.split(",")[0].strip().replace("\\", "").replace("'", "") for line in listed.splitlines()}
    return tuple(sorted(name for name in every if name and not any(part in name for part in fonts.SYMBOLS)))
