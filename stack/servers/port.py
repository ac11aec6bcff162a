"""Choosing a TCP port for a private server."""

import random
import socket
from pathlib import Path

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # as the servers do: a port whose old connections are still fading counts as free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that was free a moment ago; who binds it must be ready to come back for another.

    It lies below the range from which the kernel numbers outgoing connections: inside it, a client
    that keeps knocking while the server is down can be given the server's own port as its source,
    connect to itself, and so keep the server from ever coming back.
    """
    below = _first_ephemeral()
    choices = random.sample(range(max(1024, below - 12_000), below), 100)
    return next((port for port in choices if is_free(port)), choices[0])


def _first_ephemeral() -> int:
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768
    return first if first >= 4_096 else 32_768
