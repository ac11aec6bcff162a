"""Entry of a worker's process, found by ``celery -A worker``; it imports no task and no model."""

from celery.signals import import_modules, setup_logging

from line.settings import load_settings
from worker.app import SluiceApp
from worker.device import pin
from worker.logs import configure_logging

app = SluiceApp(load_settings())
app.set_current()


@import_modules.connect
def _pin(**_: object) -> None:
    """Pin the process to its device, before the tasks and their frameworks are imported."""
    pin(app.process_settings.device)


@setup_logging.connect
def _log(**_: object) -> None:
    configure_logging(app.process_settings.log_level, app.process_settings.log_format)
