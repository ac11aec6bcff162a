from collections.abc import Iterator

import pytest

from tests.harness.scenes import rollouts


@pytest.fixture
def no_rollout_left() -> Iterator[None]:
    """After the test every rollout is over, and no shard is open."""
    yield
    rollouts.end_all()
