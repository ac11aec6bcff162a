"""What is known of a vendor: templates of what recurs on its photos, its rights, what was looked through."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
