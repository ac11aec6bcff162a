"""Private Postgres and Redis for one machine, from wheels alone: nothing to install, nothing left running."""

from stack.servers.home import HomeLock, make_home
from stack.servers.postgres import EmbeddedPostgres
from stack.servers.redis import EmbeddedRedis

__all__ = ["EmbeddedPostgres", "EmbeddedRedis", "HomeLock", "make_home"]
