"""Files to take away once no image stands for them; tags of originals; troubles of workers; a planner's index."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
