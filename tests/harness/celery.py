"""Our Celery app in the test's own process, connected to a broker of the test's choice."""

from collections.abc import Iterator
from contextlib import contextmanager

from kombu import pools


@contextmanager
def connected(url: str, **transport: object) -> Iterator[None]:
    """``url`` is the broker meanwhile; ``transport`` over the app's own transport options."""
    from worker.celery import app

    before = app.conf.broker_url, app.conf.broker_transport_options
    app.conf.broker_url = url
    app.conf.broker_transport_options = {**before[1], **transport}
    _fresh(app)
    try:
        yield
    finally:
        app.conf.broker_url, app.conf.broker_transport_options = before
        _fresh(app)


def _fresh(app: object) -> None:
    pools.reset()
    app._pool = app.amqp._producer_pool = None  # type: ignore[attr-defined]
