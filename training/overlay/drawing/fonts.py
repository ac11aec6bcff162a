"""Fonts of this machine by writing system, as fontconfig lists them."""

import subprocess
from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import ImageFont

from training.overlay.drawing import strings

MIN_FONTS = 3
"""Fonts from which a writing system is drawn."""
SYMBOLS = ("Symbol", "Emoji", "Awesome", "OpenType Math", "DSEG", "Dingbat", "Standard Symbols", "D050000L")
"""Parts of file names of fonts that hold no letters, or not all."""
EMOJI_FONT = "NotoColorEmoji"
EMOJI_SIZE = 109
"""The only size of the bitmaps in Noto Color Emoji (pixels)."""


@dataclass(frozen=True)
class Script:
    """A writing system: its name, the files of its fonts, and how often it is drawn."""

    name: str
    fonts: tuple[str, ...]
    weight: float


@cache
def scripts() -> tuple[Script, ...]:
    """The writing systems for which this machine has ``MIN_FONTS`` fonts.

    Raises:
        SystemExit: there are no Latin fonts.
    """
    every = tuple(
        Script(name, files, weight)
        for name, (language, weight) in strings.LANGUAGES.items()
        if len(files := _files(language)) >= MIN_FONTS
    )
    if not any(script.name == "latin" for script in every):
        raise SystemExit(
            "no Latin fonts here: install Debian's fonts-* packages (training/overlay/README.md)"
        )
    return every


@cache
def _files(language: str) -> tuple[str, ...]:
    listed = subprocess.run(
        ["fc-list", f":lang={language}", "file"], capture_output=True, text=True, check=True
    ).stdout
    files = sorted({line.rstrip(": \n") for line in listed.splitlines()})
    return tuple(
        file
        for file in files
        if file.endswith((".ttf", ".otf", ".ttc")) and not any(part in file for part in SYMBOLS)
    )


@cache
def latin() -> tuple[str, ...]:
    """The fonts that hold Latin letters."""
    return next(script.fonts for script in scripts() if script.name == "latin")


@cache
def clock_fonts() -> tuple[str, ...]:
    """Fonts of cameras and clocks: segments, monospaced, OCR."""
    listed = subprocess.run(["fc-list", ":", "file"], capture_output=True, text=True, check=True).stdout
    marks = ("DSEG", "Mono", "OCR", "Courier", "Inconsolata", "VL-Gothic")
    return tuple(
        sorted({line.rstrip(": \n") for line in listed.splitlines() if any(mark in line for mark in marks)})
    )


@cache
def emoji_font() -> ImageFont.FreeTypeFont | None:
    """The font of coloured emoji, where it is installed."""
    listed = subprocess.run(["fc-list", ":", "file"], capture_output=True, text=True, check=True).stdout
    files = [line.rstrip(": \n") for line in listed.splitlines() if EMOJI_FONT in line]
    return ImageFont.truetype(files[0], EMOJI_SIZE) if files else None


@lru_cache(maxsize=400)
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    """The font of a file at ``size`` pixels."""
    return ImageFont.truetype(path, size)
