"""The desk's process: an HTTP server for people's pages and for programs."""

import asyncio
import logging
import socket
import sys
from contextlib import suppress
from types import FrameType

import click
import sqlalchemy as sa
import uvicorn

from line.errors import InputError, SettingsError, SluiceError
from line.settings import load_settings
from review.api import application as api
from review.desk.application import application
from review.desk.drawing.pool import DrawingPool
from review.desk.live.feed import Feed
from review.desk.live.pages import new_feed
from review.desk.people.accounts import Accounts
from review.desk.people.gate import Gate, proxy_of
from review.desk.viewer import tile_cache
from tasks.context import Context

log = logging.getLogger(__name__)

DEFAULT_PORT = 5556
SHUTDOWN_SECONDS = 5
"""Maximum time for open requests once the process is to stop."""
CLEANING_SECONDS = 3600.0
"""Time between two looks for tiles of images that are no longer recorded."""
TICK_SECONDS = 5.0
"""Time between two wakes of an idle server, which renews the date of its answers."""


class IdleServer(uvicorn.Server):
    """uvicorn's server, but an idle one wakes every five seconds; a signal still ends it at once."""

    _waker: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    async def main_loop(self) -> None:
        stopped = asyncio.Event()
        self._waker = asyncio.get_running_loop(), stopped
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), TICK_SECONDS)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._waker is not None:
            loop, stopped = self._waker
            loop.call_soon_threadsafe(stopped.set)


@click.command()
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=DEFAULT_PORT, show_default=True, help="Port to listen on.")
def main(address: str, port: int) -> None:
    """Start the review desk of the line at SLUICE_DATABASE_URL and SLUICE_BUCKET_URL.

    People log in with an account (`sluice people add NAME`), or with a name of their own and the password in
    SLUICE_DESK_PASSWORD. The name is recorded with each of their decisions.
    """
    try:
        settings = load_settings()
        with Context(settings) as line, DrawingPool(settings) as drawing:
            serve(line, drawing, listening(address, port))
    except SluiceError as error:
        print(f"sluice: {error}", file=sys.stderr)  # noqa: T201 - the process's last message
        raise SystemExit(2) from None


def listening(address: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        InputError: the port is in use, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family, backlog=128)
    except OSError as error:
        raise InputError(
            f"the desk cannot listen on {address} port {port} ({error.strerror}): "
            "stop the program that uses it, or choose another port with --port"
        ) from error


class DeskServer(IdleServer):
    """Cleans the cache of tiles now and then; ends the streams of open pages first, so that no stop waits for them."""

    def __init__(self, config: uvicorn.Config, feed: Feed, line: Context) -> None:
        super().__init__(config)
        self._feed, self._line = feed, line

    async def main_loop(self) -> None:
        cleaning = asyncio.create_task(self._clean_tiles())
        await super().main_loop()
        cleaning.cancel()

    async def _clean_tiles(self) -> None:
        """Remove tiles of images that were forgotten, also on another machine."""
        folder = self._line.settings.home_folder / tile_cache.FOLDER
        while True:
            try:
                await asyncio.to_thread(tile_cache.clean, folder, self._line.database)
            except (OSError, sa.exc.SQLAlchemyError, SluiceError) as error:
                log.warning("old tiles were not removed: %s", error)
            await asyncio.sleep(CLEANING_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.to_thread(self._feed.close)
        await super().shutdown(sockets)


def server(line: Context, drawing: DrawingPool) -> uvicorn.Server:
    """The HTTP server of a line's desk.

    Raises:
        SettingsError: there is neither a password nor an account nor a proxy, so that nobody could log in.
    """
    gate = gate_of(line)
    feed = new_feed(line)
    mounts = [api.mount(line, drawing)]
    config = uvicorn.Config(
        application(line, drawing, gate, feed=feed, mounts=mounts),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        proxy_headers=False,  # whoever connects could state any address
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return DeskServer(config, feed, line)


def gate_of(line: Context) -> Gate:
    """Who may come in, as the line's settings say.

    Raises:
        SettingsError: nobody could.
    """
    settings = line.settings
    password = settings.desk_password.get_secret_value() if settings.desk_password else ""
    accounts, proxy = Accounts(settings.people_file), proxy_of(settings)
    if not password and proxy is None and not accounts.names():
        raise SettingsError(
            "SLUICE_DESK_PASSWORD is not set and there are no accounts: the desk decides what is published. "
            "`sluice people add NAME` adds one"
        )
    return Gate(line.database, accounts, password, proxy)


def serve(line: Context, drawing: DrawingPool, listener: socket.socket) -> None:
    """Answer requests until the process is stopped; see :func:`server`."""
    server(line, drawing).run(sockets=[listener])
