"""Photos with texts of given odds, run through the pipeline."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from line.facts import Facts
from line.picture import Outcome, Picture
from line.vendor import UNKNOWN_VENDOR, VendorContext, VendorTemplate
from tasks.find_text import find_text
from tests.harness.pictures.painted import Paint, Painted

RIGHTS = "Letter of 2026-03-02"
CORNER, TOP = (220, 230), (20, 20)
"""Left and top of what is written."""


def written(
    text: str = "SALE -50%", at: tuple[int, int] = TOP, ink: tuple[int, int, int] = (230, 0, 18)
) -> tuple[Picture, np.ndarray]:
    """Crisp letters on a soft grey ground, and their pixels."""
    ground = np.tile(np.linspace(150, 190, 400)[None, :, None], (300, 1, 3)).astype(np.uint8)
    image, page = Image.fromarray(ground), Image.new("L", (400, 300))
    for layer, fill in ((image, ink), (page, 255)):
        ImageDraw.Draw(layer).text((at[0] + 8, at[1] + 5), text, font=ImageFont.load_default(24), fill=fill)
    return Picture("a.jpg", np.asarray(image), facts=Facts(dpi=(72, 72))), np.asarray(page) > 100


def run(
    picture: Picture, *paints: Paint, vendor: VendorContext = UNKNOWN_VENDOR, **params: object
) -> Outcome:
    (outcome,) = find_text.function([picture], Painted(*paints), vendor, **params)
    return outcome


def vendor(*templates: VendorTemplate, rights: str | None = None) -> VendorContext:
    return VendorContext(rights, templates)
