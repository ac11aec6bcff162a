"""Checks of everything that the line needs from a machine."""

import contextlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from imaging.metadata.content_credentials import credential_signer
from line.errors import SluiceError
from line.settings import Settings
from records.database import Database
from review.cli.preflight import check_writable
from stack.servers import postgres, redis
from tasks.context import Context


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    what: str
    good: bool
    detail: str
    mend: str = ""
    needed: bool = True

    @property
    def word(self) -> str:
        return "ok" if self.good else "MISSING" if self.needed else "absent"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def findings(settings: Settings) -> list[Finding]:
    """The results of all checks, in the order in which to repair them."""
    looks: list[Callable[[Settings], Finding]] = [
        _python,
        _home,
        _database,
        _broker,
        _bucket,
        _setpriv,
        _extra,
        _credentials,
    ]
    return [look(settings) for look in looks] + _models(settings)


def _python(_: Settings) -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")


def _home(settings: Settings) -> Finding:
    home = settings.home_folder
    base = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(base).free / 1e9
    good = os.access(base, os.W_OK) and free > 1
    return Finding(
        "state folder", good, f"{home}, {free:.0f} GB free", "set SLUICE_HOME to a folder with room for you"
    )


def _credentials(settings: Settings) -> Finding:
    mend = "set SLUICE_C2PA_CERTIFICATE and SLUICE_C2PA_KEY to sign what is delivered"
    if settings.c2pa_certificate is None and settings.c2pa_key is None:
        return Finding("content credentials", False, "no certificate is configured", mend, needed=False)

    def try_certificate() -> str:
        credential_signer(settings)
        return "signs; readers show 'untrusted' unless the certificate's issuer is on their trust list"

    return _look("content credentials", try_certificate, mend)


def _database(settings: Settings) -> Finding:
    if settings.database_url is None:
        return _look("Postgres", lambda: f"embedded, {postgres.version()}", "make install")

    def ask() -> str:
        database = Database(settings.database())
        with contextlib.closing(database), database.engine.connect() as connection:
            version = connection.exec_driver_sql("SHOW server_version").scalar()
        return f"SLUICE_DATABASE_URL answers, {version}"

    return _look("Postgres", ask, "start it, or correct SLUICE_DATABASE_URL")


def _broker(settings: Settings) -> Finding:
    if settings.broker_url is None:
        return _look(
            "Redis",
            lambda: f"embedded, {redis.EmbeddedRedis(settings.home_folder).binary.name}",
            "make install",
        )

    def ask() -> str:
        import redis as client

        with client.Redis.from_url(settings.broker(), socket_connect_timeout=3) as connection:
            return f"SLUICE_BROKER_URL answers, {connection.info('server')['redis_version']}"

    return _look("Redis", ask, "start it, or correct SLUICE_BROKER_URL")


def _bucket(settings: Settings) -> Finding:
    def ask() -> str:
        check_writable(settings.bucket, "it")
        return settings.bucket

    return _look("bucket", ask, "correct SLUICE_BUCKET_URL, and AWS_* for S3")


def _setpriv(_: Settings) -> Finding:
    path = shutil.which("setpriv")
    return Finding(
        "setpriv", path is not None, path or "not found",
        "install util-linux; without it servers may outlive a killed `sluice`", needed=False,
    )  # fmt: skip


def _extra(_: Settings) -> Finding:
    there = importlib.util.find_spec("torch") is not None
    return Finding(
        "extra gpu", there, "torch is installed" if there else "no torch", "make install-gpu", needed=False
    )


def _models(settings: Settings) -> list[Finding]:
    return [
        Finding(f"model {name}", lack is None, f"for {model.task}", lack or "", needed=False)
        for name, model in sorted(Context(settings).model_registry.models.items())
        for lack in [model.missing()]
    ]


def _look(what: str, ask: Callable[[], str], mend: str) -> Finding:
    try:
        return Finding(what, True, ask())
    except (SluiceError, OSError, ImportError) as error:
        return Finding(what, False, str(error).splitlines()[0], mend)
    except Exception as error:  # a driver's error: its first line is enough
        return Finding(what, False, f"{type(error).__name__}: {error}".splitlines()[0], mend)
