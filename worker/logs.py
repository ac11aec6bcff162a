"""Logs of every process: one line each, to standard error."""

import logging
import sys

FORMAT = "%(asctime)s %(levelname)-7s %(processName)s %(name)s: %(message)s"

QUIET = {
    "alembic": logging.WARNING,
    "kombu": logging.WARNING,
    "amqp": logging.WARNING,
    "celery.app.trace": logging.WARNING,  # the line says the same in its own words
    "celery.worker.strategy": logging.WARNING,
    "RapidOCR": logging.WARNING,
    "PIL": logging.CRITICAL,  # what is wrong with a vendor's file stands in the records
}


def configure_logging(level: str) -> None:
    """Send the root logger to standard error at ``level``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
