"""Plain words for the codes that a flagged image carries."""

from collections.abc import Sequence

from records.queries.review_queue import FlaggedImage

REASONS = {
    "above_max_bytes": "The file is larger than the shop allows",
    "above_max_long_side": "The photo is larger than the shop allows",
    "background_not_white": "The background is not white",
    "banner_unclear": "Text on a banner without a clear outline",
    "below_min_long_side": "The photo is smaller than the shop requires",
    "below_min_short_side": "The photo is smaller than the shop requires",
    "data_damaged": "Part of the photo's data is damaged",
    "data_missing": "The end of the photo is missing",
    "faint_text": "A watermark: may it be removed?",
    "graphic_or_print": "Is this sign or picture an overlay, or part of the product?",
    "ground_not_white": "Too little of the background is white",
    "mask_too_large": "More would be erased than the recipe allows",
    "ordered_result": "The result of what you ordered: take it, or go back",
    "out_of_memory": "A step ran out of memory",
    "overlay_or_print": "Is this text an overlay, or print on the product?",
    "rolled_back": "A step was undone",
    "scans_missing": "The photo is incomplete and therefore blurred",
    "subject_too_small": "The product is too small in the picture",
    "text_needs_person": "Text was found: may it be erased?",
    "thumbnail_too_small": "The photo is too small to be enlarged well",
    "wrong_aspect": "The photo's proportions do not fit the shop",
}
"""By reason code, for reasons that a step gives."""

GATES = {
    "banding": "A smooth gradient shows steps",
    "colour_shift": "Colours have changed",
    "composition": "The product moved, was cut off, or its white background changed",
    "enlargement": "The enlarged photo differs from the original",
    "equivariance": "The network invented detail that the small photo does not show",
    "fidelity": "Compression removed visible detail",
    "file_truth": "The file is incomplete, empty or has wrong colours",
    "fill_evidence": "Several small faults add up in the filled area",
    "fill_texture": "The filled area is blurred, grainy or contains invented detail",
    "frame": "The background, or the product's size or position, does not fit the shop",
    "mask_coverage": "A large part of the photo would be erased",
    "mask_sanity": "The area to erase contains more than text",
    "outside_mask": "The photo changed outside the erased area",
    "periodic_peaks": "A faint regular pattern covers the photo",
    "provenance": "The file's statement of its origin or rights is wrong",
    "repeated_texture": "The filled area repeats one small pattern",
    "same_picture": "The repaired photo no longer shows the same as the original",
    "seam": "An edge is visible around the filled area",
    "sharpness": "The photo lost sharpness",
    "spectral_energy": "Fine detail was lost or invented",
    "style_lock": "The photo does not match the style of its campaign",
    "text_residue": "Erased text is still readable",
}
"""By gate, for codes of the form ``GATE.READING``."""


def in_words(code: str) -> str:
    """What ``code`` means; the code itself with spaces if it is not listed, as for a plugin's gate."""
    gate, dot, _ = code.partition(".")
    return (GATES if dot else REASONS).get(gate) or gate.replace("_", " ").capitalize()


def problems(image: FlaggedImage) -> Sequence[str]:
    """Everything ``image`` was flagged for, in plain words, without repetition."""
    codes = [reason["code"] for reason in image.reasons if reason.get("code")] or [image.reason]
    return list(dict.fromkeys(in_words(code) for code in codes))
