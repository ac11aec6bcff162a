"""Which photos a rollout chooses: by a hash, so that every process and every retry chooses the same ones. Pure."""

import hashlib
from typing import Final

from records.rollouts.rollout import Rollout

BLIND_SHARE: Final = 1 / 20
"""Share of the pairs that are stored for people, who answer without knowing which picture is whose."""


def is_chosen(rollout: Rollout, image_id: int) -> bool:
    """Whether a photo goes through both models; a share that grows only adds photos."""
    return _number("choice", rollout.id, image_id) < rollout.share


def is_stored(rollout_id: int, image_id: int) -> bool:
    """Whether the pictures of a pair are stored for people."""
    return _number("blind", rollout_id, image_id) < BLIND_SHARE


def is_candidate_left(rollout_id: int, image_id: int) -> bool:
    """Whether the candidate's picture stands on the left where people compare the two."""
    return _number("side", rollout_id, image_id) < 0.5


def _number(purpose: str, rollout_id: int, image_id: int) -> float:
    """A number 0..1 that depends on nothing else."""
    digest = hashlib.sha256(f"{purpose}:{rollout_id}:{image_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
