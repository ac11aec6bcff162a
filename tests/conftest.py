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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses the servers is marked so, even where its author forgot."""
    for item in items:
        if "servers" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.services)


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


hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    # What a random run finds is a defect to be mended when it is found, not a reason to refuse another's change.
    hypothesis.settings.load_profile("ci")
