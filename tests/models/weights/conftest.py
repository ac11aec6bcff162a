"""A library of weights of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.line import environment


@pytest.fixture
def library(tmp_path: Path) -> Iterator[None]:
    with environment({"SLUICE_HOME": str(tmp_path / "home")}):
        yield
