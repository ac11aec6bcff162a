"""Who gives a command, for the records."""

import getpass
import os


def current_actor() -> str:
    """``person:NAME`` of the user who runs this process; the user's number where it has no name."""
    try:
        return f"person:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user without an entry in /etc/passwd
        return f"person:{os.getuid()}"
