"""The first schema: recipes, batches, images, shards, steps, events, workers."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    # The driver itself, since SQLAlchemy would take the % of plpgsql for placeholders.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
