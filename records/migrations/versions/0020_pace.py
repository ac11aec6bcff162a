"""The pace of each batch by the minute, and the memory of workers."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
