"""Renditions that are taken away with their file."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
