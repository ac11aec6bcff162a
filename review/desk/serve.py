"""The desk's process: an HTTP server."""

import asyncio
import sys

import click

from line.errors import SettingsError, SluiceError
from line.settings import load_settings
from review.desk.application import application
from review.desk.drawing_pool import DrawingPool
from tasks.context import Context

MAX_REQUEST_BYTES = 64 * 1024 * 1024
"""Maximum size of a request: a mask that a person drew."""
DEFAULT_PORT = 5556


@click.command()
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=DEFAULT_PORT, show_default=True, help="Port to listen on.")
def main(address: str, port: int) -> None:
    """Start the review desk of the line at SLUICE_DATABASE_URL and SLUICE_BUCKET_URL.

    People log in with a name of their own, which is recorded with each of their decisions, and with the password
    in SLUICE_DESK_PASSWORD.
    """
    try:
        settings = load_settings()
        with Context(settings) as line, DrawingPool(settings) as drawing:
            asyncio.run(serve(line, drawing, address, port))
    except SluiceError as error:
        print(f"sluice: {error}", file=sys.stderr)  # noqa: T201 - the process's last message
        raise SystemExit(2) from None


async def serve(line: Context, drawing: DrawingPool, address: str, port: int) -> None:
    """Answer requests until the process is stopped.

    Raises:
        SettingsError: there is no password, so anybody could decide.
    """
    password = line.settings.desk_password
    if password is None or not password.get_secret_value():
        raise SettingsError("SLUICE_DESK_PASSWORD is not set: the desk decides what is published")
    application(line, drawing, password.get_secret_value()).listen(
        port, address, max_body_size=MAX_REQUEST_BYTES
    )
    await asyncio.Event().wait()
