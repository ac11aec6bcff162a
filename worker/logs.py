"""Logs of every process: one line each, to standard error, as text or as JSON."""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from pythonjsonlogger.json import JsonFormatter

TEXT_FORMAT = "%(asctime)s %(levelname)-7s %(processName)s %(name)s: %(message)s"
JSON_NAMES = {"asctime": "time", "levelname": "level", "processName": "process", "name": "logger"}
"""Fields of a JSON line, by the record's attribute; ``message`` and every extra field keep their names."""

QUIET = {
    "alembic": logging.WARNING,
    "kombu": logging.WARNING,
    "amqp": logging.WARNING,
    "celery.app.trace": logging.WARNING,  # the line logs the same itself
    "celery.worker.strategy": logging.WARNING,
    "RapidOCR": logging.WARNING,
    "PIL": logging.CRITICAL,  # the records hold what is wrong with a vendor's file
}

_context: ContextVar[Mapping[str, object]] = ContextVar("log_context", default=MappingProxyType({}))


@contextmanager
def log_context(**fields: object) -> Iterator[None]:
    """Add fields such as ``batch``, ``shard``, ``image`` and ``step`` to every log line of this thread meanwhile."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def configure_logging(level: str, form: str = "text") -> None:
    """Send the root logger to standard error at ``level``; ``form`` is ``text`` or ``json``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_with_context)
    handler.setFormatter(json_formatter() if form == "json" else logging.Formatter(TEXT_FORMAT))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name, lowest in QUIET.items():
        logging.getLogger(name).setLevel(lowest)


def json_formatter() -> logging.Formatter:
    """One JSON object a line; an exception is its field ``exc_info``."""
    return JsonFormatter([*JSON_NAMES, "message"], rename_fields=JSON_NAMES)


def _with_context(record: logging.LogRecord) -> bool:
    """Copy the context's fields to a record that does not bring its own."""
    for name, value in _context.get().items():
        if not hasattr(record, name):
            setattr(record, name, value)
    return True
