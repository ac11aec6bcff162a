"""The commands that try models, as their tests call them."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from line.picture import Rgb
from tests.harness.command import Answer, call


def photo(seed: int, size: tuple[int, int] = (200, 150)) -> Rgb:
    random = np.random.default_rng(seed)
    soft = cv2.resize(random.integers(60, 200, (5, 6, 3), np.uint8), size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(soft + random.normal(0, 4, soft.shape), 0, 255), np.uint8)


def json_of(answer: Answer) -> Any:
    assert answer.code == 0, answer.out + answer.err
    return json.loads(answer.out)


def match(one: str, other: str, folder: Path, recipe: Path, *words: object) -> Answer:
    return call("match", one, other, "--set", folder, "--recipe", recipe, *words)
