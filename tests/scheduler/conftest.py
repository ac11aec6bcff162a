from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness.line import Line, line
from tests.harness.services import Servers


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Line]:
    """Migrated records and a bucket that the tests of a module share; no process runs."""
    with line(tmp_path_factory.mktemp("scheduler"), servers) as under_test:
        yield under_test


@pytest.fixture
def broker(records: Line, servers: Servers) -> Iterator[Any]:
    """The real Redis, empty."""
    client = servers.broker()
    client.flushdb()
    yield client
    client.close()
