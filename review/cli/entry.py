"""Entry of the ``sluice`` script: a Ctrl-C at any moment, also while modules are imported, ends without a traceback."""

import signal
import sys

STOPPED = 130
"""Exit code of a command that Ctrl-C ended."""


def main() -> None:
    """Run the command; an interrupt before it can answer one ends the process as the system does it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from review.cli.main import main as run

    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run()
    except KeyboardInterrupt:  # once more, while the first one was being reported
        sys.exit(STOPPED)
    finally:
        # what is left is the end of the interpreter, which would print a traceback
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
