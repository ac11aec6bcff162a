"""Our Celery app in the test's own process, connected to a broker of the test's choice."""

from pydantic import SecretStr

from tests.harness.context import settings
from worker.app import SluiceApp
from worker.broker import Broker


def broker_at(url: str, **transport: object) -> Broker:
    """The broker at ``url``, with ``transport`` over the app's own transport options."""
    app = SluiceApp(settings().model_copy(update={"broker_url": SecretStr(url)}))
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, **transport}
    return Broker(app)
