"""Which photos are trained on, which calibrate the network, and which are only reported on."""

import hashlib
from enum import StrEnum
from pathlib import Path

REPORT_DIGITS = frozenset("ef")
"""First hexadecimal digits of the SHA-256 that put a file into the report part: one file in eight. Never changed."""
CALIBRATION_DIGITS = frozenset("d")
"""The same for the part on which thresholds are chosen: one file in sixteen."""


class Part(StrEnum):
    """What a photo is used for. Nothing is trained, tuned or looked at on ``REPORT``."""

    TRAINING = "training"
    CALIBRATION = "calibration"
    REPORT = "report"


def part_of(sha256: str) -> Part:
    """The part of the file with this SHA-256 (hexadecimal)."""
    if sha256[0] in REPORT_DIGITS:
        return Part.REPORT
    return Part.CALIBRATION if sha256[0] in CALIBRATION_DIGITS else Part.TRAINING


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
