"""Logins of people at the desk."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
