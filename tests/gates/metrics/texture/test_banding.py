"""Steps in a gradient are found at their height; grain, shades and edges are no steps."""

import cv2
import numpy as np
import pytest

from gates.contract import judge
from gates.edit import Edit
from gates.metrics.texture.banding import banding, step_heights
from training.gates.photos import drawn

RAMP = np.linspace(60, 180, 400, dtype=np.float32)[None] + np.linspace(0, 40, 300, dtype=np.float32)[:, None]
GRAIN = np.random.default_rng(2).normal(0, 1.5, RAMP.shape).astype(np.float32)


@pytest.mark.parametrize("step", [4.0, 8.0, 12.0])
def test_steps_are_measured_at_their_height(step: float) -> None:
    result = banding(step_heights(RAMP + GRAIN, np.rint(RAMP / step) * step))
    assert result == pytest.approx(step, rel=0.35)


@pytest.mark.parametrize(
    "changed",
    [RAMP, RAMP + GRAIN[::-1], RAMP * 0.9 + 20, RAMP + 12],
    ids=["grain gone", "other grain", "less contrast", "a shade lighter"],
)
def test_other_changes_are_no_steps(changed: np.ndarray) -> None:
    assert banding(step_heights(RAMP + GRAIN, changed)) < 1


def test_a_picture_without_gradients_has_no_bands() -> None:
    flat = np.full((200, 200), 90, np.float32)
    assert banding(step_heights(flat, np.rint(flat / 32) * 32)) == 0


@pytest.mark.parametrize("transform", ["upscale", "deliver"])
def test_bands_are_flagged_where_they_are(transform: str) -> None:
    before = cv2.merge([np.rint(RAMP + GRAIN).astype(np.uint8)] * 3)
    before[:, :150] = cv2.resize(drawn(3), (150, 300))
    after = before.copy()
    after[:, 150:] = np.rint(after[:, 150:] / 10) * 10
    after[:, 150:] = cv2.GaussianBlur(after[:, 150:], (0, 0), 0.6)
    (reason,) = [
        reason for reason in judge(Edit(transform, before, after)).reasons if reason.gate == "banding"
    ]
    assert reason.where is not None
    assert reason.where[0] >= 140
