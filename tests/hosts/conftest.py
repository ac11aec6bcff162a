import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.services import Servers
from tests.hosts.cluster import LEASE, Cluster, cluster
from tests.hosts.network import missing


@pytest.fixture
def hosts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    """Servers and a head; the test starts the workers' hosts. Skipped on a laptop without the means, not in CI."""
    if lacks := missing():
        reason = (
            f"hosts of network namespaces need root, iproute2 and /dev/net/tun; missing: {', '.join(lacks)}"
        )
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    servers: Servers = request.getfixturevalue("servers")
    with cluster(tmp_path, servers, SLUICE_LEASE_SECONDS=str(LEASE)) as under_test:
        under_test.start_head()
        yield under_test
