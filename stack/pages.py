"""The web pages of a line on this machine: their ports, and logins that last."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from line.errors import InputError
from stack.connection import write_private
from stack.servers.port import free_port, is_free

USER = "sluice"
"""Who logs in at Flower; at the desk people give names of their own."""

DEFAULT_PORTS = {"flower": 5555, "desk": 5556}


@dataclass(frozen=True, slots=True)
class Page:
    """A page on 127.0.0.1, behind a password that is kept in the state folder.

    Args:
        name: ``flower`` or ``desk``.
        port: 0 for any free one.
        home: the state folder.

    Raises:
        InputError: from :meth:`check_port`.
    """

    name: str
    port: int
    home: Path

    @classmethod
    def at(cls, name: str, port: int | None, home: Path) -> "Page":
        """The page on its port: the default one where None, any free one where 0."""
        wanted = DEFAULT_PORTS[name] if port is None else port
        return cls(name, wanted or free_port(), home)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def login_file(self) -> Path:
        """Holds ``user:password``, readable by its user only."""
        return self.home / f"{self.name}.login"

    def password(self) -> str:
        """The password; a new one is made where there is none yet."""
        try:
            return self.login_file.read_text().strip().partition(":")[2] or self.new_password()
        except FileNotFoundError:
            return self.new_password()

    def new_password(self) -> str:
        """Make a new password; the page takes it at its next start."""
        password = secrets.token_urlsafe(18)
        write_private(self.login_file, f"{USER}:{password}\n")
        return password

    def check_port(self) -> None:
        """Refuse a port that is taken, before anything is started.

        Raises:
            InputError: another program listens there.
        """
        if not is_free(self.port):
            raise InputError(
                f"port {self.port}, which {self.name} is to listen on, is taken by another program (another line?): "
                f"stop that one, or choose another port with --{self.name}-port (0: any), or --no-{self.name}"
            )
