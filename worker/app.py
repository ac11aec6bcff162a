"""The Celery app of a process: built from its settings, which it carries to the tasks and to the heartbeat."""

import socket

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

from line.settings import Settings
from worker.heartbeat import Heartbeat
from worker.running_line import running_broker

KEEPALIVE = {
    number: value
    for name, value in (
        ("TCP_KEEPIDLE", 5),
        ("TCP_KEEPINTVL", 3),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 12_000),
    )
    if (number := getattr(socket, name, None)) is not None
}
"""Socket options with which a Redis that vanished without a word is left within 20 s."""

TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "worker.redis_transport:Transport"))


class SluiceApp(Celery):
    """The line's Celery app; it imports no task and no model by itself.

    Attributes:
        process_settings: of the process that built it.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__("sluice", include=["tasks._celery"], set_as_current=False)
        self.process_settings = settings
        self.conf.update(
            broker_url=_broker_url(settings),
            broker_connection_retry_on_startup=True,
            broker_transport_options={
                # Postgres finds what was lost, long before this; a step is bounded by step_seconds.
                "visibility_timeout": max(3600, 4 * settings.step_seconds),
                "socket_keepalive": True,
                "socket_keepalive_options": KEEPALIVE,
                "socket_connect_timeout": 5,
                "socket_timeout": 20,
                "health_check_interval": 10,
                # one list for each queue, not four, that a waiting worker names to Redis
                "priority_steps": [0],
                # seconds between two looks for what outlived visibility_timeout
                "unacked_restore_interval": 300,
            },
            # A Redis that is read-only for a while (a failover) or refuses a command is waited for.
            broker_channel_error_retry=True,
            # Ids only, as JSON: nothing that arrives by the broker is ever executed or unpickled.
            accept_content=["json"],
            task_serializer="json",
            result_serializer="json",
            task_ignore_result=True,
            task_store_errors_even_if_ignored=False,
            task_acks_late=True,
            task_reject_on_worker_lost=True,
            worker_prefetch_multiplier=1,
            worker_send_task_events=True,
            task_send_sent_event=False,
            task_track_started=False,
            task_time_limit=settings.step_seconds,
            task_create_missing_queues=True,
            task_default_queue="admit",
            task_queue_max_priority=None,
            worker_max_memory_per_child=(settings.memory or 0) // 1024 or None,
            worker_hijack_root_logger=False,
            worker_cancel_long_running_tasks_on_connection_loss=False,
            worker_enable_remote_control=True,
            enable_utc=True,
        )
        self.steps["worker"].add(Heartbeat)


def _broker_url(settings: Settings) -> str | None:
    """The broker that the settings name, else that of the line that is up in SLUICE_HOME."""
    url = settings.broker_url
    return url.get_secret_value() if url else running_broker(settings.home_folder)
