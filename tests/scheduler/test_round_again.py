"""An image that a gate stopped goes round again: through the removal, never around it."""

from pathlib import Path

import pytest

from records.queries.listings import image_lines
from tests.harness import db_builders
from tests.harness.command import call
from tests.harness.context import transact
from tests.harness.line import line
from tests.harness.pictures.stamped import stamped
from tests.harness.services import Servers

pytestmark = pytest.mark.services

NOTHING_MAY_BE_FILLED = """
name = "strict"
[[steps]]
transform = "admit"
[[steps]]
transform = "find_text"
sure = 0.0
unsure = 0.0
[[steps]]
transform = "erase_text"
max_coverage = 0.00001
[[steps]]
transform = "deliver"
format = "png"
[breaker]
threshold = 1.0
"""


def test_what_could_not_be_erased_is_asked_about_again_and_not_delivered_with_its_text(
    tmp_path: Path, servers: Servers
) -> None:
    recipe = tmp_path / "strict.toml"
    recipe.write_text(NOTHING_MAY_BE_FILLED)
    with line(tmp_path, servers) as sluice:
        sluice.start(workers=1)
        batch = sluice.submit(stamped(tmp_path / "photos", 3), recipe)
        sluice.wait(batch)
        assert db_builders.states(batch) == {"flagged": 3}
        assert call("requeue", "--flagged", batch).code == 0
        sluice.wait(batch)
        assert db_builders.states(batch) == {"flagged": 3}
        lines = transact(lambda connection: list(image_lines(connection, batch)))
        assert {one["reason"] for one in lines} == {"mask_too_large"}
