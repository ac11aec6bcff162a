"""Fixtures of the overlay's tests."""

import numpy as np
import pytest

from overlay import policy


@pytest.fixture
def plain_odds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region's probability is that of its strongest ink, whatever the shipped network was calibrated to."""
    ink, panel = policy.FEATURES.index("ink"), policy.FEATURES.index("panel")
    monkeypatch.setattr(
        policy, "probability", lambda figures: float(1 / (1 + np.exp(-max(figures[ink], figures[panel]))))
    )
