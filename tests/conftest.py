import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.harness import services
from tests.harness.line import PLUGINS, Line, line

sys.path.insert(0, str(PLUGINS))

DATA = Path(__file__).parents[2] / "shared" / "data"


SLOW = (
    "bench", "docker", "faults", "hosts", "house/test_shown_commands.py", "imaging/sandbox",
    "imaging/test_decode_refusals.py", "imaging/test_independent.py", "gates/metrics/test_piq.py",
    "gates/test_plain_defects.py", "models/test_conformance.py", "models/test_diffusers.py", "review/experiments",
    "review/cli/quality/test_reproduce_networks.py", "review/cli/test_interrupted.py", "samples", "stack",
    "overlay/templates", "tasks/test_find_text.py", "tasks/test_networks.py", "training/overlay",
    "worker/test_gpu.py",
)  # fmt: skip
"""Files and folders whose tests start processes, load networks or judge whole sets of pictures."""


LONGEST = ("hosts", "faults", "services", "slow")
"""Marks and folders of tests that run first, in this order."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-fast` leaves out: tests that use the servers, and the slow ones.

    The files that take longest go first: a process that began one of them last would run on while the others are done.
    """
    here = Path(__file__).parent
    for item in items:
        if "servers" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.services)
        if item.path.relative_to(here).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)
    ranks: dict[Path, int] = {}
    for item in items:
        words = {*item.path.relative_to(here).parts, *(mark.name for mark in item.iter_markers())}
        rank = next((number for number, word in enumerate(LONGEST) if word in words), len(LONGEST))
        ranks[item.path] = min(rank, ranks.get(item.path, rank))
    items.sort(key=lambda item: ranks[item.path])


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[services.Servers]:
    """Real Postgres and Redis, one of each for the whole session."""
    with services.servers(tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest.fixture
def sluice(tmp_path: Path, servers: services.Servers) -> Iterator[Line]:
    """A line with its own database and bucket; the test starts the processes it wants."""
    with line(tmp_path, servers) as under_test:
        yield under_test


@pytest.fixture(scope="session")
def real_photos() -> Path:
    """The folder of real product photos, where it exists."""
    if not DATA.is_dir():
        pytest.skip("the real photos are not on this machine")
    return DATA / "product"


# on a busy machine everything is slow, and that is no defect
STEADY = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("steady", STEADY)
hypothesis.settings.register_profile("ci", STEADY, derandomize=True)
hypothesis.settings.load_profile("steady")
if os.environ.get("CI"):
    # What a random run finds is a defect to be mended when it is found, not a reason to refuse another's change.
    hypothesis.settings.load_profile("ci")
