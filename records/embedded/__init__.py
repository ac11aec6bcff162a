"""Private Postgres and Redis for one machine, from wheels alone: nothing to install, nothing left running."""

from records.embedded.home import HomeLock, make_home
from records.embedded.postgres import EmbeddedPostgres
from records.embedded.redis import EmbeddedRedis

__all__ = ["EmbeddedPostgres", "EmbeddedRedis", "HomeLock", "make_home"]
