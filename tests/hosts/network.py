"""Hosts on one machine: network namespaces joined by a bridge (iproute2), whose links can be cut or spoiled."""

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

KEEPALIVE = {
    socket.TCP_KEEPIDLE: 5,
    socket.TCP_KEEPINTVL: 3,
    socket.TCP_KEEPCNT: 3,
    socket.TCP_USER_TIMEOUT: 12_000,
}
"""With which a relay leaves a client that vanished, as Postgres does by the settings of each session."""

_NETWORKS = count(1)

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x2, 0x1000


def missing() -> list[str]:
    """What this machine lacks for network namespaces; empty where the tests can make them."""
    if os.geteuid() != 0:
        return ["root"]
    lacks = [program for program in ("ip", "unshare") if shutil.which(program) is None]
    lacks += [] if Path("/dev/net/tun").exists() else ["/dev/net/tun"]
    if not lacks and subprocess.run(["ip", "netns", "list"], capture_output=True, check=False).returncode:
        lacks.append("network namespaces in the kernel")
    return lacks


def ip(*words: object, namespace: str | None = None) -> None:
    """Run ``ip``, in a namespace where one is named."""
    within = ["-n", namespace] if namespace else []
    subprocess.run(["ip", *within, *map(str, words)], check=True, capture_output=True)


@dataclass(frozen=True)
class Host:
    """A network namespace with one address.

    Attributes:
        port: name of its end of the link at the bridge.
        inner: name of its own end.
    """

    namespace: str
    address: str
    port: str
    inner: str
    bridge: str

    def command(self, *words: object, hostname: str = "", own_processes: bool = False) -> list[str]:
        """The command, run on this host; with a host name and a PID namespace of its own where asked for."""
        namespaces = ["unshare", "--uts"] if hostname else []
        if own_processes:
            namespaces = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        named = ["sh", "-c", 'hostname "$0" && exec "$@"', hostname] if hostname else []
        return ["ip", "netns", "exec", self.namespace, *namespaces, *named, *map(str, words)]

    def cut(self) -> None:
        """Packets to and from this host vanish silently from now on."""
        ip("link", "set", self.port, "nomaster")

    def join(self) -> None:
        """Packets pass again."""
        ip("link", "set", self.port, "master", self.bridge)

    def link_down(self) -> None:
        """The host's own interface goes down: it sees at once that it has no network."""
        ip("link", "set", self.inner, "down", namespace=self.namespace)

    def link_up(self) -> None:
        ip("link", "set", self.inner, "up", namespace=self.namespace)

    def within(self, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread of this process that sees the host's network, such as to open a socket."""
        answers: list[T] = []

        def run() -> None:
            with Path(f"/run/netns/{self.namespace}").open() as file:
                if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            answers.append(work())

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return answers[0]


class Network:
    """A bridge and its hosts; all of them are gone when the context ends."""

    def __init__(self) -> None:
        self._tag = (
            f"{os.getpid() % 1000:03}{next(_NETWORKS) % 100:02}"  # links of the one before fade slowly
        )
        self._subnet = f"10.{random.randrange(64, 128)}.{random.randrange(256)}"
        self._hosts: list[Host] = []
        self._exit = contextlib.ExitStack()
        self.bridge = f"slb{self._tag}"

    def __enter__(self) -> "Network":
        ip("link", "add", self.bridge, "type", "bridge")
        self._exit.callback(ip, "link", "del", self.bridge)
        ip("addr", "add", f"{self._subnet}.1/24", "dev", self.bridge)
        ip("link", "set", self.bridge, "up")
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def address(self, number: int) -> str:
        return f"{self._subnet}.{number}"

    def host(self, number: int, *, mac: str = "") -> Host:
        """A new host with address ``number`` of the network."""
        index = len(self._hosts)
        inner = f"sli{self._tag}{index}"
        host = self._namespace(index, number, f"slv{self._tag}{index}", inner)
        ip("link", "add", host.port, "type", "veth", "peer", "name", inner)
        ip("link", "set", inner, "netns", host.namespace)
        self._configure(host, mac)
        return host

    def distant_host(self, number: int, *, seconds: float, loss: float) -> Host:
        """A new host behind a line that takes ``seconds`` each way and loses a share of the packets."""
        index = len(self._hosts)
        inner = f"slu{self._tag}{index}"
        host = self._namespace(index, number, f"slt{self._tag}{index}", inner)
        ends = _tap(host.port), _tap(inner)
        ip("link", "set", inner, "netns", host.namespace)
        self._configure(host, "")
        over = threading.Event()
        thread = threading.Thread(target=_pump, args=(ends, seconds, loss, over), daemon=True)
        thread.start()
        self._exit.callback(thread.join)
        self._exit.callback(over.set)
        return host

    def _namespace(self, index: int, number: int, port: str, inner: str) -> Host:
        host = Host(f"sln{self._tag}{index}", self.address(number), port, inner, self.bridge)
        ip("netns", "add", host.namespace)
        self._exit.callback(ip, "netns", "del", host.namespace)
        self._hosts.append(host)
        return host

    @staticmethod
    def _configure(host: Host, mac: str) -> None:
        inner = host.inner
        if mac:
            ip("link", "set", inner, "address", mac, namespace=host.namespace)
        ip("link", "set", host.port, "master", host.bridge)
        ip("link", "set", host.port, "up")
        ip("addr", "add", f"{host.address}/24", "dev", inner, namespace=host.namespace)
        ip("link", "set", inner, "up", namespace=host.namespace)
        ip("link", "set", "lo", "up", namespace=host.namespace)


def _tap(name: str) -> int:
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return file


def _pump(ends: tuple[int, int], seconds: float, loss: float, over: threading.Event) -> None:
    """Carry packets between two TAP devices, late, and not all of them."""
    chance = random.Random(7)
    under_way: list[tuple[float, int, int, bytes]] = []
    number = 0
    while not over.is_set():
        wait = min(0.2, max(0.0, under_way[0][0] - time.monotonic())) if under_way else 0.2
        for end in select.select(ends, [], [], wait)[0]:
            packet = os.read(end, 65536)
            if chance.random() >= loss:
                number += 1
                to = ends[1] if end == ends[0] else ends[0]
                heapq.heappush(under_way, (time.monotonic() + seconds, number, to, packet))
        while under_way and under_way[0][0] <= time.monotonic():
            *_, to, packet = heapq.heappop(under_way)
            with contextlib.suppress(OSError):
                os.write(to, packet)
    for end in ends:
        os.close(end)


class Relay:
    """A port of a host that leads to a server of this machine; may stop answering, or answer HTTP 503.

    Attributes:
        mode: ``pass``, ``hang`` (takes connections and answers nothing) or ``503``.
    """

    def __init__(self, host: Host, port: int, target: tuple[str, int]) -> None:
        self.mode = "pass"
        self._target = target
        self._sockets: set[socket.socket] = set()
        self._listener = host.within(lambda: socket.create_server((host.address, port)))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """End it, with all its connections."""
        for open_socket in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
            open_socket.close()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        for option, value in KEEPALIVE.items():
            client.setsockopt(socket.IPPROTO_TCP, option, value)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        with client, contextlib.suppress(OSError), socket.create_connection(self._target) as server:
            self._sockets |= {client, server}
            back = threading.Thread(target=self._carry, args=(server, client), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                self._forward(client, server)
            # also where the client vanished: the server then lets go of its locks
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            back.join()
        self._sockets.discard(client)

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        while data := client.recv(65536):
            while self.mode == "hang":
                time.sleep(0.1)
            if self.mode == "503":
                client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            server.sendall(data)

    @staticmethod
    def _carry(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay(host: Host, port: int, target: tuple[str, int]) -> Iterator[Relay]:
    relay = Relay(host, port, target)
    try:
        yield relay
    finally:
        relay.close()
