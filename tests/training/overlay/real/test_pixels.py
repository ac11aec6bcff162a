"""Pixels of real overlays from labelled regions."""

import cv2
import numpy as np
import pytest

from training.overlay.photos import DATA
from training.overlay.real.pixels import ink_pixels, labelled, labels_by_photo
from training.overlay.real.samples import real_overlays
from training.split import Part


def lettered(colour: int = 245) -> tuple[np.ndarray, np.ndarray]:
    """A grey photo with a word over it, and the word's pixels."""
    photo = np.full((200, 300, 3), 120, np.uint8)
    ink = np.zeros((200, 300), np.uint8)
    cv2.putText(ink, "SALE", (60, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 1, 3)
    photo[ink > 0] = colour
    return photo, ink > 0


@pytest.mark.parametrize(("way", "colour"), [("ground", 245), ("light", 245), ("dark", 10), ("#f5f5f5", 245)])
def test_the_ink_of_a_region_is_what_stands_out_as_its_label_says(way: str, colour: int) -> None:
    photo, ink = lettered(colour)
    assert (ink_pixels(photo[20:80, 40:200], way) > 0)[ink[20:80, 40:200]].mean() > 0.98
    assert (ink_pixels(photo[20:80, 40:200], way) > 0)[~ink[20:80, 40:200]].mean() < 0.02


def test_labels_cover_ink_and_panels_and_leave_the_unknown_out() -> None:
    photo, ink = lettered()
    labels = {
        "complete": True,
        "ink": [["light", 130, 100, 670, 400]],
        "panel": [["ellipse", 0, 700, 200, 1000]],
        "unknown": [[800, 800, 1000, 1000]],
    }
    sample = labelled(photo, labels)
    assert sample.ink[ink].mean() > 0.98
    assert sample.panel[170, 30] == 1
    assert sample.panel[141, 1] == 0
    assert sample.ignored[180, 270] == 1
    assert sample.ignored[100, 150] == 0
    labels["complete"] = False
    sample = labelled(photo, labels)
    assert sample.ignored[100, 150] == 1
    assert sample.ignored[30, 45] == 0


@pytest.mark.skipif(not (DATA / "overlay_tune").is_dir(), reason="shared/data is not here")
def test_only_photos_of_the_training_part_are_labelled() -> None:
    training = {entry.name for entry in real_overlays() if entry.part is Part.TRAINING}
    assert set(labels_by_photo()) <= training
