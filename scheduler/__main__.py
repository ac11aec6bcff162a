"""``python -m scheduler``: entry of the scheduler's process."""

import sys

from line.errors import SluiceError
from line.settings import load_settings
from scheduler.loop import run
from tasks.context import Context
from worker.logs import configure_logging


def main() -> None:
    """Build the scheduler's context and go round until SIGTERM."""
    try:
        settings = load_settings()
        configure_logging(settings.log_level, settings.log_format)
        with Context(settings) as context:
            run(context)
    except SluiceError as error:
        print(f"scheduler: {error}", file=sys.stderr)  # noqa: T201 - the process's last message
        sys.exit(2)


if __name__ == "__main__":
    main()
