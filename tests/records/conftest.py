from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.line import Line, line
from tests.harness.services import Servers


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Line]:
    """Migrated records that the tests of a module share, each with batches of its own; no process runs."""
    home: Path = tmp_path_factory.mktemp("records")
    with line(home, servers) as under_test:
        yield under_test
