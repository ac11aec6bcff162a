"""Options of a rollout's candidate, for the slots that hold it once it is promoted."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
