"""Plain words and units for what the gates measure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


def _number(value: float) -> str:
    """Three significant digits, without an exponent where that can be avoided."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"


def _counted(unit: str) -> Callable[[float], str]:
    return lambda value: f"{_number(value)} {unit}"


def _percent(value: float) -> str:
    return f"{_number(100 * value)} %"


def _change(value: float) -> str:
    """A base-2 logarithm as a change in per cent."""
    return f"{_number(100 * (2**value - 1)):s} %" if value < 0 else f"+{_number(100 * (2**value - 1))} %"


def _times(value: float) -> str:
    """Doublings or halvings as a factor."""
    return f"{_number(2**value)} times"


PLAIN, PERCENT, CHANGE, TIMES = _number, _percent, _change, _times
LEVELS, DECIBELS = _counted("of 255 grey levels"), _counted("dB")
PIXELS, COLOUR, VISIBLE = (
    _counted("pixels"),
    _counted("ΔE (1 is just visible)"),
    _counted("times what is visible"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a reading measures.

    Attributes:
        text: as a noun, to stand before the value.
        shown: the value with its unit.
    """

    text: str
    shown: Callable[[float], str] = PLAIN


WORDS: Mapping[str, Words] = {
    "aspect_change": Words("Change of the proportions", PERCENT),
    "banding": Words("Height of the steps in a smooth gradient", LEVELS),
    "border_touched": Words("Part of the border that the product covers", PERCENT),
    "broken": Words("Lines that break at the edge of the filled area, against the usual", TIMES),
    "calm_sharpness": Words("Detail added to smooth surfaces", TIMES),
    "chroma_change": Words("Change of the colours' strength", CHANGE),
    "coarse_gained": Words("Coarse texture in the filled area, more than around it", TIMES),
    "coarse_lost": Words("Coarse texture in the filled area, less than around it", TIMES),
    "colour_shift": Words("Mean change of colour", COLOUR),
    "colour_worst": Words("Change of colour at the worst place", COLOUR),
    "consistency": Words("Agreement with the original after shrinking it again", DECIBELS),
    "contrast_change": Words("Change of contrast", CHANGE),
    "coverage": Words("Part of the photo that would be erased", PERCENT),
    "deliver_band_gained": Words("Detail added by encoding", TIMES),
    "deliver_band_lost": Words("Detail lost by encoding", TIMES),
    "deliver_sharpness": Words("Change of sharpness by encoding", CHANGE),
    "detail_gained": Words("Detail in the filled area, more than around it", TIMES),
    "detail_lost": Words("Detail in the filled area, less than around it", TIMES),
    "enlarged": Words("Enlargement", _counted("times")),
    "equivariance_error": Words("Invented detail, against the finest detail of the original"),
    "evidence": Words("Weight of all small faults together (0 is undecided)"),
    "faded": Words("Faint detail lost", TIMES),
    "file_gmsd": Words("Change of edges by encoding (0 is none)"),
    "file_levels_lost": Words("Grey levels lost by encoding", PERCENT),
    "file_local_error": Words("Fault at the worst place of the file", VISIBLE),
    "file_psnr": Words("Agreement of the file with the picture", DECIBELS),
    "file_shift": Words("Shift of the file's picture", PIXELS),
    "file_ssim": Words("Likeness of the file to the picture", PERCENT),
    "fill_colour": Words("Difference of colour between the filled area and its surroundings", COLOUR),
    "fill_hue": Words("Tint of the filled area", LEVELS),
    "flat_tail": Words("Part of the height that could not be read", PERCENT),
    "ghost": Words("Contrast of the erased letters that is left", LEVELS),
    "grain_gained": Words("Grain in the filled area, more than around it", TIMES),
    "grain_lost": Words("Grain in the filled area, less than around it", TIMES),
    "ground_greyed": Words("Part of the white border that is no longer white", PERCENT),
    "hue_turn": Words("Turn of the hues", _counted("degrees")),
    "invented": Words("Fault that sharpening does not explain", VISIBLE),
    "lines_gained": Words("Lines inside the edge of the filled area, stronger than outside", TIMES),
    "lines_lost": Words("Lines inside the edge of the filled area, weaker than outside", TIMES),
    "local_error": Words("Fault at the worst place", VISIBLE),
    "marks_differ": Words("Files with wrong statements of origin or rights", _counted("files")),
    "outlined": Words("Outline around the filled area", LEVELS),
    "outside_changed": Words("Changed pixels outside the erased area", PIXELS),
    "overshoot": Words("Bright or dark rims along edges", LEVELS),
    "ragged": Words("Roughness across the edge of the filled area, against the usual", TIMES),
    "repetition": Words("Repetition in the filled area (1 is a copy)"),
    "rim": Words("Step to the outermost pixels of the filled area", LEVELS),
    "seam": Words("Step along the edge of the filled area", LEVELS),
    "shift": Words("Shift", PIXELS),
    "sides_cut": Words("Sides at which the product is cut off", _counted("sides")),
    "smeared": Words("Blurred edges in the filled area", _counted("windows of 13 × 13 pixels")),
    "softest": Words("Change of sharpness at the softest place", CHANGE),
    "spread": Words("Range from dark to light", LEVELS),
    "stairs": Words("Steps at the original's pixels", TIMES),
    "structure_changed": Words("Change of structures (0 is none)"),
    "style_contrast": Words("Contrast outside the campaign's style (1 is clearly visible)"),
    "style_palette": Words("Colours outside the campaign's style (1 is clearly visible)"),
    "style_texture": Words("Texture outside the campaign's style (1 is clearly visible)"),
    "style_tone": Words("Brightness outside the campaign's style (1 is clearly visible)"),
    "subject_cut": Words("Part of the border that now cuts the product", PERCENT),
    "subject_fill": Words("Part of the frame that the product spans", PERCENT),
    "subject_lost": Words("Part of the product that is gone", PERCENT),
    "subject_moved": Words("Shift of the product, of the longer side", PERCENT),
    "subject_share": Words("Part of the area that is product", PERCENT),
    "swallowed": Words("Detail between the letters that was erased with them", TIMES),
    "swap_gain": Words("Swapped colour channels", LEVELS),
    "text_left": Words("Part of the erased area in which text is still recognised", PERCENT),
    "tiling": Words("Added pattern that repeats", LEVELS),
    "unerased": Words("Edges of letters that are unchanged", PERCENT),
    "unlinked": Words("Both sides of the edge of the filled area without relation (1 is none)"),
    "untouched": Words("Detail under the mask that is unchanged", PERCENT),
    "upscale_band_lost": Words("Detail lost by enlarging", TIMES),
    "upscale_levels_lost": Words("Grey levels lost by enlarging", PERCENT),
    "upscale_sharpness": Words("Change of sharpness by enlarging", CHANGE),
    "white_ground": Words("Part of the background that is white", PERCENT),
}
"""By reading; every reading that a gate of this package limits."""


def words_of(reading: str) -> Words:
    """The words of a reading; its code with spaces if it is not listed, as for a plugin's gate."""
    return WORDS.get(reading) or Words(reading.replace("_", " ").capitalize())
