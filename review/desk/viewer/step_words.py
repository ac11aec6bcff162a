"""Plain words for steps, and for how they ended."""

NAMES = {
    "admit": "Opening the file",
    "deliver": "Making the file to deliver",
    "denoise": "Removing noise",
    "erase_text": "Erasing text",
    "find_text": "Looking for text",
    "generate": "Making a picture",
    "restore": "Repairing the photo",
    "upscale": "Enlarging",
}
"""By transform."""

RESULTS = {
    "admit": "As it came",
    "deliver": "To be delivered",
    "denoise": "Noise removed",
    "erase_text": "Text erased",
    "find_text": "Searched for text",
    "generate": "Generated",
    "restore": "Repaired",
    "upscale": "Enlarged",
}
"""Titles of the pictures that transforms make."""

VERDICTS = {
    "pass": "passed",
    "flag": "stopped for a person",
    "refuse": "refused",
    "fail": "failed",
}
"""By ``steps.verdict``."""

STATES = {
    "waiting": "It waits for the line.",
    "working": "The line works on it.",
    "held": "It is held, because its batch is halted.",
    "flagged": "It waits for a person.",
    "delivered": "It is delivered.",
    "rejected": "It is refused: the file cannot be used.",
    "failed": "A step failed on it.",
    "discarded": "A person discarded it.",
}
"""By state of an image."""


def step_name(transform: str) -> str:
    """What a step does; a plugin's name with spaces."""
    return NAMES.get(transform) or transform.replace("_", " ").capitalize()


def after_step(transform: str) -> str:
    """Title of the picture after a step."""
    return RESULTS.get(transform) or f"After {transform.replace('_', ' ')}"
