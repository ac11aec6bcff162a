"""Logs of every process: one line each, to standard error."""

import logging
import sys

FORMAT = "%(asctime)s %(levelname)-7s %(processName)s %(name)s: %(message)s"


def configure_logging(level: str) -> None:
    """Send the root logger to standard error at ``level``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in (
        "alembic",
        "kombu",
        "amqp",
        "celery.app.trace",
        "celery.worker.strategy",
        "PIL",
        "RapidOCR",
    ):
        logging.getLogger(chatty).setLevel(logging.WARNING)
