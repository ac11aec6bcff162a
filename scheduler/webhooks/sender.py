"""Sends what is due, a few at a time. Any number of schedulers may: each delivery is claimed by one.

This is a thread of the scheduler and no process of its own: it sleeps nearly always, a scheduler runs wherever the line
does, and there is nothing more to install, supervise and watch. A slow receiver keeps only this thread waiting.
"""

import logging
import smtplib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import unquote, urlsplit

from line.errors import ServiceError, SettingsError, SluiceError
from line.settings import Settings
from records.database import Database
from records.webhooks import deliveries
from records.webhooks.deliveries import Delivery
from records.webhooks.events import Format
from scheduler.webhooks import message, target
from scheduler.webhooks.target import Resolve

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
"""Deliveries that are sent at the same time."""
FORGET_SECONDS: Final = 3600.0
"""Time between two looks for entries of the log that are too old (s)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an attempt: HTTP status if there was one, and the error; empty if it was taken."""

    status: int | None
    error: str = ""


class Sender:
    """One scheduler's part in sending.

    Args:
        resolve: the addresses of a host.
    """

    def __init__(self, database: Database, settings: Settings, resolve: Resolve = target.resolved) -> None:
        self._transact, self._autocommit = database.transact, database.autocommit
        self._settings, self._resolve = settings, resolve
        self._forget_at = time.monotonic()

    def send_webhooks(self) -> int:
        """Announce what happened and send what is due; answers how many deliveries there were."""
        if time.monotonic() >= self._forget_at:
            self._transact(deliveries.forget_old)
            self._forget_at = time.monotonic() + FORGET_SECONDS
        if not self._autocommit(deliveries.is_any_due):
            return 0
        while self._transact(deliveries.announce):
            pass
        count = 0
        with ThreadPoolExecutor(AT_ONCE, "webhooks") as threads:
            while due := self._transact(partial(deliveries.claim, limit=AT_ONCE)):
                count += len(due)
                for delivery, answer in zip(due, threads.map(self._send, due), strict=True):
                    self._note(delivery, answer)
        return count

    def _send(self, delivery: Delivery) -> Answer:
        try:
            if delivery.webhook.format is Format.EMAIL:
                self._mail(delivery)
                return Answer(None)
            content = message.body(delivery)
            status = target.post(
                delivery.webhook.url,
                content,
                message.headers(delivery, content, int(time.time())),
                allow_private=self._settings.webhook_private,
                resolve=self._resolve,
            )
        except SluiceError as error:
            return Answer(None, str(error))
        except Exception as error:  # one message that breaks our own code must not keep the others waiting
            log.exception("delivery %d failed", delivery.id)
            return Answer(None, f"{type(error).__name__}: {error}")
        return Answer(status) if 200 <= status < 300 else Answer(status, f"it answered {status}")

    def _note(self, delivery: Delivery, answer: Answer) -> None:
        if answer.error:
            log.info("webhook %d: %s: %s", delivery.webhook.id, delivery.kind, answer.error)
            outcome = partial(deliveries.failed, status=answer.status, error=answer.error)
        else:
            outcome = partial(deliveries.delivered, status=answer.status)
        self._transact(partial(outcome, delivery=delivery))

    def _mail(self, delivery: Delivery) -> None:
        """Hand a mail over to the SMTP server of the settings.

        Raises:
            ServiceError: the server does not take it.
        """
        host, port, login, is_encrypted = smtp_server(self._settings)
        try:
            with smtplib.SMTP(host, port, timeout=target.TIMEOUT_SECONDS) as server:
                if is_encrypted:
                    server.starttls()
                if login is not None:
                    server.login(*login)
                server.send_message(message.mail(delivery, self._settings.smtp_from))
        except (OSError, smtplib.SMTPException) as error:
            raise ServiceError(f"the mail server {host} did not take it: {error}") from error


def smtp_server(settings: Settings) -> tuple[str, int, tuple[str, str] | None, bool]:
    """Host, port, login and whether STARTTLS is used, of SLUICE_SMTP_URL.

    Raises:
        SettingsError: it is not set, or no such URL.
    """
    if settings.smtp_url is None:
        raise SettingsError("SLUICE_SMTP_URL is not set: mail needs smtp://user:password@host:587")
    url = urlsplit(settings.smtp_url.get_secret_value())
    if url.scheme not in ("smtp", "smtp+insecure") or not url.hostname:
        raise SettingsError(
            "SLUICE_SMTP_URL: must be smtp://user:password@host:587, or smtp+insecure://host:25"
        )
    login = (unquote(url.username), unquote(url.password or "")) if url.username else None
    return url.hostname, url.port or 587, login, url.scheme == "smtp"
